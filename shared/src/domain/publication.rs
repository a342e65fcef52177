//! What the rest of the world is told of a change: an event, and the answer to whoever waits. Both follow from the document before and
//! after it alone, so that a change that is delivered again tells the same.

use super::{Reason, Status, TaskAnswer, TaskToken, Verification, VerificationId};
use jiff::Timestamp;
use serde::Serialize;

/// One write of a verification's document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentWrite<'a> {
    /// As it was stored; none where it is new.
    pub before: Option<&'a Verification>,
    /// As it is stored now; none where it was removed.
    pub after: Option<&'a Verification>,
    /// Counts the writes of one document.
    pub sequence: u64,
    /// When the table took it.
    pub at: Timestamp,
}

/// What follows from one write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// The steps that have waited for it.
    pub waited: Vec<TaskToken>,
    /// What they are told.
    pub answer: Option<TaskAnswer>,
    /// What everybody is told.
    pub event: Option<Event>,
}

/// An event. INVARIANT: no score, image, session id, face or subject is in it, and nothing that the caller wrote but his own reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What happened; it travels beside the rest.
    #[serde(skip)]
    pub kind: EventKind,
    /// When; it travels beside the rest as well.
    pub occurred_at: Timestamp,
    /// Raised when a field changes its meaning or goes; a new one may appear without.
    pub schema_version: u8,
    /// The same however often the event arrives: verification and sequence.
    pub event_id: String,
    /// Rises with every event of one verification, with gaps.
    pub sequence: u64,
    /// Which verification.
    pub verification_id: VerificationId,
    /// What is told of it, unless it is gone.
    #[serde(flatten)]
    pub told: Option<Told>,
}

/// The verification as an event tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Where it stands.
    pub status: Status,
    /// The policy's name.
    pub policy: String,
    /// The policy's version.
    pub policy_version: String,
    /// What the service that opened it calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
    /// Why it was closed as it was, where that is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// What can happen to a verification, as far as others are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// It was opened.
    Opened,
    /// It is closed: approved, denied or expired.
    Decided,
    /// A person has to look.
    InReview,
    /// A reviewer has found its approval wrong. The status stays.
    Overturned,
    /// It was removed with everything about its subject.
    Erased,
}

const SCHEMA_VERSION: u8 = 1;

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Opened, Self::Decided, Self::InReview, Self::Overturned, Self::Erased];

    /// The event's `detail-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "VerificationOpened",
            Self::Decided => "VerificationDecided",
            Self::InReview => "VerificationInReview",
            Self::Overturned => "VerificationOverturned",
            Self::Erased => "VerificationErased",
        }
    }
}

impl Publication {
    /// What follows from a write. The removal of a document whose time to live is over is none.
    pub fn of(write: DocumentWrite<'_>) -> Self {
        let answer = write.answer();
        let waited = write.before.filter(|_| answer.is_some()).map(|before| before.waiting.clone()).unwrap_or_default();
        Self { answer: answer.filter(|_| !waited.is_empty()), waited, event: write.event() }
    }
}

impl DocumentWrite<'_> {
    /// INVARIANT: whoever waits is in the document until the very write that ends his wait.
    fn answer(&self) -> Option<TaskAnswer> {
        match (self.before, self.after) {
            (Some(before), Some(after)) => (before.status != after.status).then(|| after.task_answer()),
            // An erasure closes a document before it removes it; somebody who removes one by hand does not.
            (Some(before), None) => {
                let erased = Verification { status: Status::Expired, closed_because: Some(Reason::Erased), ..before.clone() };
                Some(erased.task_answer())
            }
            (None, _) => None,
        }
    }

    fn event(&self) -> Option<Event> {
        match (self.before, self.after) {
            (None, Some(after)) => Some(self.told(EventKind::Opened, after, after.created_at)),
            (Some(before), Some(after)) if before.status != after.status => {
                let kind = if after.status == Status::InReview { EventKind::InReview } else { EventKind::Decided };
                // Closed to be removed: that is no decision, and the removal is told.
                let to_be_removed = after.closed_because == Some(Reason::Erased);
                (!to_be_removed).then(|| self.told(kind, after, after.decided_at.unwrap_or(self.at)))
            }
            (Some(before), Some(after)) if after.is_overturned() && !before.is_overturned() => {
                let verdict = after.review.as_ref().and_then(|review| review.verdict.as_ref());
                Some(self.told(EventKind::Overturned, after, verdict.map_or(self.at, |opinion| opinion.at)))
            }
            (Some(before), None) => Some(self.bare(EventKind::Erased, before, self.at)),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    fn told(&self, kind: EventKind, verification: &Verification, occurred_at: Timestamp) -> Event {
        let told = Told {
            status: verification.status,
            policy: verification.terms.name.clone(),
            policy_version: verification.terms.version.clone(),
            external_reference: verification.external_reference.clone(),
            reasons: verification.closed_because.into_iter().collect(),
        };
        Event { told: Some(told), ..self.bare(kind, verification, occurred_at) }
    }

    fn bare(&self, kind: EventKind, verification: &Verification, occurred_at: Timestamp) -> Event {
        Event {
            kind,
            occurred_at,
            schema_version: SCHEMA_VERSION,
            event_id: format!("{}#{}", verification.id, self.sequence),
            sequence: self.sequence,
            verification_id: verification.id.clone(),
            told: None,
        }
    }
}
