//! What the server says: the challenge, the end, or an exception, with their JSON payloads. Numbers of the client's own checks are those
//! with which the unmodified component is known to complete.

use super::draw::OVAL_RATIO;
use crate::rekognition::ChallengeType;
use prooflight_vision::{Challenge, ColorStep};
use serde_json::{Value, json};

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ServerMessage {
    /// What the subject is asked to do; the first message, unasked.
    SessionInformation {
        /// The type that was agreed on.
        kind: ChallengeType,
        /// What was drawn.
        challenge: Challenge,
    },
    /// The result is there to be fetched; the last message.
    Disconnection {
        /// Epoch milliseconds.
        at_ms: i64,
    },
    /// The session ends here.
    Exception(StreamException),
}

/// An exception of the stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct StreamException {
    /// The wire name, which decides what the component reports.
    pub name: StreamExceptionName,
    /// A stable code for programs and logs.
    pub code: &'static str,
    /// A sentence for the developer.
    pub message: String,
}

/// The members of the model's `LivenessResponseStream`, and one more. Access denied, session not found and the like are said by
/// `ValidationException`: their own names are not in the stream's union, and the component shows them as raw JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamExceptionName {
    /// The request or an event is not acceptable.
    ValidationException,
    /// Too much at once.
    ThrottlingException,
    /// The fault is ours.
    InternalServerException,
    /// Not in the union, but known to the component, which then says that the region is wrong.
    InvalidSignatureException,
}

impl StreamException {
    /// Something that the client sent is not acceptable.
    pub(super) fn validation(code: &'static str, message: impl Into<String>) -> Self {
        Self { name: StreamExceptionName::ValidationException, code, message: message.into() }
    }

    /// The fault is ours; the cause has been logged.
    pub(super) fn internal(code: &'static str) -> Self {
        Self { name: StreamExceptionName::InternalServerException, code, message: "the local service failed; its log says why".to_owned() }
    }
}

impl StreamExceptionName {
    /// The name on the wire.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ValidationException => "ValidationException",
            Self::ThrottlingException => "ThrottlingException",
            Self::InternalServerException => "InternalServerException",
            Self::InvalidSignatureException => "InvalidSignatureException",
        }
    }
}

impl ServerMessage {
    /// The value of `:event-type` or `:exception-type`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SessionInformation { .. } => "ServerSessionInformationEvent",
            Self::Disconnection { .. } => "DisconnectionEvent",
            Self::Exception(exception) => exception.name.as_str(),
        }
    }

    /// The JSON payload.
    pub(super) fn payload(&self) -> Value {
        match self {
            Self::SessionInformation { kind, challenge } => session_information(*kind, challenge),
            Self::Disconnection { at_ms } => json!({"TimestampMillis": at_ms}),
            Self::Exception(exception) => json!({"Message": exception.message, "Code": exception.code}),
        }
    }
}

fn session_information(kind: ChallengeType, challenge: &Challenge) -> Value {
    let oval = &challenge.oval;
    let mut body = json!({
        "OvalParameters": {"Width": oval.width, "Height": oval.height, "CenterX": oval.center_x, "CenterY": oval.center_y},
        // The component needs each of these to be other than zero, save the first and FaceDistanceThresholdMax, which it does not read.
        "ChallengeConfig": {
            "BlazeFaceDetectionThreshold": 0.75,
            "FaceDistanceThresholdMin": 0.32,
            "FaceDistanceThreshold": 0.32,
            "FaceDistanceThresholdMax": 0.0,
            "OvalIouThreshold": 0.55,
            "OvalHeightWidthRatio": OVAL_RATIO,
            "OvalIouWidthThreshold": 0.25,
            "OvalIouHeightThreshold": 0.25,
            "FaceIouWidthThreshold": 0.15,
            "FaceIouHeightThreshold": 0.15,
            "OvalFitTimeout": 10_000,
        },
    });
    if let (ChallengeType::FaceMovementAndLightChallenge, Some(members)) = (kind, body.as_object_mut()) {
        members.insert("LightChallengeType".to_owned(), json!("SEQUENTIAL"));
        members.insert("ColorSequences".to_owned(), challenge.colors.iter().map(color).collect());
    }
    json!({"SessionInformation": {"Challenge": {kind.as_str(): body}}})
}

fn color(step: &ColorStep) -> Value {
    json!({"FreshnessColor": {"RGB": step.rgb}, "DownscrollDuration": step.downscroll_ms, "FlatDisplayDuration": step.flat_ms})
}
