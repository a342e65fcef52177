//! What the client says inside a signed frame, checked against the constraints of the stream's model: video chunks, and the account that
//! it gives of the challenge.

use super::frames::EventFrame;
use crate::rekognition::ChallengeType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use prooflight_vision::ColorShown;
use serde::Deserialize;
use std::borrow::Cow;

/// One event of the client.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ClientEvent {
    /// The next bytes of the recording; none mark its end.
    Video(Bytes),
    /// Something about the challenge.
    Information {
        /// Which challenge the client means.
        kind: ChallengeType,
        /// An id that the client makes up and keeps.
        challenge_id: String,
        /// What happened.
        happened: Happened,
    },
}

/// What the client says has happened. Times are epoch milliseconds of its own clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Happened {
    /// Recording began.
    Started {
        /// When.
        at_ms: i64,
    },
    /// A colour began to scroll down.
    ColorShown(ColorShown),
    /// Recording ended.
    Ended {
        /// When.
        at_ms: i64,
        /// When the face was in the oval.
        target_reached_ms: Option<i64>,
    },
}

/// An event that breaks a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct EventError(&'static str);

/// Information events are a few hundred bytes.
const MOST_INFORMATION_BYTES: usize = 16 * 1024;

impl ClientEvent {
    /// Reads an event.
    pub(super) fn parse(frame: &EventFrame) -> Result<Self, EventError> {
        match frame.event_type.as_str() {
            "VideoEvent" => video(&frame.payload),
            "ClientSessionInformationEvent" if frame.payload.len() > MOST_INFORMATION_BYTES => {
                Err(EventError("a ClientSessionInformationEvent is longer than 16 KiB"))
            }
            "ClientSessionInformationEvent" => information(&frame.payload),
            _ => Err(EventError("the event is neither a VideoEvent nor a ClientSessionInformationEvent")),
        }
    }
}

fn video(payload: &[u8]) -> Result<ClientEvent, EventError> {
    let wire: WireVideo<'_> =
        serde_json::from_slice(payload).map_err(|_| EventError("a VideoEvent is not JSON with VideoChunk and TimestampMillis"))?;
    time(wire.timestamp_millis)?;
    let chunk = BASE64.decode(wire.video_chunk.as_bytes()).map_err(|_| EventError("VideoChunk is not base64"))?;
    Ok(ClientEvent::Video(chunk.into()))
}

fn information(payload: &[u8]) -> Result<ClientEvent, EventError> {
    let wire: WireInformation =
        serde_json::from_slice(payload).map_err(|_| EventError("a ClientSessionInformationEvent is not JSON of the right types"))?;
    let (kind, account) = match wire.challenge {
        WireChallenge::FaceMovementAndLightChallenge(account) => (ChallengeType::FaceMovementAndLightChallenge, account),
        WireChallenge::FaceMovementChallenge(account) => (ChallengeType::FaceMovementChallenge, account),
    };
    if !(1..=128).contains(&account.challenge_id.len()) {
        return Err(EventError("ChallengeId is not 1 to 128 characters"));
    }
    if let Some(face) = &account.initial_face {
        time(face.initial_face_detected_timestamp)?;
    }
    if let Some(face) = &account.target_face {
        time(face.face_detected_in_target_position_start_timestamp)?;
        time(face.face_detected_in_target_position_end_timestamp)?;
    }
    // Which event it is, is told by its members alone; the last one may repeat those of the first.
    let happened = match (account.video_end_timestamp, account.color_displayed, account.video_start_timestamp) {
        (Some(at_ms), None, _) => {
            let target = account.target_face.ok_or(EventError("the end of the recording comes without TargetFace"))?;
            Happened::Ended { at_ms: time(at_ms)?, target_reached_ms: Some(target.face_detected_in_target_position_start_timestamp) }
        }
        (None, Some(color), None) => {
            if kind != ChallengeType::FaceMovementAndLightChallenge {
                return Err(EventError("ColorDisplayed belongs to the light challenge"));
            }
            Happened::ColorShown(color_shown(&color)?)
        }
        (None, None, Some(at_ms)) => {
            if account.initial_face.is_none() {
                return Err(EventError("the start of the recording comes without InitialFace"));
            }
            Happened::Started { at_ms: time(at_ms)? }
        }
        _ => return Err(EventError("a ClientSessionInformationEvent tells neither start, colour nor end, or several at once")),
    };
    Ok(ClientEvent::Information { kind, challenge_id: account.challenge_id, happened })
}

fn color_shown(color: &WireColor) -> Result<ColorShown, EventError> {
    if color.sequence_number > 50 {
        return Err(EventError("SequenceNumber is not within 0 to 50"));
    }
    Ok(ColorShown {
        sequence: color.sequence_number,
        current: color.current_color.rgb,
        previous: color.previous_color.as_ref().map(|color| color.rgb),
        at_ms: time(color.current_color_start_timestamp)?,
    })
}

/// The model's range for every epoch millisecond: the years 2022 to 2041.
fn time(millis: i64) -> Result<i64, EventError> {
    if (1_640_995_200_000..=2_272_147_200_000).contains(&millis) {
        Ok(millis)
    } else {
        Err(EventError("a timestamp is not within the years 2022 to 2041"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireVideo<'payload> {
    #[serde(borrow)]
    video_chunk: Cow<'payload, str>,
    timestamp_millis: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireInformation {
    challenge: WireChallenge,
}

#[derive(Deserialize)]
enum WireChallenge {
    FaceMovementAndLightChallenge(WireAccount),
    FaceMovementChallenge(WireAccount),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAccount {
    challenge_id: String,
    video_start_timestamp: Option<i64>,
    video_end_timestamp: Option<i64>,
    initial_face: Option<WireInitialFace>,
    target_face: Option<WireTargetFace>,
    color_displayed: Option<WireColor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireInitialFace {
    #[serde(rename = "BoundingBox")]
    _bounding_box: WireBox,
    initial_face_detected_timestamp: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTargetFace {
    #[serde(rename = "BoundingBox")]
    _bounding_box: WireBox,
    face_detected_in_target_position_start_timestamp: i64,
    face_detected_in_target_position_end_timestamp: i64,
}

/// The faces' places are the client's own finding; the analysis looks for itself. They are only checked to be there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireBox {
    #[serde(rename = "Width")]
    _width: f64,
    #[serde(rename = "Height")]
    _height: f64,
    #[serde(rename = "Left")]
    _left: f64,
    #[serde(rename = "Top")]
    _top: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireColor {
    current_color: WireRgb,
    previous_color: Option<WireRgb>,
    sequence_number: u32,
    current_color_start_timestamp: i64,
}

#[derive(Deserialize)]
struct WireRgb {
    #[serde(rename = "RGB")]
    rgb: [u8; 3],
}
