//! A subject's enrolled face. It is planned before Rekognition is asked, so that a crash leaves nothing unknown behind, and then
//! either enrolled or undone: nobody is enrolled twice, and nobody with a face that somebody else is enrolled with.

use super::time::after;
use super::{Reason, Status, SubjectKey, Verdict, Verification, VerificationId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The enrolment of one subject: one document for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    /// Whose face it is.
    pub subject_key: SubjectKey,
    /// The approved verification whose reference image shows it.
    pub verification: VerificationId,
    /// When it was planned: of two that plan the same face, the earlier one has it.
    pub planned_at: Timestamp,
    /// Until when the face may be kept.
    pub kept_until: Timestamp,
    /// How far it has come.
    pub state: EnrolmentState,
}

/// How far an enrolment has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at", content = "with")]
pub enum EnrolmentState {
    /// Rekognition may have the face, and has not been heard yet.
    Planned,
    /// Rekognition has the face.
    Enrolled(EnrolledFace),
    /// The face was given up, and is not enrolled from that verification again.
    Undone(Undoing),
}

/// How an enrolment was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undoing {
    /// Why.
    pub because: Reason,
    /// When.
    pub at: Timestamp,
    /// Nothing of the subject is in the collection any more, under whatever id: somebody may have been at it when it was given up, so
    /// it is looked at once more.
    pub cleared: bool,
}

/// A face in the collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrolledFace {
    /// Rekognition's name for it.
    pub face_id: FaceId,
    /// The model that described it (`IndexFacesModelVersion`, `API_Face`): faces of another model are not comparable.
    pub model: Option<String>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
}

/// Rekognition's name for an enrolled face. It stands for a person's face, so it has no useful `Debug` and reaches no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaceId(String);

/// What is to be done about an enrolment.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Nothing: this is where it stands.
    Settled(Enrolment),
    /// It was planned before and not carried out to its end: go on.
    GoOn(Enrolment),
    /// Write this down first.
    Begin(Enrolment),
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);

impl Enrolment {
    /// What it takes to enrol the subject of `verification`, of whom `existing` is known. None when this verification enrols nobody.
    pub fn plan(existing: Option<&Self>, verification: &Verification, now: Timestamp) -> Option<Plan> {
        let settled = |existing: &Self| match existing.state {
            EnrolmentState::Enrolled(_) => existing.is_good(now),
            EnrolmentState::Planned | EnrolmentState::Undone(_) => existing.verification == verification.id,
        };
        match existing.filter(|existing| settled(existing)) {
            // A face that was given up, and one that is there, are answered whatever has become of the verification since.
            Some(existing) if existing.state != EnrolmentState::Planned => Some(Plan::Settled(existing.clone())),
            _ if !verification.may_enrol() => None,
            Some(planned) => Some(Plan::GoOn(planned.clone())),
            None => Some(Plan::Begin(Self {
                subject_key: verification.subject_key.clone(),
                verification: verification.id.clone(),
                planned_at: now,
                kept_until: after(now, DAY * i32::from(verification.terms.records_kept_days)),
                state: EnrolmentState::Planned,
            })),
        }
    }

    /// Whether somebody may be at it.
    pub fn is_planned(&self) -> bool {
        self.state == EnrolmentState::Planned
    }

    /// The face, while it may be used.
    pub fn face_at(&self, now: Timestamp) -> Option<&EnrolledFace> {
        match &self.state {
            EnrolmentState::Enrolled(face) if self.is_good(now) => Some(face),
            _ => None,
        }
    }

    /// When clean-up comes for it: for a plan that nobody has carried out after a day, for what was given up once whoever was at it has
    /// ended, and for the rest at the end of its time.
    pub fn due_at(&self) -> Timestamp {
        match &self.state {
            EnrolmentState::Planned => after(self.planned_at, DAY),
            EnrolmentState::Undone(undoing) if !undoing.cleared => after(undoing.at, LOOK_AGAIN_AFTER),
            EnrolmentState::Enrolled(_) | EnrolmentState::Undone(_) => self.kept_until,
        }
    }

    /// Whether another subject's enrolment of the same face stands in the way of this one. Where two were planned side by side the
    /// earlier stays, and both come to the same answer.
    pub fn yields_to(&self, other: &Self) -> bool {
        match other.state {
            EnrolmentState::Enrolled(_) => true,
            EnrolmentState::Planned => (other.planned_at, &other.verification) < (self.planned_at, &self.verification),
            EnrolmentState::Undone(_) => false,
        }
    }

    /// With the face that Rekognition has.
    #[must_use]
    pub fn enrolled(&self, face: EnrolledFace) -> Self {
        Self { state: EnrolmentState::Enrolled(face), ..self.clone() }
    }

    /// Given up.
    #[must_use]
    pub fn undone(&self, because: Reason, at: Timestamp) -> Self {
        Self { state: EnrolmentState::Undone(Undoing { because, at, cleared: false }), ..self.clone() }
    }

    /// Given up, and nothing left of it.
    #[must_use]
    pub fn cleared(&self) -> Self {
        match self.state {
            EnrolmentState::Undone(undoing) => Self { state: EnrolmentState::Undone(Undoing { cleared: true, ..undoing }), ..self.clone() },
            _ => self.clone(),
        }
    }

    fn is_good(&self, now: Timestamp) -> bool {
        now < self.kept_until
    }
}

impl Verification {
    /// Whether its face may be enrolled: approved under a policy that says so, and nothing was said against it since.
    pub fn may_enrol(&self) -> bool {
        self.status == Status::Approved && self.terms.enrol_on_approval && self.withdrawn_at.is_none() && !self.is_overturned()
    }

    /// Whether a reviewer has found its approval wrong.
    pub fn is_overturned(&self) -> bool {
        let verdict = self.review.as_ref().and_then(|review| review.verdict.as_ref());
        verdict.is_some_and(|opinion| opinion.verdict == Verdict::Overturn)
    }
}

impl FaceId {
    /// As Rekognition gave it.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id as it travels to Rekognition.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaceId(..)")
    }
}
