//! What the face operations of Rekognition said about the reference image: whether it is the person on a picture, whether that
//! face is enrolled, how old it looks.

use super::Confidence;
use serde::{Deserialize, Serialize};

/// The comparison with the picture that was given at opening (`API_CompareFaces`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceMatch {
    /// How many faces Rekognition found on the picture; only exactly one names a person.
    pub faces_in_source: u8,
    /// Similarity with the face on it, 0-100; none when nothing alike was found.
    pub similarity: Option<Confidence>,
    /// SHA-256 of the picture that was compared, lower-case hexadecimal.
    pub source_sha256: String,
}

/// The search among the enrolled faces (`API_SearchFacesByImage`). Two hits are kept and no face id: whose they are is all that
/// is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GallerySearch {
    /// Best similarity with a face that was enrolled for this subject.
    pub own: Option<Confidence>,
    /// Best similarity with a face that was enrolled for somebody else.
    pub other: Option<Confidence>,
}

/// A wide estimate in years, both ends included (`API_AgeRange`); never a proof of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeRange {
    /// The lowest estimated age.
    pub low: u8,
    /// The highest estimated age.
    pub high: u8,
}

/// A picture of the person that a service expects, uploaded to a key that only this verification has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcePicture {
    /// Where it lies in the evidence bucket.
    pub key: String,
    /// SHA-256 of what was there at first use: another picture under the same key is not looked at.
    pub sha256: Option<String>,
}
