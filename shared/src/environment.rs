//! Every environment variable that a function reads, in one place, looked at before the first request: without one that it
//! needs a function does not start, and says which.

use std::collections::BTreeMap;

/// The DynamoDB table.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// The bucket that images are kept in.
pub const EVIDENCE_BUCKET: &str = "EVIDENCE_BUCKET";
/// The region that Rekognition Face Liveness is asked in.
pub const LIVENESS_REGION: &str = "LIVENESS_REGION";
/// The role whose credentials the subject streams with.
pub const STREAMING_ROLE_ARN: &str = "STREAMING_ROLE_ARN";
/// At least 32 characters, a secret of the stack: verification ids are derived from Idempotency-Keys with it.
pub const IDENTIFIER_KEY: &str = "IDENTIFIER_KEY";
/// The collection of enrolled faces.
pub const FACE_COLLECTION: &str = "FACE_COLLECTION";
/// Whose tokens the API takes.
pub const JWT_ISSUER: &str = "JWT_ISSUER";
/// The queue whose messages have a session completed that nobody calls back for.
pub const RESCUE_QUEUE_URL: &str = "RESCUE_QUEUE_URL";
/// The event bus that is told of what happens to verifications.
pub const EVENT_BUS_NAME: &str = "EVENT_BUS_NAME";
/// Where events are sent that are not taken from the bus.
pub const WEBHOOK_URL: &str = "WEBHOOK_URL";
/// The queue of events that are to be sent there.
pub const WEBHOOK_QUEUE_URL: &str = "WEBHOOK_QUEUE_URL";
/// Where those go that were given up.
pub const WEBHOOK_DEAD_LETTERS_URL: &str = "WEBHOOK_DEAD_LETTERS_URL";
/// The secret with the keys that they are signed with; its name, not its value.
pub const WEBHOOK_KEYS_ARN: &str = "WEBHOOK_KEYS_ARN";
/// The key that results are signed with.
pub const RESULT_KEY_ARN: &str = "RESULT_KEY_ARN";
/// In whose name they are.
pub const RESULT_ISSUER: &str = "RESULT_ISSUER";
/// The key of client tokens' MACs.
pub const CLIENT_TOKEN_KEY_ARN: &str = "CLIENT_TOKEN_KEY_ARN";
/// The key that decisions are signed with.
pub const DECISION_KEY_ARN: &str = "DECISION_KEY_ARN";
/// For whom the tokens are that the API takes.
pub const JWT_AUDIENCE: &str = "JWT_AUDIENCE";
/// Where their issuer's keys are, if not where his own configuration says.
pub const JWKS_URL: &str = "JWKS_URL";

/// What Lambda itself sets, and the endpoints that every AWS SDK knows
/// ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
const OF_AWS: [&str; 14] = [
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_EVENTBRIDGE",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_REKOGNITION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SFN",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_STS",
];
const OF_OURS: [&str; 19] = [
    TABLE_NAME,
    EVIDENCE_BUCKET,
    LIVENESS_REGION,
    STREAMING_ROLE_ARN,
    IDENTIFIER_KEY,
    FACE_COLLECTION,
    JWT_ISSUER,
    RESCUE_QUEUE_URL,
    EVENT_BUS_NAME,
    WEBHOOK_URL,
    WEBHOOK_QUEUE_URL,
    WEBHOOK_DEAD_LETTERS_URL,
    WEBHOOK_KEYS_ARN,
    RESULT_KEY_ARN,
    RESULT_ISSUER,
    CLIENT_TOKEN_KEY_ARN,
    DECISION_KEY_ARN,
    JWT_AUDIENCE,
    JWKS_URL,
];

/// The variables that were set.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<&'static str, String>,
}

/// A variable that is missing or malformed.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {name} {problem}")]
pub struct EnvironmentError {
    name: &'static str,
    problem: &'static str,
}

impl EnvironmentError {
    /// A variable that is there and cannot be used; `problem` goes on after its name.
    pub fn new(name: &'static str, problem: &'static str) -> Self {
        Self { name, problem }
    }
}

impl Environment {
    /// Reads the variables through `lookup`: the process environment in a Lambda, a map elsewhere. An empty one counts as missing.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variables = OF_AWS
            .into_iter()
            .chain(OF_OURS)
            .filter_map(|name| lookup(name).filter(|value| !value.is_empty()).map(|value| (name, value)))
            .collect();
        Self { variables }
    }

    /// A variable that the function cannot do without.
    pub fn required(&self, name: &'static str) -> Result<&str, EnvironmentError> {
        self.optional(name).ok_or(EnvironmentError { name, problem: "is not set" })
    }

    /// A variable that may be missing.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The key that identifiers are derived with.
    pub fn identifier_key(&self) -> Result<&str, EnvironmentError> {
        let key = self.required(IDENTIFIER_KEY)?;
        if key.len() < 32 {
            return Err(EnvironmentError { name: IDENTIFIER_KEY, problem: "is shorter than 32 characters" });
        }
        Ok(key)
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values stay out: some of them are secrets.
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
