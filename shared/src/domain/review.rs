//! A person's look at a verification: the verdict that closes what is in review, or, beside an approval, a judgement of its
//! quality.

use super::{Owner, Reason};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What is asked of reviewers, and what they have said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// What a verdict would mean.
    pub kind: ReviewKind,
    /// Since when it waits.
    pub since: Timestamp,
    /// Why a person has to look, as the decision or the enrolment said.
    pub because: Vec<Reason>,
    /// Who is at it.
    #[serde(default)]
    pub claim: Option<Claim>,
    /// Approvals so far that wait for a second reviewer's.
    #[serde(default)]
    pub seconded_by: Option<Opinion>,
    /// The verdict, which nothing changes any more.
    #[serde(default)]
    pub verdict: Option<Opinion>,
}

/// What a verdict means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// The verification is in review: the verdict closes it.
    Decision,
    /// It is approved, and stays so: the verdict stands beside it.
    Quality,
}

/// A reviewer's hold on a review, so that two do not look at the same one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose it is.
    pub reviewer: Owner,
    /// Until when.
    pub until: Timestamp,
}

/// What one reviewer said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opinion {
    /// Who.
    pub reviewer: Owner,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: VerdictReason,
    /// [`Verification::evidence_tag`](super::Verification::evidence_tag) of what he had seen.
    pub evidence_tag: String,
    /// When.
    pub at: Timestamp,
}

/// The verdicts: two for what is in review, two for the quality of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Approve what is in review.
    Approve,
    /// Deny what is in review.
    Deny,
    /// The approval was right.
    Uphold,
    /// The approval was wrong.
    Overturn,
}

/// Why, from a closed list: what a reviewer writes freely would be personal data that nobody expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictReason {
    /// It is the person that it should be.
    SamePerson,
    /// It is somebody else.
    DifferentPerson,
    /// No live person was in front of the camera.
    NotLive,
    /// A live person was.
    LivePerson,
    /// The images do not show enough.
    PoorEvidence,
    /// The person is enrolled already, as somebody else.
    DuplicatePerson,
    /// Something is wrong beyond the images.
    SuspectedFraud,
    /// What was decided is right.
    Confirmed,
}

/// Why a verdict or a claim is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewRejection {
    /// There is nothing to review.
    NotInReview,
    /// Another reviewer holds it.
    Claimed,
    /// A reviewer cannot judge his own verification.
    OwnVerification,
    /// The verdict answers another question than the one that is asked.
    WrongVerdict,
    /// The reason speaks for another verdict.
    WrongReason,
    /// The evidence is not what the reviewer saw.
    EvidenceChanged,
    /// Another verdict was first.
    AlreadyReviewed {
        /// The winner.
        verdict: Verdict,
        /// When it was given.
        at: Timestamp,
    },
}

/// For how long a claim holds.
pub const CLAIM_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A verdict rests on a look that is no older than this.
pub const LOOK_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(30);

impl Review {
    /// How many reviewers an approval takes: what a machine held against the subject is not set aside by one person alone.
    pub fn approvals_needed(&self) -> u8 {
        if self.kind == ReviewKind::Decision && self.because.iter().any(|reason| reason.needs_two_reviewers()) { 2 } else { 1 }
    }

    /// How many have approved so far.
    pub fn approvals(&self) -> u8 {
        let decided = self.verdict.as_ref().is_some_and(|opinion| opinion.verdict == Verdict::Approve);
        u8::from(self.seconded_by.is_some()) + u8::from(decided)
    }

    /// The hold that is still good.
    pub fn claim_at(&self, now: Timestamp) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.until > now)
    }
}

impl Verdict {
    /// The question that it answers.
    pub fn kind(self) -> ReviewKind {
        match self {
            Self::Approve | Self::Deny => ReviewKind::Decision,
            Self::Uphold | Self::Overturn => ReviewKind::Quality,
        }
    }

    /// From a request; none for a word that is no verdict.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approve, Self::Deny, Self::Uphold, Self::Overturn].into_iter().find(|verdict| verdict.as_str() == text)
    }

    /// As it travels: what becomes of the verification or of its approval.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Deny => "denied",
            Self::Uphold => "upheld",
            Self::Overturn => "overturned",
        }
    }
}

impl VerdictReason {
    /// Whether it speaks for that verdict. A record that says "approved: somebody else" would tell nobody what was seen.
    pub fn speaks_for(self, verdict: Verdict) -> bool {
        match self {
            Self::SamePerson | Self::LivePerson => matches!(verdict, Verdict::Approve | Verdict::Uphold),
            // In review nothing is decided yet that could be confirmed.
            Self::Confirmed => verdict == Verdict::Uphold,
            Self::DifferentPerson | Self::NotLive | Self::PoorEvidence | Self::DuplicatePerson | Self::SuspectedFraud => {
                matches!(verdict, Verdict::Deny | Verdict::Overturn)
            }
        }
    }
}
