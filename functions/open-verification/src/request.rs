//! What a service or a workflow sends to have a verification opened.

use jiff::{SignedDuration, Timestamp};
use prooflight_shared::domain::{Awaited, CLIENT_TOKEN_HOLDS_AT_MOST, Owner, hex};
use prooflight_shared::edge::{GivenConsent, Object, Problem, check_notes, is_visible_ascii};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The body of the route, and the same fields of a task. A field that is not known is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenRequest {
    pub(crate) policy: Option<String>,
    pub(crate) external_reference: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) consent: Option<Object<GivenConsent>>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) source: Option<Object<SourceRequest>>,
    pub(crate) client_token: Option<Object<ClientTokenRequest>>,
}

/// A link for somebody without an account.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClientTokenRequest {
    /// None is as long as there can be.
    pub(crate) minutes: Option<u8>,
}

/// A picture that will be uploaded.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SourceRequest {
    pub(crate) content_type: PictureType,
}

/// What Rekognition reads.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) enum PictureType {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
}

/// What a direct invocation asks for.
#[derive(Debug)]
pub enum WorkflowTask {
    /// A verification.
    Open(Box<OpenTask>),
    /// To be told the verdict on one.
    Await(AwaitTask),
}

/// A verification is to be opened; a step that waits for the decision gives its token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenTask {
    pub(crate) subject: Owner,
    #[serde(default)]
    pub(crate) idempotency_key: Option<String>,
    #[serde(default)]
    pub(crate) task_token: Option<String>,
    #[serde(default)]
    pub(crate) request: OpenRequest,
}

/// A step waits for the verdict on a verification that is in review.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwaitTask {
    pub(crate) verification_id: String,
    #[serde(rename = "await")]
    pub(crate) awaited: AwaitedWord,
    pub(crate) task_token: String,
}

/// What can be waited for by name: the decision is waited for by opening.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) enum AwaitedWord {
    #[serde(rename = "verdict")]
    Verdict,
}

impl AwaitedWord {
    pub(crate) fn meaning(self) -> Awaited {
        match self {
            Self::Verdict => Awaited::Verdict,
        }
    }
}

impl<'de> Deserialize<'de> for WorkflowTask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let task = Value::deserialize(deserializer)?;
        if task.get("await").is_some() {
            return serde_json::from_value(task).map(Self::Await).map_err(D::Error::custom);
        }
        serde_json::from_value(task).map(|task| Self::Open(Box::new(task))).map_err(D::Error::custom)
    }
}

/// A token is a secret, and so is who is verified.
impl std::fmt::Debug for OpenTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenTask(..)")
    }
}

impl std::fmt::Debug for AwaitTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AwaitTask(..)")
    }
}

impl PictureType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl OpenRequest {
    /// Refuses what is too long or not printable.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.external_reference.as_deref().is_some_and(|reference| !is_visible_ascii(reference, 128)) {
            return Err(Problem::Malformed("externalReference has to be 1 to 128 visible ASCII characters".to_owned()));
        }
        if self.client_token.as_ref().and_then(|Object(asked)| asked.minutes).is_some_and(|minutes| !(1..=60).contains(&minutes)) {
            return Err(Problem::Malformed("clientToken.minutes has to be from 1 to 60".to_owned()));
        }
        check_notes(self.device_id.as_deref(), self.consent.as_ref().map(|Object(consent)| consent), self.metadata.as_ref())
    }

    /// When the link ends, if one is asked for.
    pub(crate) fn link_ends(&self, now: Timestamp) -> Option<Timestamp> {
        let Object(asked) = self.client_token.as_ref()?;
        let minutes = asked.minutes.map_or(CLIENT_TOKEN_HOLDS_AT_MOST, |minutes| SignedDuration::from_mins(minutes.into()));
        // To the second, as it stands in the token.
        Timestamp::from_second((now + minutes).as_second()).ok()
    }

    /// Names the body's meaning, not its spelling.
    pub(crate) fn digest(&self, policy: &str) -> String {
        let meaning = (policy, &self.external_reference, &self.device_id, &self.consent, &self.metadata, &self.source, &self.client_token);
        hex(ring::digest::digest(&ring::digest::SHA256, &serde_json::to_vec(&meaning).unwrap_or_default()).as_ref())
    }
}
