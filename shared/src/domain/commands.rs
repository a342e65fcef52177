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
    /// Nothing came of the reservation: one of those who were at it failed.
    GiveBack {
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
    /// The page that a link leads to takes the link's token for one of its own.
    ExchangeLink {
        /// Stands for what the page drew for it.
        by: String,
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
    /// What was withdrawn or overturned was looked for once more, and is gone.
    Removed,
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
        let changes = match command {
            Command::Reserve { nonce, supersede } => {
                let known = next.sessions.iter().any(|session| session.nonce == *nonce);
                if known || !next.make_way(*supersede, now)? {
                    return Ok(Change::Unchanged);
                }
                next.reserve(nonce.clone(), now)?;
                true
            }
            Command::Commit { number, session_id } => next.commit(*number, session_id, now)?,
            Command::ObserveStreaming { number } => match next.session_mut(*number) {
                Some(session) if session.state == SessionState::Issued => !std::mem::replace(&mut session.streamed, true),
                _ => false,
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
                true
            }
            Command::GiveBack { number } => {
                // INVARIANT: a session that somebody was answered is his, and counts. It may be the same reservation that another has
                // committed meanwhile.
                let reserved = |session: &Session| session.state == SessionState::Reserved;
                if self.status != Status::Open || !self.session(*number).is_some_and(reserved) {
                    return Ok(Change::Unchanged);
                }
                if let Some(session) = next.session_mut(*number) {
                    session.state = SessionState::Lapsed;
                }
                next.close_if_due(now, now);
                true
            }
            Command::Judge { number, decision, tips, superseded, sampled } => {
                // INVARIANT: what is closed never changes. A superseded session of a closed verification has nothing left to say.
                let awaits = |session: &Session| session.state == SessionState::Issued && session.superseded == *superseded;
                if next.status != Status::Open || !next.session(*number).is_some_and(awaits) {
                    return Ok(Change::Unchanged);
                }
                next.judge(*number, decision, tips, *sampled, now);
                true
            }
            Command::PinSource { sha256 } => match next.source.as_mut() {
                Some(source) if source.sha256.is_none() => source.sha256.replace(sha256.clone()).is_none(),
                _ => false,
            },
            Command::Await { awaited: Awaited::Verdict, .. } if next.status == Status::Open => return Err(Rejection::NotDecided),
            // Where the answer is there already, whoever asks gives it.
            Command::Await { token, awaited } => next.remember_waiting(token, *awaited),
            Command::ExchangeLink { by } => next.exchange_link(by, now)?,
            Command::Cancel => match next.status {
                Status::Open => {
                    next.close(Status::Expired, Some(Reason::Cancelled), now);
                    true
                }
                Status::Expired if next.closed_because == Some(Reason::Cancelled) => false,
                _ => return Err(Rejection::VerificationClosed),
            },
            Command::WithdrawConsent => next.withdraw_consent(now),
            Command::Claim { reviewer } => next.claim(reviewer, now)?,
            Command::Review(opinion) => next.take_opinion(opinion, now)?,
            Command::Question { because } => next.ask_for_quality(&[*because], now),
            Command::Erase => {
                let open = matches!(next.status, Status::Open | Status::InReview);
                if open {
                    next.close(Status::Expired, Some(Reason::Erased), now);
                }
                open
            }
            Command::Removed => next.removal_due.take_if(|due| *due <= now).is_some(),
            Command::Settle => next != *self,
        };
        Ok(if changes { Change::Changed(Box::new(next)) } else { Change::Unchanged })
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
        self.look_again(now);
        true
    }
}
