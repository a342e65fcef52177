//! What can be done to a verification, and the one function that does it. `apply` is total and idempotent: the same command
//! applied to what it made changes nothing, so a write whose answer was lost is simply tried again.

use super::{
    Awaited, Decision, Nonce, Opinion, Owner, Reason, Rejection, Session, SessionId, SessionNumber, SessionState, Status, TaskToken,
    Verification,
};
use jiff::Timestamp;

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
        /// Drawn for a later look at its quality, should it be approved.
        sampled: bool,
    },
    /// The source picture as it was at first use.
    PinSource {
        /// SHA-256 of its bytes, lower-case hexadecimal.
        sha256: String,
    },
    /// A step of a workflow waits for the answer.
    Await {
        /// What resumes it.
        token: TaskToken,
        /// Which answer.
        awaited: Awaited,
    },
    /// Nobody wants to know any more.
    Cancel,
    /// The subject takes the consent back.
    WithdrawConsent,
    /// A reviewer takes hold of the review.
    Claim {
        /// Who.
        reviewer: Owner,
    },
    /// A reviewer has made up his mind.
    Review(Opinion),
    /// Something that was found later makes an approval questionable.
    Question {
        /// What.
        because: Reason,
    },
    /// Everything about the subject is being removed, this last.
    Erase,
    /// What time has done is written down.
    Settle,
}

/// The effect of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It had been applied before, or there is nothing left to apply it to.
    Unchanged,
    /// The document to be written.
    Changed(Box<Verification>),
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
            Command::Judge { number, decision, tips, superseded, sampled } => {
                // INVARIANT: what is closed never changes. A superseded session of a closed verification has nothing left to say.
                let awaits = |session: &Session| session.state == SessionState::Issued && session.superseded == *superseded;
                if next.status != Status::Open || !next.session(*number).is_some_and(awaits) {
                    return Ok(Change::Unchanged);
                }
                next.judge(*number, decision, tips, *sampled, now);
            }
            Command::PinSource { sha256 } => match next.source.as_mut() {
                Some(source) if source.sha256.is_none() => source.sha256 = Some(sha256.clone()),
                _ => return Ok(Change::Unchanged),
            },
            Command::Await { token, awaited } => {
                if *awaited == Awaited::Verdict && next.status == Status::Open {
                    return Err(Rejection::NotDecided);
                }
                // Where the answer is there already, whoever asks gives it.
                if !next.remember_waiting(token, *awaited) {
                    return Ok(Change::Unchanged);
                }
            }
            Command::Cancel => match next.status {
                Status::Open => next.close(Status::Expired, Some(Reason::Cancelled), now),
                Status::Expired if next.closed_because == Some(Reason::Cancelled) => return Ok(Change::Unchanged),
                _ => return Err(Rejection::VerificationClosed),
            },
            Command::WithdrawConsent => {
                if !next.withdraw_consent(now) {
                    return Ok(Change::Unchanged);
                }
            }
            Command::Claim { reviewer } => {
                if !next.claim(reviewer, now)? {
                    return Ok(Change::Unchanged);
                }
            }
            Command::Review(opinion) => {
                if !next.take_opinion(opinion, now)? {
                    return Ok(Change::Unchanged);
                }
            }
            Command::Question { because } => {
                if !next.ask_for_quality(&[*because], now) {
                    return Ok(Change::Unchanged);
                }
            }
            Command::Erase => match next.status {
                Status::Open | Status::InReview => next.close(Status::Expired, Some(Reason::Erased), now),
                Status::Approved | Status::Denied | Status::Expired => return Ok(Change::Unchanged),
            },
            Command::Settle => {
                if next == *self {
                    return Ok(Change::Unchanged);
                }
            }
        }
        Ok(Change::Changed(Box::new(next)))
    }

    /// True unless it was taken back before.
    fn withdraw_consent(&mut self, now: Timestamp) -> bool {
        if matches!(self.status, Status::Open | Status::InReview) {
            self.close(Status::Expired, Some(Reason::ConsentWithdrawn), now);
        }
        if self.withdrawn_at.is_some() {
            return false;
        }
        self.withdrawn_at = Some(now);
        true
    }
}
