//! What the client is told of a completed session: passed or not, what to do next and how to do better. Never a score, and not
//! which of several checks was missed.

use prooflight_shared::domain::{NextStep, Outcome, SessionNumber, SessionState, Status, Verification};
use prooflight_shared::edge::Answer;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CompletionBody<'a> {
    verification_id: &'a str,
    status: Status,
    policy: &'a str,
    policy_version: &'a str,
    session: &'static str,
    attempts_left: u8,
    next_step: NextStep,
    tips: &'a [String],
}

/// Rekognition needs a moment after the last chunk; asking once a second is early enough.
const PENDING_RETRY_SECONDS: u32 = 1;

/// 200: the first answer, however often it is asked for.
pub(crate) fn ended(verification: &Verification, number: SessionNumber) -> Answer {
    let lapsed = CompletionBody::of(verification, "lapsed");
    let body = match verification.session(number).map(|session| &session.state) {
        Some(SessionState::Decided(decided)) => CompletionBody {
            status: decided.status_after,
            session: outcome(decided.outcome),
            attempts_left: decided.attempts_left_after,
            next_step: decided.status_after.next_step(),
            tips: &decided.tips,
            ..lapsed
        },
        // Lapsed; or superseded and left behind by a verification that is closed.
        _ => lapsed,
    };
    Answer::json(200, &body)
}

/// 202: Rekognition is not done.
pub(crate) fn pending(verification: &Verification) -> Answer {
    let body = CompletionBody { next_step: NextStep::Wait, ..CompletionBody::of(verification, "pending") };
    Answer::json(202, &body).retry_after(PENDING_RETRY_SECONDS)
}

impl<'a> CompletionBody<'a> {
    fn of(verification: &'a Verification, session: &'static str) -> Self {
        Self {
            verification_id: verification.id.as_str(),
            status: verification.status,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            session,
            attempts_left: verification.attempts_left(),
            next_step: verification.status.next_step(),
            tips: &[],
        }
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::InReview => "in_review",
        Outcome::Failed => "failed",
    }
}
