//! The two requests, decoded and checked against every constraint of the model, so that what runs locally also runs on AWS.

use super::challenge::{ChallengeType, Preference, Version};
use super::exception::{Exception, ExceptionName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A valid `CreateFaceLivenessSession` request (page `API_CreateFaceLivenessSession`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CreateRequest {
    /// Two requests with one token get one session.
    pub client_request_token: Option<String>,
    /// Everything else.
    pub parameters: Parameters,
}

/// What a session was created with; a repeated token must come with the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parameters {
    /// Accepted and kept; local images are not encrypted.
    pub kms_key_id: Option<String>,
    /// Where images go instead of into the answer.
    pub output: Option<OutputConfig>,
    /// At most so many audit images, 0-4.
    pub audit_images_limit: u8,
    /// Acceptable challenges, in order; empty means the service's default.
    pub preferences: Vec<Preference>,
}

/// A place in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OutputConfig {
    /// The bucket.
    pub bucket: String,
    /// Put before the keys that the service makes, as it is.
    pub prefix: String,
}

impl CreateRequest {
    /// Decodes and checks a request body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Exception> {
        let wire: WireCreate = decode(body)?;
        let settings = wire.settings.unwrap_or_default();
        let preferences = settings.challenge_preferences.unwrap_or_default();
        let parameters = Parameters {
            kms_key_id: wire.kms_key_id.map(kms_key_id).transpose()?,
            output: settings.output_config.map(output).transpose()?,
            audit_images_limit: audit_images_limit(settings.audit_images_limit)?,
            preferences: preferences.into_iter().map(preference).collect::<Result<_, _>>()?,
        };
        Ok(Self { client_request_token: wire.client_request_token.map(token).transpose()?, parameters })
    }
}

/// Decodes a `GetFaceLivenessSessionResults` request and returns its session id (page `API_GetFaceLivenessSessionResults`).
pub(super) fn parse_get(body: &[u8]) -> Result<String, Exception> {
    let wire: WireGet = decode(body)?;
    let id = wire.session_id.ok_or_else(|| Exception::invalid_parameter("SessionId is required"))?;
    if is_session_id(&id) { Ok(id) } else { Err(Exception::invalid_parameter("SessionId is not a lower-case UUID of 36 characters")) }
}

/// Whether `id` has the shape of the model's `LivenessSessionId`.
pub fn is_session_id(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Decodes a body, and says no more about what is wrong with it than where.
pub(super) fn decode<Wire: DeserializeOwned>(body: &[u8]) -> Result<Wire, Exception> {
    serde_json::from_slice(body).map_err(|error| Exception {
        name: ExceptionName::SerializationException,
        message: format!("the body is not a JSON object of the right types (line {}, column {})", error.line(), error.column()),
    })
}

fn kms_key_id(id: String) -> Result<String, Exception> {
    let first = id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let rest = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_/+=,@.-".contains(&byte));
    if first && rest && id.len() <= 2048 {
        Ok(id)
    } else {
        Err(Exception::invalid_parameter("KmsKeyId does not match the pattern of a key id"))
    }
}

fn token(token: String) -> Result<String, Exception> {
    let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if plain && (1..=64).contains(&token.len()) {
        Ok(token)
    } else {
        Err(Exception::invalid_parameter("ClientRequestToken is not 1 to 64 letters, digits, hyphens or underscores"))
    }
}

fn output(wire: WireOutput) -> Result<OutputConfig, Exception> {
    let bucket = wire.s3_bucket.ok_or_else(|| Exception::invalid_parameter("Settings.OutputConfig.S3Bucket is required"))?;
    let plain = bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !plain || !(3..=255).contains(&bucket.len()) {
        return Err(Exception::invalid_parameter("Settings.OutputConfig.S3Bucket is not a bucket name"));
    }
    let prefix = wire.s3_key_prefix.unwrap_or_default();
    if prefix.chars().count() > 950 || prefix.chars().any(char::is_whitespace) {
        return Err(Exception::invalid_parameter("Settings.OutputConfig.S3KeyPrefix is longer than 950 characters or has blanks"));
    }
    Ok(OutputConfig { bucket, prefix })
}

/// The page says that other numbers are clamped, the model says 0-4; what the model refuses is refused here.
fn audit_images_limit(limit: Option<i64>) -> Result<u8, Exception> {
    match u8::try_from(limit.unwrap_or(0)) {
        Ok(limit) if limit <= 4 => Ok(limit),
        _ => Err(Exception::invalid_parameter("Settings.AuditImagesLimit is not within 0 to 4")),
    }
}

fn preference(wire: WirePreference) -> Result<Preference, Exception> {
    let kind = wire.kind.ok_or_else(|| Exception::invalid_parameter("Settings.ChallengePreferences: Type is required"))?;
    let kind: ChallengeType =
        kind.parse().map_err(|_| Exception::invalid_parameter("Settings.ChallengePreferences: Type names no challenge"))?;
    let versions = wire.versions.unwrap_or_default();
    let version = |text: Option<String>| {
        let parsed = text.map(|text| text.parse::<Version>()).transpose();
        parsed.map_err(|_| Exception::invalid_parameter("Settings.ChallengePreferences: a version is not three numbers such as 1.0.0"))
    };
    let preference = Preference { kind, minimum: version(versions.minimum)?, maximum: version(versions.maximum)? };
    if preference.supported().next().is_none() {
        return Err(Exception::invalid_parameter("Settings.ChallengePreferences: no supported version lies between Minimum and Maximum"));
    }
    Ok(preference)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCreate {
    kms_key_id: Option<String>,
    settings: Option<WireSettings>,
    client_request_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireSettings {
    output_config: Option<WireOutput>,
    audit_images_limit: Option<i64>,
    challenge_preferences: Option<Vec<WirePreference>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireOutput {
    s3_bucket: Option<String>,
    s3_key_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WirePreference {
    #[serde(rename = "Type")]
    kind: Option<String>,
    versions: Option<WireVersions>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireVersions {
    minimum: Option<String>,
    maximum: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireGet {
    session_id: Option<String>,
}
