//! Why a check ended as it did, for a developer at this machine: the engine's cues with a sentence each, what was displayed and what was measured of
//! it, and the recording in small pictures. It is kept with the session's outcome and goes when that goes; no operation answers it, and no log has it.

use super::{Rekognition, lock, results};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prooflight_vision as vision;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `/dev/sessions/{id}/explain` answers, beside what the session's result says itself. Its size is bounded by the engine: about 30 cues, 160
/// points and 24 pictures of a few kilobytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Explanation {
    /// Pictures decoded.
    pub frames: u32,
    /// The cues, those of one kind beside each other.
    pub cues: Vec<Cue>,
    /// None without a challenge of light, or when nothing could be measured.
    pub light: Option<Light>,
    /// In order of time.
    pub strip: Vec<Moment>,
}

/// One cue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cue {
    pub name: String,
    /// None: it could not be measured.
    pub value: Option<f32>,
    pub likelihood: f32,
    /// What it leaves of the confidence, 0-1.
    pub contribution: f32,
    pub explanation: String,
}

/// The displayed against the measured colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Light {
    pub delay_ms: i32,
    pub points: Vec<Point>,
}

/// One moment of them, as the engine describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    pub at_ms: f32,
    pub displayed: [u8; 3],
    pub skin: [u8; 3],
    pub expected: [f32; 2],
    pub measured: [f32; 2],
}

/// A small picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moment {
    pub at_ms: u32,
    /// A JPEG in base64.
    pub jpeg: String,
}

impl Rekognition {
    /// Why the check of a session ended as it did, for a developer; none when no session of this id has been checked, or not any more.
    pub fn explain(&self, id: &str) -> Option<Value> {
        let sessions = lock(&self.sessions);
        let session = sessions.get(id).filter(|session| session.lives(self.clock.now()))?;
        results::explained(session)
    }
}

impl Explanation {
    /// The part of the findings that explains the rest.
    pub(super) fn of(findings: &vision::Findings) -> Self {
        let cue = |cue: &vision::Cue| Cue {
            name: cue.name.to_owned(),
            value: cue.value,
            likelihood: cue.likelihood,
            contribution: cue.contribution(),
            explanation: cue.explanation.clone(),
        };
        let point = |point: &vision::LightPoint| Point {
            at_ms: point.at_ms,
            displayed: point.displayed,
            skin: point.skin,
            expected: point.expected,
            measured: point.measured,
        };
        let light = |light: &vision::LightCurve| Light { delay_ms: light.delay_ms, points: light.points.iter().map(point).collect() };
        let moment = |picture: &vision::StripPicture| Moment { at_ms: picture.at_ms, jpeg: BASE64.encode(&picture.jpeg) };
        Self {
            frames: findings.frames,
            cues: findings.cues.iter().map(cue).collect(),
            light: findings.light.as_ref().map(light),
            strip: findings.strip.iter().map(moment).collect(),
        }
    }
}
