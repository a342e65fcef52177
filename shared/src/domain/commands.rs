//! What can be done to a verification, and the one function that does it. `apply` is total and idempotent: the same command
//! applied to what it made changes nothing, so a write whose answer was lost is simply tried again.

use super::{
    Consent, DecidedSession, Decision, Nonce, Outcome, Owner, RESUMABLE_FOR, Rejection, Session, SessionId, SessionNumber, SessionState,
    Status, Terms, Verification, VerificationId,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Something that is done to a verification.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Counts an attempt and makes room for its session.
    Reserve {
        /// Drawn for this attempt.
        nonce: Nonce,
        /// The live session that was found to be streamed into, or left so by a browser that went away: it may still yield a
        /// result, which cannot approve. Another live session by now wins.
        supersede: Option<SessionNumber>,
    },
    /// Rekognition's id for a reserved session.
    Commit {
        /// Which session.
        number: SessionNumber,
        /// Rekognition's name for it.
        session_id: SessionId,
    },
    /// Somebody was seen streaming.
    ObserveStreaming {
        /// Which session.
        number: SessionNumber,
    },
    /// The session ended without a result.
    Lapse {
        /// Which session.
        number: SessionNumber,
    },
    /// The session's evidence was judged.
    Judge {
        /// Which session.
        number: SessionNumber,
        /// The judgement.
        decision: Decision,
        /// Advice for the subject.
        tips: Vec<String>,
        /// What was known of the session when it was judged; if it was superseded meanwhile, it has to be judged again.
        superseded: bool,
    },
}

/// The effect of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It had been applied before, or there is nothing left to apply it to.
    Unchanged,
    /// The document to be written.
    Changed(Box<Verification>),
}

/// What a new verification is made of.
#[derive(Debug, Clone)]
pub struct OpenVerification {
    /// Its name.
    pub id: VerificationId,
    /// Who opens it.
    pub owner: Owner,
    /// Its policy's values.
    pub terms: Terms,
    /// The first session's nonce.
    pub nonce: Nonce,
    /// The client's device hint.
    pub device_id: Option<String>,
    /// The consent that came with it.
    pub consent: Option<Consent>,
    /// The caller's notes.
    pub metadata: BTreeMap<String, String>,
    /// SHA-256 of the request's body.
    pub opening_digest: String,
}

impl OpenVerification {
    /// The verification with its first session reserved.
    pub fn at(self, now: Timestamp) -> Verification {
        let first = Session::reserved(SessionNumber(1), self.nonce, now);
        Verification {
            id: self.id,
            owner: self.owner,
            terms: self.terms,
            status: Status::Open,
            denied_because: None,
            created_at: now,
            decided_at: None,
            device_id: self.device_id,
            consent: self.consent,
            metadata: self.metadata,
            opening_digest: self.opening_digest,
            sessions: vec![first],
        }
    }
}

impl Verification {
    /// Applies `command` to what `self` is at `now`.
    pub fn apply(&self, command: &Command, now: Timestamp) -> Result<Change, Rejection> {
        let mut next = self.at(now);
        match command {
            Command::Reserve { nonce, supersede } => {
                if next.sessions.iter().any(|session| session.nonce == *nonce) {
                    return Ok(Change::Unchanged);
                }
                if !next.make_way(*supersede, now)? {
                    return Ok(Change::Unchanged);
                }
                next.reserve(nonce.clone(), now)?;
            }
            Command::Commit { number, session_id } => {
                let session = next.session_mut(*number).ok_or(Rejection::SessionGone)?;
                match session.state {
                    SessionState::Reserved if !session.superseded => {}
                    // The same token got the same session from Rekognition: whoever came first has written it.
                    SessionState::Issued if session.session_id.as_ref() == Some(session_id) => return Ok(Change::Unchanged),
                    _ => return Err(Rejection::SessionGone),
                }
                session.session_id = Some(session_id.clone());
                session.issued_at = Some(now);
                session.state = SessionState::Issued;
            }
            Command::ObserveStreaming { number } => match next.session_mut(*number) {
                Some(session) if session.state == SessionState::Issued && !session.streamed => session.streamed = true,
                _ => return Ok(Change::Unchanged),
            },
            Command::Lapse { number } => {
                // Looked at before the passing of time is applied: a session that time alone has ended is written as such.
                if self.status != Status::Open || !self.session(*number).is_some_and(Session::is_undecided) {
                    return Ok(Change::Unchanged);
                }
                if let Some(session) = next.session_mut(*number) {
                    session.state = SessionState::Lapsed;
                }
                next.close_if_due(now, now);
            }
            Command::Judge { number, decision, tips, superseded } => {
                // INVARIANT: what is closed never changes. A superseded session of a closed verification has nothing left to say.
                let awaits = |session: &Session| session.state == SessionState::Issued && session.superseded == *superseded;
                if next.status != Status::Open || !next.session(*number).is_some_and(awaits) {
                    return Ok(Change::Unchanged);
                }
                next.judge(*number, decision, tips, now);
            }
        }
        Ok(Change::Changed(Box::new(next)))
    }

    /// Makes way for a new session. False when one is live that the caller has not looked at: he has to look again.
    fn make_way(&mut self, supersede: Option<SessionNumber>, now: Timestamp) -> Result<bool, Rejection> {
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

    fn reserve(&mut self, nonce: Nonce, now: Timestamp) -> Result<(), Rejection> {
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

    fn judge(&mut self, number: SessionNumber, decision: &Decision, tips: &[String], now: Timestamp) {
        match decision.outcome {
            Outcome::Passed => self.close(Status::Approved, now),
            Outcome::InReview => self.close(Status::InReview, now),
            Outcome::Failed => {}
        }
        if let Some(session) = self.session_mut(number) {
            session.streamed = true;
            session.state = SessionState::Decided(DecidedSession {
                outcome: decision.outcome,
                status_after: Status::Open,
                attempts_left_after: 0,
                tips: tips.to_vec(),
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

    fn session_mut(&mut self, number: SessionNumber) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.number == number)
    }
}

impl Session {
    fn reserved(number: SessionNumber, nonce: Nonce, now: Timestamp) -> Self {
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
