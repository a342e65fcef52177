//! What was made of a session's evidence, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The judgement of one session. It names the policy version and the digest of exactly the evidence that it judged, so it can
/// be made again from the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// What follows.
    pub outcome: Outcome,
    /// Why, most telling first; empty for a session that passed.
    pub reasons: Vec<Reason>,
    /// The policy's name.
    pub policy: String,
    /// The policy's version.
    pub policy_version: String,
    /// [`Evidence::digest`](super::Evidence::digest) of what was judged.
    pub evidence_digest: String,
    /// When.
    pub decided_at: Timestamp,
}

/// What a session's evidence amounts to. `Failed` is also the answer to whatever is missing, unreadable or weaker than asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Whatever else the evidence shows, the verification is over: the subject is not shown to be old enough.
    Denied,
    /// Not shown to be a live person under the terms.
    Failed,
    /// A person has to look.
    InReview,
    /// Shown to be a live person under the terms.
    Passed,
}

/// Stable codes, for reviewers and records; an end user gets tips instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A newer session had taken its place.
    Superseded,
    /// Rekognition could not carry out the check.
    CheckFailed,
    /// Rekognition did not name a challenge that this code knows.
    ChallengeMissing,
    /// A weaker challenge was run than the policy asks for.
    ChallengeWeaker,
    /// No readable confidence.
    ConfidenceMissing,
    /// No reference image.
    ReferenceImageMissing,
    /// The policy asks for a face match that was not made.
    FaceMatchMissing,
    /// Not alike enough to the face that it has to be.
    FaceMatchTooLow,
    /// The picture to compare with does not show exactly one face.
    SourceUnusable,
    /// Somebody else is enrolled with this face.
    FaceKnownElsewhere,
    /// The policy asks for an age that was not estimated.
    AgeMissing,
    /// The whole estimate lies below the least age.
    AgeTooLow,
    /// The estimate straddles the least age.
    AgeUncertain,
    /// Confidence below the policy's threshold for approval.
    ConfidenceTooLow,
    /// Many checks from this device have failed lately, whoever was in front of it.
    DeviceSuspicious,
    /// Every session that the policy allows has failed.
    AttemptsExhausted,
    /// It was called off.
    Cancelled,
    /// The consent was taken back.
    ConsentWithdrawn,
    /// A reviewer said no.
    ReviewDenied,
    /// Nothing came in time.
    TimedOut,
    /// Everything about its subject is being erased.
    Erased,
}

impl Reason {
    /// Whether an approval in spite of it takes two people: a machine holds something against the subject that a single
    /// reviewer must not set aside alone.
    pub fn needs_two_reviewers(self) -> bool {
        matches!(self, Self::FaceKnownElsewhere | Self::SourceUnusable)
    }
}
