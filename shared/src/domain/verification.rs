//! One verification: the question whether a subject is live, with the sessions in which it was tried to answer it. This is the
//! whole document that is stored, loaded and replaced as one.

use super::identifiers::hex;
use super::{
    ClientAccess, Consent, DeviceKey, Nonce, Outcome, Owner, Reason, Review, SessionId, SessionNumber, SourcePicture, SubjectKey,
    TaskToken, Terms, VerificationId,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The document. Read it through [`Verification::at`], which applies the passing of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Its name.
    pub id: VerificationId,
    /// Who is verified, and may reach it with his own token.
    pub owner: Owner,
    /// Stands for the subject in indexes and limits.
    pub subject_key: SubjectKey,
    /// What it asks for.
    pub terms: Terms,
    /// Where it stands.
    pub status: Status,
    /// Why it was denied or expired.
    pub closed_because: Option<Reason>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it left `open`, or went from `in_review` to where it stands.
    pub decided_at: Option<Timestamp>,
    /// An opaque hint of the client, never trusted alone.
    pub device_id: Option<String>,
    /// Stands for the device where failures are counted.
    pub device_key: Option<DeviceKey>,
    /// What the service that opened it calls it.
    pub external_reference: Option<String>,
    /// The picture that the face is compared with.
    pub source: Option<SourcePicture>,
    /// The consent that was given.
    pub consent: Option<Consent>,
    /// When the subject took it back, and with it the right to keep the images.
    pub withdrawn_at: Option<Timestamp>,
    /// When what was withdrawn or overturned is looked for once more: a removal that was cut off, and whatever was on its way.
    #[serde(default)]
    pub removal_due: Option<Timestamp>,
    /// The caller's own short notes.
    pub metadata: BTreeMap<String, String>,
    /// SHA-256 of the body that opened it: the same Idempotency-Key with another body is refused.
    pub opening_digest: String,
    /// In the order of their numbers.
    pub sessions: Vec<Session>,
    /// What reviewers are asked and have said.
    pub review: Option<Review>,
    /// The steps of workflows that wait until the status changes.
    #[serde(default)]
    pub waiting: Vec<TaskToken>,
    /// The tokens that people without an account come with.
    #[serde(default)]
    pub client_access: Option<ClientAccess>,
}

/// `open -> approved, denied, in_review or expired`; `in_review -> approved, denied or expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for a session that passes.
    Open,
    /// Shown to be live, as the policy asks.
    Approved,
    /// Every allowed session failed, or a reviewer said no.
    Denied,
    /// A person has to look.
    InReview,
    /// Not answered in time.
    Expired,
}

/// One Rekognition session inside a verification: `reserved -> issued -> decided or lapsed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its place in the verification.
    pub number: SessionNumber,
    /// Drawn when it was reserved.
    pub nonce: Nonce,
    /// When it was reserved: the 180 seconds run from here.
    pub created_at: Timestamp,
    /// When it was issued: the invocation's time, a moment before Rekognition created it.
    #[serde(default)]
    pub issued_at: Option<Timestamp>,
    /// Rekognition's name for it, from `issued` on.
    pub session_id: Option<SessionId>,
    /// Somebody was seen streaming into it.
    pub streamed: bool,
    /// A newer session took its place: it is still collected and counted, but cannot approve.
    pub superseded: bool,
    /// How far it has come.
    pub state: SessionState,
}

/// How far a session has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at", content = "with")]
pub enum SessionState {
    /// The attempt is counted; Rekognition has not been heard yet.
    Reserved,
    /// The subject has its id.
    Issued,
    /// Judged.
    Decided(DecidedSession),
    /// Ended without a result.
    Lapsed,
}

/// The first answer to a completion, which every later one repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecidedSession {
    /// How it was judged.
    pub outcome: Outcome,
    /// Where the verification stood then.
    pub status_after: Status,
    /// How many attempts were left then.
    #[serde(default)]
    pub attempts_left_after: u8,
    /// Advice for the subject.
    pub tips: Vec<String>,
    /// [`Evidence::digest`](super::Evidence::digest) of what was judged.
    #[serde(default)]
    pub evidence_digest: String,
}

/// What the subject can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// Nothing.
    None,
    /// Ask for a new session, or open a new verification.
    Retry,
    /// Prove it in another way.
    Alternative,
    /// Wait for a person.
    Wait,
}

impl Status {
    /// What follows from it for the subject.
    pub fn next_step(self) -> NextStep {
        match self {
            Self::Open | Self::Expired => NextStep::Retry,
            Self::Approved => NextStep::None,
            Self::Denied => NextStep::Alternative,
            Self::InReview => NextStep::Wait,
        }
    }

    /// From a request; none for a word that is no status.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Approved, Self::Denied, Self::InReview, Self::Expired].into_iter().find(|status| status.as_str() == text)
    }

    /// As it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::InReview => "in_review",
            Self::Expired => "expired",
        }
    }
}

impl Session {
    /// Whether it may still end one way or the other.
    pub fn is_undecided(&self) -> bool {
        matches!(self.state, SessionState::Reserved | SessionState::Issued)
    }

    /// Whether it is the one that the subject is working with.
    pub fn is_live(&self) -> bool {
        self.is_undecided() && !self.superseded
    }
}

impl Verification {
    /// The session that the subject is working with. INVARIANT: there is at most one.
    pub fn live_session(&self) -> Option<&Session> {
        self.sessions.iter().find(|session| session.is_live())
    }

    /// The session of that number.
    pub fn session(&self, number: SessionNumber) -> Option<&Session> {
        self.sessions.iter().find(|session| session.number == number)
    }

    /// The session that Rekognition knows under that id.
    pub fn session_by_id(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.session_id.as_ref() == Some(id))
    }

    /// Whether that session was judged, and has a record.
    pub fn has_judged(&self, number: SessionNumber) -> bool {
        self.session(number).is_some_and(|session| matches!(session.state, SessionState::Decided(_)))
    }

    /// Whether a completion that is under way may still judge that session. Where it cannot, it meets the document as it is now, and
    /// removes the images that it has stored.
    pub fn may_judge(&self, number: SessionNumber) -> bool {
        self.status == Status::Open && self.session(number).is_some_and(Session::is_undecided)
    }

    /// Names exactly the evidence that there is: SHA-256 over the digests of all judged sessions, lower-case hexadecimal.
    pub fn evidence_tag(&self) -> String {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(self.id.as_str().as_bytes());
        for session in &self.sessions {
            if let SessionState::Decided(decided) = &session.state {
                context.update(&[session.number.0]);
                context.update(decided.evidence_digest.as_bytes());
            }
        }
        hex(context.finish().as_ref())
    }

    /// Whether the images of that session are still there to be looked at. S3 counts the days from a moment after the session was
    /// created, to the next midnight, so until then none has gone by itself; with the consent they are removed at once.
    pub fn keeps_images(&self, session: &Session, now: Timestamp) -> bool {
        let kept = SignedDuration::from_hours(24 * i64::from(self.terms.images_kept_days));
        self.withdrawn_at.is_none() && session.age(now) < kept
    }

    /// Seconds since the epoch after which the record may be deleted.
    pub fn records_kept_until(&self) -> i64 {
        self.created_at.as_second() + i64::from(self.terms.records_kept_days) * 86_400
    }
}
