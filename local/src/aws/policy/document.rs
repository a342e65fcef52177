//! Reads a policy document, as much of the language as we use: whatever else stands in it is named and refused.

use super::{Comparison, Condition, Statement};
use serde_json::{Map, Value};

/// The statements of a document.
pub(super) fn statements(policy: &Value) -> Result<Vec<Statement>, PolicyFault> {
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
    // A single-character wildcard is as good as never written; it is refused rather than misread.
    if let Some(odd) = actions.iter().find(|action| action.contains('?') || !(action.contains(':') || *action == "*")) {
        return Err(fault("Action", odd));
    }
    let resources = strings(fields.get("Resource"), "Resource")?;
    if let Some(odd) =
        resources.iter().find(|resource| resource.contains(['?', '$']) || !(resource.starts_with("arn:") || *resource == "*"))
    {
        return Err(fault("Resource", odd));
    }
    let mut conditions = Vec::new();
    if let Some(operators) = fields.get("Condition") {
        for (operator, keys) in object(operators, "Condition")? {
            for (key, values) in object(keys, "Condition")? {
                conditions.push(condition(operator, key, values)?);
            }
        }
    }
    Ok(Statement { allow, actions, resources, conditions })
}

fn condition(operator: &str, key: &str, values: &Value) -> Result<Condition, PolicyFault> {
    let values = strings(Some(values), "Condition")?;
    let comparison = match (operator, key.to_ascii_lowercase().as_str()) {
        ("StringEquals", "aws:requestedregion") => return Ok(Condition::Region(values)),
        ("StringLike", "s3:prefix") => return Ok(Condition::Prefix(values)),
        ("DateLessThan", "aws:currenttime") => Comparison::Less,
        ("DateLessThanEquals", "aws:currenttime") => Comparison::LessOrEqual,
        ("DateGreaterThan", "aws:currenttime") => Comparison::Greater,
        ("DateGreaterThanEquals", "aws:currenttime") => Comparison::GreaterOrEqual,
        _ => return Err(fault("Condition", &format!("{operator} {key}"))),
    };
    let times = values.iter().map(|value| value.parse().map_err(|_| fault("Condition", value))).collect::<Result<_, _>>()?;
    Ok(Condition::Time(comparison, times))
}

/// A policy that is malformed, or says what we cannot evaluate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy's {place} is not one that prooflight-local evaluates: {found}")]
pub struct PolicyFault {
    place: &'static str,
    found: String,
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
    use super::super::{Policy, Request};
    use super::*;
    use serde_json::json;

    fn allows(policy: &Value) -> bool {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let request = Request { action: "s3:GetObject", resource: "*", region: "eu-west-1", now, prefix: None };
        Policy::read(policy).is_ok_and(|policy| policy.allows(&request))
    }

    #[test]
    fn what_is_not_understood_allows_nothing() {
        let statement = |change: fn(&mut Value)| {
            let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            change(&mut statement);
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, statement]})
        };
        assert!(allows(&statement(|_| ())), "the unchanged policy allows");
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
            ("a resource that is no ARN", statement(|s| s["Resource"] = json!("b/*"))),
            ("a policy variable", statement(|s| s["Resource"] = json!("arn:aws:s3:::b/${aws:username}"))),
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
            assert!(!allows(&policy), "{name}");
            assert!(Policy::read(&policy).is_err(), "{name}");
        }
    }
}
