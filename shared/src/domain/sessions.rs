//! What happens to the sessions of a verification: one is made room for and reserved, and in the end it is judged.

use super::{
    DecidedSession, Decision, Nonce, Outcome, RESUMABLE_FOR, Rejection, Session, SessionId, SessionNumber, SessionState, Status,
    Verification,
};
use jiff::Timestamp;

impl Verification {
    /// Makes way for a new session. False when one is live that the caller has not looked at: he has to look again.
    pub(super) fn make_way(&mut self, supersede: Option<SessionNumber>, now: Timestamp) -> Result<bool, Rejection> {
        if self.status != Status::Open {
            return Err(Rejection::VerificationClosed);
        }
        let attempts_left = self.attempts_left();
        let Some(live) = self.sessions.iter_mut().find(|session| session.is_live()) else { return Ok(true) };
        match live.state {
            // A reservation that nobody committed in time gives way; its attempt was never used.
            SessionState::Reserved if live.age(now) >= RESUMABLE_FOR => live.state = SessionState::Lapsed,
            SessionState::Issued if supersede == Some(live.number) => {
                if attempts_left <= 1 {
                    return Err(Rejection::SessionInProgress);
                }
                live.superseded = true;
                live.streamed = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn reserve(&mut self, nonce: Nonce, now: Timestamp) -> Result<(), Rejection> {
        // With nothing running any more, half an hour may be over.
        self.close_if_due(now, now);
        if self.status != Status::Open {
            return Err(Rejection::VerificationClosed);
        }
        if !self.has_room() {
            return Err(Rejection::TooManySessions);
        }
        let number = SessionNumber(self.sessions.last().map_or(0, |last| last.number.0).saturating_add(1));
        self.sessions.push(Session::reserved(number, nonce, now));
        Ok(())
    }

    /// Takes Rekognition's name for a reserved session. True unless whoever came first has written it: the same token got the same
    /// session.
    pub(super) fn commit(&mut self, number: SessionNumber, session_id: &SessionId, now: Timestamp) -> Result<bool, Rejection> {
        // Closed between the reservation and now: nobody streams for what nobody waits for.
        if self.status != Status::Open {
            return Err(Rejection::VerificationClosed);
        }
        let session = self.session_mut(number).ok_or(Rejection::SessionGone)?;
        match session.state {
            SessionState::Reserved if !session.superseded => {}
            SessionState::Issued if session.session_id.as_ref() == Some(session_id) => return Ok(false),
            _ => return Err(Rejection::SessionGone),
        }
        session.session_id = Some(session_id.clone());
        session.issued_at = Some(now);
        session.state = SessionState::Issued;
        Ok(true)
    }

    pub(super) fn judge(&mut self, number: SessionNumber, decision: &Decision, tips: &[String], sampled: bool, now: Timestamp) {
        match decision.outcome {
            Outcome::Passed => self.close(Status::Approved, None, now),
            Outcome::InReview => {
                self.close(Status::InReview, None, now);
                self.ask_for_decision(&decision.reasons, now);
            }
            Outcome::Denied => self.close(Status::Denied, decision.reasons.first().copied(), now),
            Outcome::Failed => {}
        }
        if sampled {
            self.ask_for_quality(&[], now);
        }
        if let Some(session) = self.session_mut(number) {
            session.streamed = true;
            session.state = SessionState::Decided(DecidedSession {
                outcome: decision.outcome,
                status_after: Status::Open,
                attempts_left_after: 0,
                tips: tips.to_vec(),
                evidence_digest: decision.evidence_digest.clone(),
            });
        }
        // The failed session is counted by now, so the last one denies; the answer that is kept says how things stand after that.
        self.close_if_due(now, now);
        let (status, attempts_left) = (self.status, self.attempts_left());
        if let Some(Session { state: SessionState::Decided(decided), .. }) = self.session_mut(number) {
            decided.status_after = status;
            decided.attempts_left_after = attempts_left;
        }
    }

    pub(super) fn session_mut(&mut self, number: SessionNumber) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.number == number)
    }
}

impl Session {
    pub(super) fn reserved(number: SessionNumber, nonce: Nonce, now: Timestamp) -> Self {
        Self {
            number,
            nonce,
            created_at: now,
            issued_at: None,
            session_id: None,
            streamed: false,
            superseded: false,
            state: SessionState::Reserved,
        }
    }
}
