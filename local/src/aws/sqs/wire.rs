//! What SQS takes and gives, as its API reference has it: the requests, and the rules for bodies, batches and names.

use super::Received;
use super::fault::{Kind, Refusal};
use md5::{Digest as _, Md5};
use prooflight_shared::domain::hex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every parameter of the operations that we have; each reads its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Request {
    pub(super) queue_url: Option<String>,
    pub(super) queue_name: Option<String>,
    pub(super) queue_name_prefix: Option<String>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) attribute_names: Vec<String>,
    pub(super) message_system_attribute_names: Vec<String>,
    pub(super) message_body: Option<String>,
    pub(super) message_attributes: Option<Map<String, Value>>,
    pub(super) delay_seconds: Option<i64>,
    pub(super) entries: Option<Vec<Entry>>,
    pub(super) max_number_of_messages: Option<i64>,
    pub(super) visibility_timeout: Option<i64>,
    pub(super) wait_time_seconds: Option<i64>,
    pub(super) receipt_handle: Option<String>,
}

/// One entry of a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) message_body: Option<String>,
    pub(super) message_attributes: Option<Map<String, Value>>,
    pub(super) delay_seconds: Option<i64>,
    pub(super) receipt_handle: Option<String>,
}

/// Together, as well as each ("Quotas related to messages", Amazon SQS Developer Guide).
const LARGEST_BATCH: usize = 1_048_576;

/// A queue's name is the last part of its URL; the host is whatever the caller reaches us by.
pub(super) fn queue_of(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

pub(super) fn missing(parameter: &str) -> Refusal {
    Refusal::new(Kind::MissingParameter, format!("The request must contain the parameter {parameter}."))
}

/// A parameter in its bounds, or its default.
pub(super) fn within(name: &str, value: Option<i64>, least: i64, most: i64) -> Result<Option<i64>, Refusal> {
    let message = || format!("Value for parameter {name} is invalid. Reason: Must be between {least} and {most}.");
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(Refusal::new(Kind::InvalidParameterValue, message())),
        value => Ok(value),
    }
}

/// The characters that SQS takes are those of XML (`API_SendMessage`).
pub(super) fn check_body(body: &str, most: i64) -> Result<(), Refusal> {
    if body.is_empty() {
        return Err(missing("MessageBody"));
    }
    if i64::try_from(body.len()).unwrap_or(i64::MAX) > most {
        let message = format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.");
        return Err(Refusal::new(Kind::InvalidParameterValue, message));
    }
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    if !body.chars().all(allowed) {
        return Err(Refusal::new(
            Kind::InvalidMessageContents,
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD and up",
        ));
    }
    Ok(())
}

/// Attributes of messages are not supported, rather than lost on the way.
pub(super) fn check_attributes(attributes: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    match attributes {
        Some(attributes) if !attributes.is_empty() => {
            Err(Refusal::new(Kind::UnsupportedOperation, "prooflight-local has no message attributes"))
        }
        _ => Ok(()),
    }
}

/// The rules for a batch as a whole; what is wrong with an entry is told in its own result.
pub(super) fn check_batch(entries: &[Entry]) -> Result<(), Refusal> {
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let named =
        |id: &str| (1..=80).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let size: usize = entries.iter().filter_map(|entry| entry.message_body.as_deref()).map(str::len).sum();
    let refused = match entries.len() {
        0 => Some((Kind::EmptyBatchRequest, "There should be at least one entry in the request.")),
        1..=10 => None,
        _ => Some((Kind::TooManyEntriesInBatchRequest, "Maximum number of entries per request are 10.")),
    };
    let refused = refused.or_else(|| {
        (!ids.iter().all(|id| named(id))).then_some((
            Kind::InvalidBatchEntryId,
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
        ))
    });
    let refused = refused
        .or_else(|| (ids.len() < entries.len()).then_some((Kind::BatchEntryIdsNotDistinct, "Two or more entries have the same id.")))
        .or_else(|| (size > LARGEST_BATCH).then_some((Kind::BatchRequestTooLong, "The entries are larger than 1048576 bytes together.")));
    refused.map_or(Ok(()), |(kind, message)| Err(Refusal::new(kind, message)))
}

/// MD5 in hexadecimal digits: SDKs compare it with what they sent.
pub(crate) fn md5_of(body: &str) -> String {
    hex(Md5::digest(body.as_bytes()).as_slice())
}

/// A received message, with the system attributes that were asked for.
pub(super) fn received(received: &Received, asked: &[String]) -> Value {
    let message = &received.message;
    let mut answer = json!({
        "MessageId": message.id,
        "ReceiptHandle": received.handle,
        "MD5OfBody": md5_of(&message.body),
        "Body": message.body,
    });
    let wanted = |name: &str| asked.iter().any(|asked| asked == "All" || asked == name);
    let attributes: Map<String, Value> = system_attributes(message)
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    if let (false, Some(answer)) = (attributes.is_empty(), answer.as_object_mut()) {
        answer.insert("Attributes".to_owned(), Value::Object(attributes));
    }
    answer
}

/// What SQS says of a message by itself; times are milliseconds.
pub(crate) fn system_attributes(message: &super::Message) -> [(&'static str, String); 4] {
    let first = message.first_received_at.unwrap_or(message.sent_at);
    [
        ("ApproximateReceiveCount", message.receives.to_string()),
        ("SentTimestamp", message.sent_at.as_millisecond().to_string()),
        ("SenderId", message.sender.clone()),
        ("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_sdks_expect() {
        assert_eq!(md5_of("This is a test message"), "fafb00f5732ab283681e124bf8747ed1");
    }

    #[test]
    fn batches_have_rules() {
        let batch = |ids: &[&str]| ids.iter().map(|id| Entry { id: (*id).to_owned(), ..Entry::default() }).collect::<Vec<_>>();
        for (ids, refused) in [
            (&["a", "b"][..], None),
            (&[], Some(Kind::EmptyBatchRequest)),
            (&["a"; 11], Some(Kind::TooManyEntriesInBatchRequest)),
            (&["a", "a"], Some(Kind::BatchEntryIdsNotDistinct)),
            (&["a b"], Some(Kind::InvalidBatchEntryId)),
            (&[""], Some(Kind::InvalidBatchEntryId)),
        ] {
            assert_eq!(check_batch(&batch(ids)).err().map(|refusal| refusal.kind), refused, "{ids:?}");
        }
    }

    #[test]
    fn bodies_have_rules() {
        for (body, refused) in [
            ("{\"a\":1}\n", None),
            ("", Some(Kind::MissingParameter)),
            ("12345678901", Some(Kind::InvalidParameterValue)),
            ("a\u{0}b", Some(Kind::InvalidMessageContents)),
        ] {
            assert_eq!(check_body(body, 10).err().map(|refusal| refusal.kind), refused, "{body:?}");
        }
    }
}
