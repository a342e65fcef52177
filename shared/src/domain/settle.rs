//! What the passing of time alone does to a verification. It is applied at every read, so an expired verification reads as
//! expired before any clean-up has come by.

use super::{Reason, Session, SessionState, Status, Verification};
use jiff::{SignedDuration, Timestamp};

/// A session and its result are gone this long after it was created ("A `SessionId` expires 3 minutes after it's sent",
/// `API_CreateFaceLivenessSession`).
pub const SESSION_LIVES_FOR: SignedDuration = SignedDuration::from_secs(180);

/// When a session lapses without Rekognition's word: a little later, because our clock started before Rekognition's.
pub const SESSION_LAPSES_AFTER: SignedDuration = SignedDuration::from_secs(185);

/// How long a reservation that was not committed is picked up by whoever asks next; after that it would come with too little
/// of its time left, and a new one is made.
pub const RESUMABLE_FOR: SignedDuration = SignedDuration::from_secs(20);

/// Every verification takes new sessions for this long.
pub const VERIFICATION_LIVES_FOR: SignedDuration = SignedDuration::from_mins(30);

/// A verification in review that nobody looked at expires.
pub const IN_REVIEW_FOR: SignedDuration = SignedDuration::from_hours(72);

impl Verification {
    /// The verification as it stands at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut settled = self.clone();
        for session in settled.sessions.iter_mut().filter(|session| session.is_undecided()) {
            if session.age(now) >= SESSION_LAPSES_AFTER {
                session.state = SessionState::Lapsed;
            }
        }
        settled.close_if_due(now);
        settled
    }

    /// Denies what has no attempt left and expires what has run out of time; what is closed stays as it is.
    pub(super) fn close_if_due(&mut self, now: Timestamp) {
        match self.status {
            // A running session is waited for: a result that Rekognition will have is never cut off by the half hour.
            Status::Open if self.live_session().is_some() => {}
            Status::Open if self.attempts_left() == 0 => {
                self.denied_because = Some(Reason::AttemptsExhausted);
                self.close(Status::Denied, now);
            }
            Status::Open if now.duration_since(self.created_at) >= VERIFICATION_LIVES_FOR => self.close(Status::Expired, now),
            Status::InReview if now.duration_since(self.decided_at.unwrap_or(self.created_at)) >= IN_REVIEW_FOR => {
                self.close(Status::Expired, now);
            }
            Status::Open | Status::InReview | Status::Approved | Status::Denied | Status::Expired => {}
        }
    }

    pub(super) fn close(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.decided_at = Some(now);
    }
}

impl Session {
    /// How long ago it was reserved.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.created_at)
    }

    /// When Rekognition forgets it.
    pub fn expires_at(&self) -> Timestamp {
        self.created_at.checked_add(SESSION_LIVES_FOR).unwrap_or(Timestamp::MAX)
    }
}
