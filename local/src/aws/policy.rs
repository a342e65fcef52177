//! Decides what temporary credentials may do, by the session policy that they were made with: the part of IAM's policy language
//! that we use, and a refusal for everything else (IAM User Guide, "IAM JSON policy elements reference").

use crate::aws::credentials::Caller;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Whether `policy` lets its holder do `action` (`rekognition:StartFaceLivenessSession`) in `region` at `now`, the time that
/// `aws:CurrentTime` is compared with.
///
/// A policy that cannot be read whole allows nothing: a statement that we do not understand could have been a denial.
pub fn allows(policy: &Value, action: &str, region: &str, now: Timestamp) -> bool {
    let Ok(statements) = statements(policy) else { return false };
    let applies = |statement: &&Statement| statement.applies(action, region, now);
    let denied = statements.iter().filter(|statement| !statement.allow).any(|statement| applies(&statement));
    !denied && statements.iter().filter(|statement| statement.allow).any(|statement| applies(&statement))
}

/// Whether `caller` may do `action`: the developer and our functions may do everything here (what a function may do on AWS is
/// its role's affair), temporary credentials what their session policy allows, and nothing without one.
pub fn permits(caller: &Caller, action: &str, region: &str, now: Timestamp) -> bool {
    match caller {
        Caller::Developer | Caller::Function(_) => true,
        Caller::AssumedRole { session_policy, .. } => session_policy
            .as_deref()
            .and_then(|policy| serde_json::from_str::<Value>(policy).ok())
            .is_some_and(|policy| allows(&policy, action, region, now)),
    }
}

/// Says why `policy` cannot be used here, so that it is refused when credentials are asked for and not when they are used.
pub fn check(policy: &Value) -> Result<(), PolicyFault> {
    statements(policy).map(|_| ())
}

/// A policy that is malformed, or says what we cannot evaluate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy's {place} is not one that prooflight-local evaluates: {found}")]
pub struct PolicyFault {
    place: &'static str,
    found: String,
}

struct Statement {
    allow: bool,
    actions: Vec<String>,
    conditions: Vec<Condition>,
}

/// One key under one operator: it holds when any of the values does.
enum Condition {
    Region(Vec<String>),
    Time(Comparison, Vec<Timestamp>),
}

#[derive(Clone, Copy)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Statement {
    fn applies(&self, action: &str, region: &str, now: Timestamp) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action)) && self.conditions.iter().all(|condition| condition.holds(region, now))
    }
}

impl Condition {
    fn holds(&self, region: &str, now: Timestamp) -> bool {
        match self {
            Self::Region(regions) => regions.iter().any(|allowed| allowed == region),
            Self::Time(comparison, times) => times.iter().any(|time| match comparison {
                Comparison::Less => now < *time,
                Comparison::LessOrEqual => now <= *time,
                Comparison::Greater => now > *time,
                Comparison::GreaterOrEqual => now >= *time,
            }),
        }
    }
}

fn statements(policy: &Value) -> Result<Vec<Statement>, PolicyFault> {
    let document = object(policy, "document")?;
    known_keys(document, &["Version", "Id", "Statement"], "document")?;
    match document.get("Version").map(Value::as_str) {
        None | Some(Some("2012-10-17" | "2008-10-17")) => {}
        Some(other) => return Err(fault("Version", other.unwrap_or("not a string"))),
    }
    let list = one_or_many(document.get("Statement"), "Statement")?;
    list.into_iter().map(statement).collect()
}

fn statement(value: &Value) -> Result<Statement, PolicyFault> {
    let fields = object(value, "Statement")?;
    known_keys(fields, &["Sid", "Effect", "Action", "Resource", "Condition"], "Statement")?;
    let allow = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        other => return Err(fault("Effect", other.unwrap_or("missing"))),
    };
    let actions = strings(fields.get("Action"), "Action")?;
    // A single-character wildcard is as good as never written in a session policy; it is refused rather than misread.
    if let Some(odd) = actions.iter().find(|action| action.contains('?') || !(action.contains(':') || *action == "*")) {
        return Err(fault("Action", odd));
    }
    let resources = strings(fields.get("Resource"), "Resource")?;
    if let Some(other) = resources.iter().find(|resource| *resource != "*") {
        return Err(fault("Resource", other));
    }
    let mut conditions = Vec::new();
    if let Some(operators) = fields.get("Condition") {
        for (operator, keys) in object(operators, "Condition")? {
            for (key, values) in object(keys, "Condition")? {
                conditions.push(condition(operator, key, values)?);
            }
        }
    }
    Ok(Statement { allow, actions, conditions })
}

fn condition(operator: &str, key: &str, values: &Value) -> Result<Condition, PolicyFault> {
    let values = strings(Some(values), "Condition")?;
    let comparison = match (operator, key.to_ascii_lowercase().as_str()) {
        ("StringEquals", "aws:requestedregion") => return Ok(Condition::Region(values)),
        ("DateLessThan", "aws:currenttime") => Comparison::Less,
        ("DateLessThanEquals", "aws:currenttime") => Comparison::LessOrEqual,
        ("DateGreaterThan", "aws:currenttime") => Comparison::Greater,
        ("DateGreaterThanEquals", "aws:currenttime") => Comparison::GreaterOrEqual,
        _ => return Err(fault("Condition", &format!("{operator} {key}"))),
    };
    let times = values.iter().map(|value| value.parse().map_err(|_| fault("Condition", value))).collect::<Result<_, _>>()?;
    Ok(Condition::Time(comparison, times))
}

/// Actions are compared without case, and `*` stands for any run of characters (IAM User Guide, "Action").
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut left) = action.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').map_or((None, rest), |(middle, tail)| (Some(middle), tail));
    for part in middle.into_iter().flat_map(|middle| middle.split('*')) {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(tail)
}

fn known_keys(fields: &Map<String, Value>, known: &[&str], place: &'static str) -> Result<(), PolicyFault> {
    fields.keys().find(|key| !known.contains(&key.as_str())).map_or(Ok(()), |key| Err(fault(place, key)))
}

fn object<'a>(value: &'a Value, place: &'static str) -> Result<&'a Map<String, Value>, PolicyFault> {
    value.as_object().ok_or_else(|| fault(place, "not an object"))
}

fn one_or_many<'a>(value: Option<&'a Value>, place: &'static str) -> Result<Vec<&'a Value>, PolicyFault> {
    match value {
        Some(Value::Array(values)) if !values.is_empty() => Ok(values.iter().collect()),
        Some(Value::Array(_)) => Err(fault(place, "an empty list")),
        Some(value) => Ok(vec![value]),
        None => Err(fault(place, "missing")),
    }
}

fn strings(value: Option<&Value>, place: &'static str) -> Result<Vec<String>, PolicyFault> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| fault(place, "not a string"));
    one_or_many(value, place)?.into_iter().map(text).collect()
}

fn fault(place: &'static str, found: &str) -> PolicyFault {
    PolicyFault { place, found: found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The policy that create-session asks for.
    fn streaming() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:RequestedRegion": "eu-west-1"},
                "DateLessThan": {"aws:CurrentTime": "2026-11-22T10:03:05Z"},
            },
        }]})
    }

    #[test]
    fn the_streaming_policy_allows_one_action_in_one_region_until_its_end() {
        let start = "rekognition:StartFaceLivenessSession";
        let cases = [
            (start, "eu-west-1", "2026-11-22T10:00:00Z", true),
            ("rekognition:startfacelivenesssession", "eu-west-1", "2026-11-22T10:00:00Z", true),
            (start, "eu-west-1", "2026-11-22T10:03:05Z", false),
            (start, "us-east-1", "2026-11-22T10:00:00Z", false),
            ("rekognition:GetFaceLivenessSessionResults", "eu-west-1", "2026-11-22T10:00:00Z", false),
            ("rekognition:StartFaceLivenessSessionX", "eu-west-1", "2026-11-22T10:00:00Z", false),
            ("s3:GetObject", "eu-west-1", "2026-11-22T10:00:00Z", false),
        ];
        for (action, region, now, expected) in cases {
            assert_eq!(allows(&streaming(), action, region, at(now)), expected, "{action} in {region} at {now}");
        }
    }

    #[test]
    fn statements_are_combined_as_iam_does() {
        let allow = |action: Value| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let deny = |action: &str| json!({"Effect": "Deny", "Action": action, "Resource": ["*"]});
        let cases = [
            ("a single statement need not be a list", json!({"Statement": allow(json!("s3:GetObject"))}), true),
            ("a list of actions", json!({"Statement": allow(json!(["sqs:SendMessage", "s3:GetObject"]))}), true),
            ("a wildcard at the end", json!({"Statement": allow(json!("s3:Get*"))}), true),
            ("a wildcard in the middle", json!({"Statement": allow(json!("s3:*Obj*t"))}), true),
            ("every action", json!({"Statement": allow(json!("*"))}), true),
            ("overlapping parts do not match twice", json!({"Statement": allow(json!("s3:GetObj*Object"))}), false),
            ("another service's wildcard", json!({"Statement": allow(json!("sqs:*"))}), false),
            ("a denial wins, whatever the order", json!({"Statement": [deny("s3:*"), allow(json!("*"))]}), false),
            ("a denial of something else", json!({"Statement": [allow(json!("*")), deny("sqs:*")]}), true),
            ("a denial alone allows nothing", json!({"Statement": [deny("sqs:*")]}), false),
        ];
        for (name, policy, expected) in cases {
            assert_eq!(allows(&policy, "s3:GetObject", "eu-west-1", at("2026-11-22T10:00:00Z")), expected, "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_allows_nothing() {
        let statement = |change: fn(&mut Value)| {
            let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            change(&mut statement);
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, statement]})
        };
        assert!(allows(&statement(|_| ()), "s3:GetObject", "eu-west-1", at("2026-11-22T10:00:00Z")), "the unchanged policy allows");
        let cases = [
            ("no document", json!("Allow everything")),
            ("no statement", json!({"Version": "2012-10-17"})),
            ("an empty list", json!({"Statement": []})),
            ("another version", json!({"Version": "2026-01-01", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})),
            ("an effect of another case", statement(|s| s["Effect"] = json!("allow"))),
            ("no action", statement(|s| s["Action"] = json!([]))),
            ("NotAction", statement(|s| s["NotAction"] = json!("s3:*"))),
            ("NotResource", statement(|s| s["NotResource"] = json!("*"))),
            ("a principal", statement(|s| s["Principal"] = json!("*"))),
            ("a named resource", statement(|s| s["Resource"] = json!("arn:aws:s3:::b/*"))),
            ("a single-character wildcard", statement(|s| s["Action"] = json!("s3:GetObjec?"))),
            ("an unknown operator", statement(|s| s["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))),
            ("an unknown key", statement(|s| s["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": "x"}}))),
            (
                "an operator with a suffix",
                statement(|s| s["Condition"] = json!({"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}})),
            ),
            ("a time that is none", statement(|s| s["Condition"] = json!({"DateLessThan": {"aws:CurrentTime": "tomorrow"}}))),
        ];
        for (name, policy) in cases {
            assert!(!allows(&policy, "s3:GetObject", "eu-west-1", at("2026-11-22T10:00:00Z")), "{name}");
            assert!(check(&policy).is_err(), "{name}");
        }
    }

    #[test]
    fn temporary_credentials_without_a_policy_may_do_nothing() {
        let now = at("2026-11-22T10:00:00Z");
        let role = |session_policy: Option<String>| Caller::AssumedRole {
            role_arn: "arn:aws:sts::000000000000:assumed-role/r/s".into(),
            session_policy,
        };
        let start = "rekognition:StartFaceLivenessSession";
        assert!(permits(&Caller::Developer, start, "eu-west-1", now));
        assert!(permits(&Caller::Function("create-session".into()), start, "eu-west-1", now));
        assert!(permits(&role(Some(streaming().to_string())), start, "eu-west-1", now));
        assert!(!permits(&role(None), start, "eu-west-1", now));
        assert!(!permits(&role(Some("{".into())), start, "eu-west-1", now));
    }
}
