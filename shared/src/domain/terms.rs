//! The terms of a verification: its policy's values, copied into the item when it is opened, so that later decisions are made
//! under the policy that the subject was asked under.

use super::{ChallengeKind, Confidence};
use serde::{Deserialize, Serialize};

/// The values of one version of one policy. Stored documents hold them, so an unknown field is no error here: another release
/// may have written it. The policy file is read strictly, by the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// The policy's name.
    pub name: String,
    /// The policy's version.
    pub version: String,
    /// Who may open a verification under it.
    pub opened_by: OpenedBy,
    /// The weakest challenge that can approve.
    pub challenge: ChallengeKind,
    /// Confidence from which a session passes.
    pub approve_at: Confidence,
    /// Confidence from which a session that does not pass goes to a person, where set.
    pub review_from: Option<Confidence>,
    /// Whose face it has to be.
    #[serde(rename = "match")]
    pub face_match: FaceMatch,
    /// The least age in years, where set.
    pub minimum_age: Option<u8>,
    /// How many sessions may fail before the verification is denied.
    pub sessions: u8,
    /// How many audit images are asked for, 0-4.
    pub audit_images: u8,
    /// Days for which images are kept; 0 keeps none.
    pub images_kept_days: u16,
    /// Days for which records are kept.
    pub records_kept_days: u16,
    /// Whether a verification needs a recorded consent to be opened.
    pub consent_required: bool,
    /// The versions of the consent text that count.
    #[serde(default)]
    pub consent_versions: Vec<String>,
    /// Whether an approved face is enrolled.
    pub enrol_on_approval: bool,
    /// The share of approvals, 0-1, that a person looks at afterwards.
    pub sampled_for_review: f32,
}

/// Who may ask the question. INVARIANT: an end user cannot pick a policy that is not his to open, so he cannot pick a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenedBy {
    /// The subject, with his own token.
    User,
    /// A service on the subject's behalf.
    Server,
}

/// Whose face has to be in front of the camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum FaceMatch {
    /// Anybody's.
    None,
    /// The one on the picture given at opening, when one was given, and nobody's who is enrolled already.
    Source {
        /// Least similarity with the picture, 0-100.
        similarity: Confidence,
        /// Similarity with another enrolled face from which the subject is not unique, 0-100.
        unique_similarity: Confidence,
    },
    /// The subject's own enrolled face.
    Enrolled {
        /// Least similarity, 0-100.
        similarity: Confidence,
    },
}

impl Terms {
    /// Whether a decision needs evidence beside the liveness check itself: a face match or an age.
    pub fn needs_faces(&self) -> bool {
        self.face_match != FaceMatch::None || self.minimum_age.is_some()
    }
}
