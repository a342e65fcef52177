//! What end users get, looked at in every system test: each answer to a token that can do nothing but `verify` passes through here. Which
//! fields there are is the contract's to say; this looks at what is in them.

use serde_json::Value;

/// Fails where an answer holds an image, something with a fraction, or a name of something in the AWS account.
#[track_caller]
pub(crate) fn assert_harmless(route: &str, body: &Value) {
    match body {
        Value::Object(fields) => fields.values().for_each(|value| assert_harmless(route, value)),
        Value::Array(values) => values.iter().for_each(|value| assert_harmless(route, value)),
        Value::String(text) => {
            // The first characters of every JPEG in base64, ARNs, the account, and the names of table, bucket and collection.
            for telling in ["/9j/", "arn:aws", "000000000000", "prooflight-local-", "evidence/", "sources/", "X-Amz-"] {
                assert!(!text.contains(telling), "{route}: {telling} is in an answer to an end user: {text}");
            }
        }
        Value::Number(number) => {
            // Scores have fractions; whatever is counted or timed for an end user has none.
            assert!(number.is_u64(), "{route}: {number} is in an answer to an end user");
        }
        Value::Null | Value::Bool(_) => {}
    }
}
