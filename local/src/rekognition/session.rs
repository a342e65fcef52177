//! One Face Liveness session as a value: what it was created with, how far it has come, and what may be said about it at a given
//! time. A session lives 180 seconds ("a SessionId expires 3 minutes after it's sent", page "API_CreateFaceLivenessSession").

use super::challenge::{Challenge, negotiate};
use super::outcome::Outcome;
use super::request::Parameters;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// From creation until its data is gone.
pub const LIFE: SignedDuration = SignedDuration::from_secs(180);

/// From creation until even its id is forgotten. The service does not say how long it answers `EXPIRED`; a day is our choice.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Session {
    /// A lower-case UUID, and a secret while the session lives.
    pub id: String,
    /// By the movable clock.
    pub created_at: Timestamp,
    /// The token that it was created with.
    pub client_request_token: Option<String>,
    /// What it was created with.
    pub parameters: Parameters,
    /// How far it has come.
    pub progress: Progress,
}

/// How far a session has come, time left aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Progress {
    /// Nobody has connected yet.
    Created,
    /// A client is or was connected.
    InProgress(Streaming),
    /// The check ran; what it found is another question.
    Succeeded(Streaming, Box<Outcome>),
    /// The check could not be completed.
    Failed(Streaming),
    /// Its time is over and its data is gone.
    Expired,
}

/// What was agreed on with the client that connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Streaming {
    /// The challenge that was put.
    pub challenge: Challenge,
    /// What the client calls itself; none in a scripted session.
    pub sdk_type: Option<String>,
}

/// The statuses of the model's `LivenessSessionStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Created, not yet used.
    Created,
    /// A client has connected.
    InProgress,
    /// The check ran.
    Succeeded,
    /// The check could not be completed.
    Failed,
    /// The 180 seconds are over.
    Expired,
}

/// Why a client may not stream into a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No session has this id.
    #[error("session not found")]
    NotFound,
    /// Its time is over.
    #[error("session expired")]
    Expired,
    /// Someone has connected before: a session is used once.
    #[error("session already used")]
    AlreadyUsed,
    /// Client and session have no challenge in common.
    #[error("the client supports none of the challenges that the session asks for")]
    ChallengeUnsupported,
    /// The session could not be stored.
    #[error("the session could not be stored")]
    NotStored,
}

impl Session {
    /// When its data goes.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.created_at.checked_add(LIFE).unwrap_or(Timestamp::MAX)
    }

    /// Whether it can still be used or read at `now`.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        now < self.expires_at() && self.progress != Progress::Expired
    }

    /// Whether even its id is to be forgotten at `now`.
    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        now >= self.created_at.checked_add(MEMORY).unwrap_or(Timestamp::MAX)
    }

    /// The status that is answered at `now`.
    pub(super) fn status(&self, now: Timestamp) -> Status {
        match &self.progress {
            _ if !self.lives(now) => Status::Expired,
            Progress::Created => Status::Created,
            Progress::InProgress(_) => Status::InProgress,
            Progress::Succeeded(..) => Status::Succeeded,
            Progress::Failed(_) => Status::Failed,
            Progress::Expired => Status::Expired,
        }
    }

    /// The session after a client that can do `offered` has connected at `now`, and the challenge that it is put.
    pub(super) fn connected(&self, offered: &[Challenge], sdk_type: Option<String>, now: Timestamp) -> Result<(Self, Challenge), Refusal> {
        if !self.lives(now) {
            return Err(Refusal::Expired);
        }
        if self.progress != Progress::Created {
            return Err(Refusal::AlreadyUsed);
        }
        let challenge = negotiate(&self.parameters.preferences, offered).ok_or(Refusal::ChallengeUnsupported)?;
        let progress = Progress::InProgress(Streaming { challenge, sdk_type });
        Ok((Self { progress, ..self.clone() }, challenge))
    }

    /// The session after its check ended at `now`, with an outcome or without one; none unless it is still in progress.
    pub(super) fn ended(&self, outcome: Option<Outcome>, now: Timestamp) -> Option<Self> {
        let Progress::InProgress(streaming) = &self.progress else { return None };
        if !self.lives(now) {
            return None;
        }
        let progress = match outcome {
            Some(outcome) => Progress::Succeeded(streaming.clone(), Box::new(outcome)),
            None => Progress::Failed(streaming.clone()),
        };
        Some(Self { progress, ..self.clone() })
    }

    /// What is left of the session at `now`: after its time neither score nor image.
    pub(super) fn aged(&self, now: Timestamp) -> Option<Self> {
        (!self.lives(now) && self.progress != Progress::Expired).then(|| Self { progress: Progress::Expired, ..self.clone() })
    }
}

/// The client's name for itself out of its user agent: the liveness SDK's product where it names one, else the first product. It is
/// self-reported and never to be relied on; at most 64 characters, as the model's `SDKTypeString`.
pub fn sdk_type(user_agent: &str) -> Option<String> {
    const KNOWN: [&str; 4] = ["ui-react-liveness", "ui-react-native-liveness", "ui-swift-liveness", "ui-android-liveness"];
    let named = KNOWN.iter().find_map(|name| user_agent.find(name)).and_then(|start| user_agent.get(start..));
    let product = named.unwrap_or(user_agent).split_whitespace().next()?;
    let printable: String = product.chars().filter(char::is_ascii_graphic).take(64).collect();
    (!printable.is_empty()).then_some(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_type_is_the_liveness_product() {
        let captured = "aws-sdk-js/3.1112.0 ua/2.1 os/Linux m/E aws-amplify/6.22.1-framework/0-ui-react-liveness/3.6.8";
        for (user_agent, expected) in [
            (captured, Some("ui-react-liveness/3.6.8")),
            ("amplify-swift/2 ui-swift-liveness/1.4.0 more", Some("ui-swift-liveness/1.4.0")),
            ("something/1.0 else", Some("something/1.0")),
            ("  ", None),
            ("", None),
            ("\u{7}\u{1b}[31m", Some("[31m")),
        ] {
            assert_eq!(sdk_type(user_agent).as_deref(), expected, "{user_agent:?}");
        }
        assert_eq!(sdk_type(&"x".repeat(500)).map(|text| text.len()), Some(64));
    }
}
