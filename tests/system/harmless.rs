//! What end users get, looked at in every system test: each answer to a token that can do nothing but `verify` passes through here. A field
//! that is new has to be put on the list on purpose.

use serde_json::Value;

/// Everything that an end user is told.
const KNOWN: [&str; 29] = [
    "accessKeyId",
    "attemptsLeft",
    "challenge",
    "code",
    "createdAt",
    "credentials",
    "currentSession",
    "decidedAt",
    "detail",
    "expiration",
    "expiresAt",
    // The gateway's own word where it refuses by itself.
    "message",
    "nextStep",
    "policy",
    "policyVersion",
    "region",
    "requestId",
    // A JWS; its claims are held to a list of their own, in results.rs.
    "result",
    "retryAfterSeconds",
    "secretAccessKey",
    "serverTime",
    "session",
    "sessionId",
    "sessionToken",
    "status",
    "tips",
    "title",
    "type",
    "verificationId",
];

/// Fails where an answer holds a field that is not on the list, an image, or a name of something in the AWS account.
#[track_caller]
pub(crate) fn assert_harmless(route: &str, body: &Value) {
    match body {
        Value::Object(fields) => {
            for (key, value) in fields {
                assert!(KNOWN.contains(&key.as_str()), "{route}: {key} is in an answer to an end user");
                assert_harmless(route, value);
            }
        }
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
