//! The policy that a form carries: until when it is good, and what its fields may hold ("Creating a POST policy", Amazon S3 API Reference).
//! A field that the policy does not speak of is refused, as S3 does it.

use super::form::UploadForm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A policy, decoded.
#[derive(Debug)]
pub(super) struct FormPolicy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

/// One condition; field names are in lower case.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Equals { field: String, value: String },
    StartsWith { field: String, prefix: String },
    Length { least: u64, most: u64 },
}

#[derive(Deserialize)]
struct Document {
    expiration: Timestamp,
    conditions: Vec<Written>,
}

/// `{"field": "value"}`, or a list that begins with the kind of the condition.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Object(Map<String, Value>),
    List(Vec<Value>),
}

impl FormPolicy {
    /// Decodes a policy as it stands in the form.
    pub(super) fn parse(base64: &str) -> S3Result<Self> {
        let invalid = || s3_error!(InvalidPolicyDocument, "Invalid Policy: it is not a policy document in base64.");
        let document = BASE64.decode(base64).map_err(|_| invalid())?;
        let Document { expiration, conditions } = serde_json::from_slice(&document).map_err(|_| invalid())?;
        let mut read = Vec::new();
        for condition in conditions {
            match condition {
                Written::Object(fields) => {
                    for (field, value) in fields {
                        let value = value.as_str().ok_or_else(invalid)?.to_owned();
                        read.push(Condition::Equals { field: field.to_ascii_lowercase(), value });
                    }
                }
                Written::List(items) => read.push(Condition::of_list(&items).ok_or_else(invalid)?),
            }
        }
        Ok(Self { expiration, conditions: read })
    }

    /// Holds a form that goes to `bucket` against the policy.
    pub(super) fn check(&self, form: &UploadForm, bucket: &str, now: Timestamp) -> S3Result<()> {
        if self.expiration <= now {
            return Err(denied("Policy expired."));
        }
        for condition in &self.conditions {
            condition.check(form, bucket)?;
        }
        // "Each form field that you specify in a form (except x-amz-signature, file, policy, and field names that have an x-ignore-
        // prefix) must appear in the list of conditions."
        let free = |field: &str| matches!(field, "x-amz-signature" | "policy") || field.starts_with("x-ignore-");
        let extra = form.fields.iter().find(|(field, _)| !free(field) && !self.speaks_of(field));
        extra.map_or(Ok(()), |(field, _)| Err(denied(&format!("Extra input fields: {field}"))))
    }

    fn speaks_of(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| match condition {
            Condition::Equals { field, .. } | Condition::StartsWith { field, .. } => field == name,
            Condition::Length { .. } => false,
        })
    }
}

impl Condition {
    fn of_list(items: &[Value]) -> Option<Self> {
        let [kind, first, second] = items else { return None };
        let field = || Some(first.as_str()?.strip_prefix('$')?.to_ascii_lowercase());
        let kind = kind.as_str()?.to_ascii_lowercase();
        Some(match kind.as_str() {
            "eq" => Self::Equals { field: field()?, value: second.as_str()?.to_owned() },
            "starts-with" => Self::StartsWith { field: field()?, prefix: second.as_str()?.to_owned() },
            "content-length-range" => Self::Length { least: number(first)?, most: number(second)? },
            _ => return None,
        })
    }

    fn check(&self, form: &UploadForm, bucket: &str) -> S3Result<()> {
        // Where a form goes to stands in its address, not in a field.
        let value = |field: &str| if field == "bucket" { Some(bucket) } else { form.field(field) };
        let size = form.file.len() as u64;
        match self {
            Self::Equals { field, value: expected } if value(field) != Some(expected) => Err(failed("eq", field, expected)),
            Self::StartsWith { field, prefix } if !value(field).is_some_and(|value| value.starts_with(prefix)) => {
                Err(failed("starts-with", field, prefix))
            }
            Self::Length { most, .. } if size > *most => {
                Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"))
            }
            Self::Length { least, .. } if size < *least => {
                Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"))
            }
            _ => Ok(()),
        }
    }
}

/// Clients write the bounds as numbers or as strings of digits.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn failed(kind: &str, field: &str, value: &str) -> S3Error {
    denied(&format!("Policy Condition failed: [\"{kind}\", \"${field}\", \"{value}\"]"))
}

fn denied(reason: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, format!("Invalid according to Policy: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    fn check(conditions: &Value, fields: &[(&str, &str)], size: usize) -> Result<(), String> {
        let document = json!({"expiration": "2026-11-22T10:00:00.000Z", "conditions": conditions});
        let policy = FormPolicy::parse(&BASE64.encode(document.to_string())).unwrap();
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let form = UploadForm { fields, file: Bytes::from(vec![0; size]) };
        policy.check(&form, "b", "2026-11-22T09:59:59Z".parse().unwrap()).map_err(|error| error.code().as_str().to_owned())
    }

    #[test]
    fn conditions_hold_or_refuse() {
        let denied = Err("AccessDenied".to_owned());
        let fields = &[("key", "in/1.jpg"), ("content-type", "image/jpeg"), ("policy", "x"), ("x-ignore-this", "y")];
        let types = json!({"Content-Type": "image/jpeg"});
        for (name, conditions, size, expected) in [
            ("all hold", json!([{"bucket": "b"}, ["eq", "$Key", "in/1.jpg"], types]), 5, Ok(())),
            ("a prefix", json!([["starts-with", "$key", "in/"], ["starts-with", "$Content-Type", ""]]), 5, Ok(())),
            ("another key", json!([["eq", "$key", "in/2.jpg"], types]), 5, denied.clone()),
            ("another prefix", json!([["starts-with", "$key", "out/"], types]), 5, denied.clone()),
            ("another bucket", json!([{"bucket": "c", "key": "in/1.jpg"}, types]), 5, denied.clone()),
            ("a field that the form lacks", json!([{"acl": "private", "key": "in/1.jpg"}, types]), 5, denied.clone()),
            ("a field that the policy lacks", json!([{"key": "in/1.jpg"}]), 5, denied),
            ("the largest", json!([["starts-with", "$key", ""], types, ["content-length-range", 1, 5]]), 5, Ok(())),
            ("too large", json!([["starts-with", "$key", ""], types, ["content-length-range", 1, 5]]), 6, Err("EntityTooLarge".into())),
            ("too small", json!([["starts-with", "$key", ""], types, ["content-length-range", "6", "9"]]), 5, Err("EntityTooSmall".into())),
        ] {
            assert_eq!(check(&conditions, fields, size), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for document in [
            "",
            "[]",
            r#"{"conditions": []}"#,
            r#"{"expiration": "soon", "conditions": []}"#,
            r#"{"expiration": "2026-11-22T10:00:00Z", "conditions": [["like", "$key", "x"]]}"#,
            r#"{"expiration": "2026-11-22T10:00:00Z", "conditions": [["eq", "key", "x"]]}"#,
            r#"{"expiration": "2026-11-22T10:00:00Z", "conditions": [["content-length-range", -1, 5]]}"#,
            r#"{"expiration": "2026-11-22T10:00:00Z", "conditions": [{"key": 5}]}"#,
        ] {
            let error = FormPolicy::parse(&BASE64.encode(document)).unwrap_err();
            assert_eq!(error.code().as_str(), "InvalidPolicyDocument", "{document}");
        }
        assert!(FormPolicy::parse("not base64!").is_err());
    }
}
