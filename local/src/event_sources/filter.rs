//! The filter of an event source ("Control which events Lambda sends to your function", AWS Lambda Developer Guide) and the pattern of an event
//! bus's rule, which are one language, as far as the template uses it: fields that have to be one of some texts. What does not match goes no
//! further.

use serde_json::Value;

/// A pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter(Value);

impl Filter {
    /// From a pattern's text; none for one that says more than this understands.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        Self::of(serde_json::from_str(pattern).ok()?)
    }

    /// From a pattern; none for one that says more than this understands.
    pub(crate) fn of(pattern: Value) -> Option<Self> {
        (pattern.is_object() && is_understood(&pattern)).then_some(Self(pattern))
    }

    /// Whether the record matches.
    pub(crate) fn lets_through(&self, record: &Value) -> bool {
        matches(&self.0, Some(record))
    }
}

fn is_understood(pattern: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.values().all(is_understood),
        Value::Array(texts) => texts.iter().all(Value::is_string),
        _ => false,
    }
}

fn matches(pattern: &Value, value: Option<&Value>) -> bool {
    match (pattern, value) {
        (Value::Object(fields), Some(value)) => fields.iter().all(|(name, pattern)| matches(pattern, value.get(name))),
        (Value::Array(texts), Some(value)) => texts.contains(value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_has_to_be_one_of_the_texts() {
        let filter = Filter::parse(r#"{"dynamodb":{"Keys":{"sk":{"S":["verification","other"]}}}}"#).expect("a filter");
        for (record, passes) in [
            (json!({"dynamodb": {"Keys": {"sk": {"S": "verification"}, "pk": {"S": "x"}}}}), true),
            (json!({"dynamodb": {"Keys": {"sk": {"S": "other"}}}}), true),
            (json!({"dynamodb": {"Keys": {"sk": {"S": "decision#01"}}}}), false),
            (json!({"dynamodb": {"Keys": {"sk": {"N": "verification"}}}}), false),
            (json!({}), false),
        ] {
            assert_eq!(filter.lets_through(&record), passes, "{record}");
        }
    }

    #[test]
    fn what_is_not_understood_is_no_filter() {
        for pattern in [r#"{"a":[{"prefix":"b"}]}"#, r#"{"a":"b"}"#, r#"["a"]"#, "{", r#"{"a":[7]}"#] {
            assert_eq!(Filter::parse(pattern), None, "{pattern}");
        }
    }
}
