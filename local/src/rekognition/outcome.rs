//! What a check that ran has found, in the shape in which it is kept and answered (page `API_GetFaceLivenessSessionResults`).

use super::explanation::Explanation;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use prooflight_vision as vision;
use serde::{Deserialize, Serialize};

/// The results of a session that succeeded. SUCCEEDED means that the check ran; whether the person is live is the confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// 0-100; none only where a script says so, for the model does not guarantee it.
    pub confidence: Option<f32>,
    /// Conditions that contributed to the confidence.
    pub feedback: Vec<FeedbackCode>,
    /// Absent when no frame was good enough: "it's recommended to retry the Liveness check".
    pub reference: Option<Image>,
    /// At most as many as the session asked for.
    pub audit: Vec<Image>,
    /// Why, for `/dev`; none where a script made the outcome.
    #[serde(default)]
    pub explanation: Option<Box<Explanation>>,
}

/// A picture with the place of the face in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Image {
    /// Where the picture is.
    pub place: ImagePlace,
    /// Where the face is in it.
    pub face: BoundingBox,
}

/// A picture is in the answer or, when the session has an output configuration, in S3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum ImagePlace {
    /// The JPEG in base64, as it goes into the answer.
    Inline(String),
    /// An object.
    Stored {
        /// The bucket.
        bucket: String,
        /// The key.
        name: String,
    },
}

/// Fractions of the picture's width and height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BoundingBox {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
}

impl From<vision::NormalizedBox> for BoundingBox {
    fn from(face: vision::NormalizedBox) -> Self {
        Self { width: face.width, height: face.height, left: face.left, top: face.top }
    }
}

/// What a check found, before its pictures have a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// As in `Outcome`.
    pub confidence: Option<f32>,
    /// As in `Outcome`.
    pub feedback: Vec<FeedbackCode>,
    /// The reference picture.
    pub reference: Option<Picture>,
    /// The audit pictures.
    pub audit: Vec<Picture>,
    /// As in `Outcome`.
    pub(super) explanation: Option<Box<Explanation>>,
}

/// A JPEG with the place of the face in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// At most 204,800 bytes, the model's `LivenessImageBlob`.
    pub jpeg: Bytes,
    /// Where the face is.
    pub face: BoundingBox,
}

impl From<vision::Findings> for Found {
    fn from(findings: vision::Findings) -> Self {
        let picture = |picture: vision::Picture| Picture { jpeg: picture.jpeg.into(), face: picture.face.into() };
        // A confidence that is no number must not pass for a high one.
        let confidence = if findings.confidence.is_finite() { findings.confidence.clamp(0.0, 100.0) } else { 0.0 };
        let explanation = Some(Box::new(Explanation::of(&findings)));
        Self {
            explanation,
            confidence: Some(confidence),
            feedback: findings.feedback.into_iter().map(FeedbackCode::from).collect(),
            reference: findings.reference.map(picture),
            audit: findings.audit.into_iter().map(picture).collect(),
        }
    }
}

impl ImagePlace {
    /// A picture that goes into the answer.
    pub(super) fn inline(jpeg: &[u8]) -> Self {
        Self::Inline(BASE64.encode(jpeg))
    }
}

/// The codes of the model's `FeedbackCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeedbackCode {
    /// No face could be seen.
    FaceNotVisible,
    /// Something covered the face.
    FaceObstructionDetected,
    /// The video was too poor.
    LowVideoQualityDetected,
    /// The face was not where it had to be.
    FaceNotAligned,
    /// The eyes were closed.
    EyesClosedDetected,
    /// Too dark.
    LowLightingDetected,
    /// Too bright.
    HighLightingDetected,
}

impl FeedbackCode {
    /// A sentence for the person; "branch on Code, the text can change".
    pub fn message(self) -> &'static str {
        match self {
            Self::FaceNotVisible => "Your face could not be seen. Keep it in front of the camera and uncovered.",
            Self::FaceObstructionDetected => "Something covered part of your face. Take off what hides it.",
            Self::LowVideoQualityDetected => "The video was of low quality. Clean the lens and hold the camera still.",
            Self::FaceNotAligned => "Your face was not in the oval. Follow the oval with your face until the check ends.",
            Self::EyesClosedDetected => "Your eyes were closed. Keep them open during the check.",
            Self::LowLightingDetected => "It was too dark. Move to a brighter place.",
            Self::HighLightingDetected => "It was too bright. Move out of direct light.",
        }
    }
}

impl From<vision::Feedback> for FeedbackCode {
    fn from(feedback: vision::Feedback) -> Self {
        match feedback {
            vision::Feedback::FaceNotVisible => Self::FaceNotVisible,
            vision::Feedback::FaceNotAligned => Self::FaceNotAligned,
            vision::Feedback::FaceObstruction => Self::FaceObstructionDetected,
            vision::Feedback::EyesClosed => Self::EyesClosedDetected,
            vision::Feedback::LowVideoQuality => Self::LowVideoQualityDetected,
            vision::Feedback::LowLighting => Self::LowLightingDetected,
            vision::Feedback::HighLighting => Self::HighLightingDetected,
        }
    }
}
