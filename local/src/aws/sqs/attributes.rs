//! The attributes of a queue, as strings on the wire and in the template, and what of them decides how a queue behaves.

use super::fault::{Kind, Refusal};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeMap;

/// Kept as they were given; what was not given has its default.
pub(super) type Attributes = BTreeMap<String, String>;

/// Numbers with their least, default and most (`API_SetQueueAttributes`).
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 345_600, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 0, 30, 43_200),
];

/// Kept and given back, without a meaning here.
const OTHERS: [&str; 5] = ["SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "Policy", "RedriveAllowPolicy"];

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) queue: String,
    pub(super) most_receives: u32,
}

/// Refuses what is unknown or out of bounds.
pub(super) fn check(attributes: &Attributes) -> Result<(), Refusal> {
    for (name, value) in attributes {
        let invalid = || Refusal::new(Kind::InvalidAttributeValue, format!("Invalid value for the parameter {name}."));
        if let Some((_, least, _, most)) = NUMBERS.iter().find(|(known, ..)| known == name) {
            value.parse().ok().filter(|number: &i64| (least..=most).contains(&number)).ok_or_else(invalid)?;
        } else if name == "RedrivePolicy" {
            read_redrive(value).ok_or_else(invalid)?;
        } else if !OTHERS.contains(&name.as_str()) {
            return Err(Refusal::new(Kind::InvalidAttributeName, format!("Unknown Attribute {name}.")));
        }
    }
    Ok(())
}

/// A number that was given, or its default.
pub(super) fn number(attributes: &Attributes, name: &str) -> i64 {
    let default = NUMBERS.iter().find(|(known, ..)| *known == name).map_or(0, |(_, _, default, _)| *default);
    attributes.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A number of seconds as a span of time.
pub(super) fn span(attributes: &Attributes, name: &str) -> SignedDuration {
    SignedDuration::from_secs(number(attributes, name))
}

/// The queue for what was received too often, where there is one.
pub(super) fn redrive(attributes: &Attributes) -> Option<Redrive> {
    read_redrive(attributes.get("RedrivePolicy")?)
}

/// All attributes, those with a default included.
pub(super) fn with_defaults(attributes: &Attributes) -> Attributes {
    let mut all: Attributes = NUMBERS.iter().map(|(name, _, default, _)| ((*name).to_owned(), default.to_string())).collect();
    all.insert("SqsManagedSseEnabled".to_owned(), "true".to_owned());
    all.extend(attributes.clone());
    all
}

/// The attributes of the template's `AWS::SQS::Queue`, whose numbers, flags and policies are not strings there.
pub(super) fn of_template(properties: &Value) -> Attributes {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let properties = properties.as_object().into_iter().flatten();
    properties.filter(|(name, _)| !matches!(name.as_str(), "QueueName" | "Tags")).map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The count is a number or a string, as SDKs and consoles have it.
fn read_redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let count = policy.get("maxReceiveCount")?;
    let most_receives = count.as_u64().or_else(|| count.as_str()?.parse().ok()).filter(|count| (1..=1_000).contains(count))?;
    let queue = policy.get("deadLetterTargetArn")?.as_str()?.rsplit(':').next()?.to_owned();
    Some(Redrive { queue, most_receives: u32::try_from(most_receives).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_are_checked_and_have_defaults() {
        let given = |name: &str, value: &str| Attributes::from([(name.to_owned(), value.to_owned())]);
        for (name, value, refused) in [
            ("VisibilityTimeout", "8", None),
            ("VisibilityTimeout", "43201", Some(Kind::InvalidAttributeValue)),
            ("MessageRetentionPeriod", "59", Some(Kind::InvalidAttributeValue)),
            ("DelaySeconds", "soon", Some(Kind::InvalidAttributeValue)),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"3"}"#, None),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}"#, Some(Kind::InvalidAttributeValue)),
            ("FifoQueue", "true", Some(Kind::InvalidAttributeName)),
        ] {
            assert_eq!(check(&given(name, value)).err().map(|refusal| refusal.kind), refused, "{name} {value}");
        }
        assert_eq!(number(&Attributes::default(), "VisibilityTimeout"), 30);
        assert_eq!(with_defaults(&given("VisibilityTimeout", "8"))["VisibilityTimeout"], "8");
    }

    #[test]
    fn a_template_writes_them_as_it_likes() {
        let properties = json!({
            "QueueName": "q", "VisibilityTimeout": 8, "SqsManagedSseEnabled": true,
            "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 3},
        });
        let attributes = of_template(&properties);
        check(&attributes).expect("valid");
        assert_eq!((attributes.len(), number(&attributes, "VisibilityTimeout")), (3, 8));
        assert_eq!(redrive(&attributes), Some(Redrive { queue: "dead".into(), most_receives: 3 }));
    }
}
