//! What a session yielded, as far as a decision may rest on it.

use super::identifiers::hex;
use super::{AgeRange, Challenge, Confidence, GallerySearch, SourceMatch};
use serde::{Deserialize, Serialize};

/// Everything that is judged, and nothing else: its digest names exactly what a decision was made on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// How the check ended at Rekognition.
    pub check: CheckStatus,
    /// None when Rekognition gave none, or one that is not on the scale.
    pub confidence: Option<Confidence>,
    /// None when Rekognition named none, or one that this code does not know.
    pub challenge: Option<Challenge>,
    /// Conditions that Rekognition noticed.
    pub feedback: Vec<FeedbackCode>,
    /// None when Rekognition returned none ("recommended to retry", `API_GetFaceLivenessSessionResults`).
    pub reference_image: Option<StoredImage>,
    /// As many as Rekognition had: their number is best effort by AWS's word, so fewer than asked for is not a lack.
    pub audit_images: Vec<StoredImage>,
    /// None where the verification has no source picture, or it was not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_match: Option<SourceMatch>,
    /// None where the policy does not ask for one, or it was not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gallery: Option<GallerySearch>,
    /// None where the policy does not ask for one, or none was estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeRange>,
}

/// How a check ended. INVARIANT: `Succeeded` means that the check ran, not that the person is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CheckStatus {
    /// The check ran to its end.
    Succeeded,
    /// The check could not be carried out.
    Failed,
}

/// Rekognition's feedback codes (`API_FaceLivenessSessionFeedback`), in the order in which tips are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeedbackCode {
    /// No face was seen.
    FaceNotVisible,
    /// Something covers the face.
    FaceObstructionDetected,
    /// The face did not fill the oval.
    FaceNotAligned,
    /// The eyes were closed.
    EyesClosedDetected,
    /// Too dark.
    LowLightingDetected,
    /// Too bright.
    HighLightingDetected,
    /// The picture was too poor.
    LowVideoQualityDetected,
}

impl FeedbackCode {
    /// Every code, in order.
    pub const ALL: [Self; 7] = [
        Self::FaceNotVisible,
        Self::FaceObstructionDetected,
        Self::FaceNotAligned,
        Self::EyesClosedDetected,
        Self::LowLightingDetected,
        Self::HighLightingDetected,
        Self::LowVideoQualityDetected,
    ];

    /// The code as Rekognition spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaceNotVisible => "FACE_NOT_VISIBLE",
            Self::FaceObstructionDetected => "FACE_OBSTRUCTION_DETECTED",
            Self::FaceNotAligned => "FACE_NOT_ALIGNED",
            Self::EyesClosedDetected => "EYES_CLOSED_DETECTED",
            Self::LowLightingDetected => "LOW_LIGHTING_DETECTED",
            Self::HighLightingDetected => "HIGH_LIGHTING_DETECTED",
            Self::LowVideoQualityDetected => "LOW_VIDEO_QUALITY_DETECTED",
        }
    }

    /// None for a code that AWS has added since: a tip that we do not know is not shown.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The stable code of the advice that the subject sees.
    pub fn tip(self) -> &'static str {
        match self {
            Self::FaceNotVisible => "SHOW_YOUR_FACE",
            Self::FaceObstructionDetected => "UNCOVER_YOUR_FACE",
            Self::FaceNotAligned => "FILL_THE_OVAL",
            Self::EyesClosedDetected => "OPEN_YOUR_EYES",
            Self::LowLightingDetected => "MORE_LIGHT",
            Self::HighLightingDetected => "LESS_LIGHT",
            Self::LowVideoQualityDetected => "CLEAN_CAMERA",
        }
    }
}

/// An image of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredImage {
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub size: u32,
    /// The object in the evidence bucket; none when the policy keeps no images.
    pub key: Option<String>,
}

impl Evidence {
    /// A check that Rekognition reports as failed: nothing accompanies it.
    pub fn of_failed_check() -> Self {
        Self {
            check: CheckStatus::Failed,
            confidence: None,
            challenge: None,
            feedback: Vec::new(),
            reference_image: None,
            audit_images: Vec::new(),
            source_match: None,
            gallery: None,
            age: None,
        }
    }

    /// The keys of every image that was stored.
    pub fn image_keys(&self) -> impl Iterator<Item = &str> {
        self.reference_image.iter().chain(&self.audit_images).filter_map(|image| image.key.as_deref())
    }

    /// SHA-256 of the evidence as JSON in the order of its fields, lower-case hexadecimal.
    pub fn digest(&self) -> String {
        // Strings, numbers, options and lists always have a JSON form; an empty text would only make the digest a wrong one.
        let json = serde_json::to_vec(self).unwrap_or_default();
        hex(ring::digest::digest(&ring::digest::SHA256, &json).as_ref())
    }
}

impl StoredImage {
    /// Names `bytes` by their digest; the caller says later where they were stored.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref()),
            size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            key: None,
        }
    }
}
