//! How attempts are counted: when a session is reserved, and given back when it passes or was never used.

use super::{Attempt, AttemptState, Outcome, Session, SessionNumber, SessionState, Verification};

/// No honest subject needs more, whatever became of the sessions: it bounds the document and what a verification can cost.
const MOST_SESSIONS: usize = 24;

impl Verification {
    /// The sessions that may still fail, the running one included.
    pub fn attempts_left(&self) -> u8 {
        self.terms.sessions.saturating_sub(self.attempts_spent())
    }

    /// Whether another session can be made at all. Reservations that came to nothing are errors of ours and do not count.
    pub(super) fn has_room(&self) -> bool {
        self.sessions.iter().filter(|session| session.session_id.is_some()).count() < MOST_SESSIONS
    }

    /// The attempts that are settled where this, as it was stored, is replaced by `next`.
    pub fn settled_by(&self, next: &Self) -> Vec<(SessionNumber, Attempt)> {
        let settled = |session: &Session| {
            let state = session.attempt_state();
            let before = self.session(session.number).map_or(AttemptState::Held, Session::attempt_state);
            (state != before).then_some((session.number, Attempt { at: session.created_at, state }))
        };
        next.sessions.iter().filter_map(settled).collect()
    }

    fn attempts_spent(&self) -> u8 {
        let spent = self.sessions.iter().filter(|session| session.is_spent()).count();
        u8::try_from(spent).unwrap_or(u8::MAX)
    }
}

impl Session {
    /// How the limits over all verifications see it.
    fn attempt_state(&self) -> AttemptState {
        match self.is_spent() {
            true => AttemptState::Failed,
            false if self.is_undecided() => AttemptState::Held,
            false if self.session_id.is_none() => AttemptState::Unissued,
            false => AttemptState::GivenBack,
        }
    }

    /// A session that failed uses an attempt, and so does one that lapsed or was superseded after streaming began. One that
    /// was never streamed, and errors of ours or Rekognition's, do not.
    fn is_spent(&self) -> bool {
        match &self.state {
            SessionState::Reserved | SessionState::Issued => self.superseded,
            SessionState::Decided(decided) => matches!(decided.outcome, Outcome::Failed | Outcome::Denied),
            SessionState::Lapsed => self.streamed || self.superseded,
        }
    }
}
