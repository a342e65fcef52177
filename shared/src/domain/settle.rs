//! What the passing of time alone does to a verification. It is applied at every read, so an expired verification reads as
//! expired before any clean-up has come by.

use super::time::after;
use super::{Reason, Session, SessionState, Status, Verification};
use jiff::{SignedDuration, Timestamp};
use std::cmp::max;

/// A session and its result are gone this long after it was created ("A `SessionId` expires 3 minutes after it's sent",
/// `API_CreateFaceLivenessSession`).
pub const SESSION_LIVES_FOR: SignedDuration = SignedDuration::from_secs(180);

/// When a session lapses without Rekognition's word, counted from the invocation that had it created: a little later than
/// Rekognition forgets it.
pub const SESSION_LAPSES_AFTER: SignedDuration = SignedDuration::from_secs(185);

/// How long a reservation that was not committed is picked up by whoever asks next; after that it would come with too little
/// of its time left, and a new one is made.
pub const RESUMABLE_FOR: SignedDuration = SignedDuration::from_secs(20);

/// A check takes about ten seconds; with less than this left, a session that nobody has used is not handed out again.
const CHECK_TAKES: SignedDuration = SignedDuration::from_secs(30);

/// Every verification takes new sessions for this long.
pub const VERIFICATION_LIVES_FOR: SignedDuration = SignedDuration::from_mins(30);

/// A second look for what is to be gone: by then every invocation that could have written it has ended.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// A verification in review that nobody looked at expires.
pub const IN_REVIEW_FOR: SignedDuration = SignedDuration::from_hours(72);

impl Verification {
    /// The verification as it stands at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut settled = self.clone();
        let mut ended_at = self.created_at;
        for session in settled.sessions.iter_mut().filter(|session| session.is_undecided() && session.lapses_at() <= now) {
            session.state = SessionState::Lapsed;
            ended_at = max(ended_at, session.lapses_at());
        }
        // It closes at the moment at which it was due, however much later somebody looks.
        let due = match settled.status {
            Status::InReview => after(settled.decided_at.unwrap_or(settled.created_at), IN_REVIEW_FOR),
            _ if settled.attempts_left() == 0 => ended_at,
            _ => max(ended_at, after(settled.created_at, VERIFICATION_LIVES_FOR)),
        };
        settled.close_if_due(now, due);
        settled
    }

    /// Denies what has no attempt left and expires what has run out of time, as of `due`; what is closed stays as it is.
    pub(super) fn close_if_due(&mut self, now: Timestamp, due: Timestamp) {
        match self.status {
            // A running session is waited for: a result that Rekognition will have is never cut off by the half hour.
            Status::Open if self.live_session().is_some() => {}
            Status::Open if self.attempts_left() == 0 => {
                self.close(Status::Denied, Some(Reason::AttemptsExhausted), due);
            }
            Status::Open if now >= after(self.created_at, VERIFICATION_LIVES_FOR) => {
                self.close(Status::Expired, Some(Reason::TimedOut), due);
            }
            Status::InReview if now >= after(self.decided_at.unwrap_or(self.created_at), IN_REVIEW_FOR) => {
                self.close(Status::Expired, Some(Reason::TimedOut), due);
            }
            Status::Open | Status::InReview | Status::Approved | Status::Denied | Status::Expired => {}
        }
    }

    pub(super) fn close(&mut self, status: Status, because: Option<Reason>, now: Timestamp) {
        self.status = status;
        // Whoever waited for this is told by the write that makes it so (`Publication`); a used token is of no use to anybody.
        self.waiting.clear();
        self.closed_because = because;
        self.decided_at = Some(now);
    }

    /// When clean-up comes for it next; none for what is closed and has nothing to be removed.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.changes_at().into_iter().chain(self.removal_due).min()
    }

    /// Has what was withdrawn or overturned looked for once more, when whoever was at it has ended.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        self.removal_due = Some(after(now, LOOK_AGAIN_AFTER));
    }

    /// When the passing of time changes it next.
    fn changes_at(&self) -> Option<Timestamp> {
        match self.status {
            Status::Open => {
                let lapses = self.sessions.iter().filter(|session| session.is_undecided()).map(Session::lapses_at).min();
                Some(lapses.unwrap_or_else(|| after(self.created_at, VERIFICATION_LIVES_FOR)))
            }
            Status::InReview => Some(after(self.decided_at.unwrap_or(self.created_at), IN_REVIEW_FOR)),
            Status::Approved | Status::Denied | Status::Expired => None,
        }
    }

    /// Until when it takes new sessions.
    pub fn expires_at(&self) -> Timestamp {
        after(self.created_at, VERIFICATION_LIVES_FOR)
    }
}

impl Session {
    /// How long ago it was reserved.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.created_at)
    }

    /// Until when the subject can use it: the moment at which Rekognition forgets it, or a little before.
    pub fn expires_at(&self) -> Timestamp {
        after(self.created_at, SESSION_LIVES_FOR)
    }

    /// When it has ended in any case. A reservation that was picked up was created at Rekognition later than it was made.
    pub fn lapses_at(&self) -> Timestamp {
        after(self.issued_at.unwrap_or(self.created_at), SESSION_LAPSES_AFTER)
    }

    /// How long ago it was issued, and so about how old Rekognition's session is.
    pub fn age_since_issue(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.issued_at.unwrap_or(self.created_at))
    }

    /// Whether a check that begins now can be over before the session is.
    pub fn is_worth_starting(&self, now: Timestamp) -> bool {
        now < after(self.created_at, SESSION_LIVES_FOR - CHECK_TAKES)
    }
}
