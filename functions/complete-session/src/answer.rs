//! What the client is told of a completed session: passed or not, what to do next and how to do better. Never a score, and not
//! which of several checks was missed.

use jiff::Timestamp;
use prooflight_shared::domain::{NextStep, Outcome, SessionNumber, SessionState, Verification};
use prooflight_shared::edge::{Answer, OwnerView};
use serde::Serialize;

#[derive(Serialize)]
struct CompletionBody<'a> {
    #[serde(flatten)]
    verification: OwnerView<'a>,
    session: &'static str,
    tips: &'a [String],
}

/// Rekognition needs a moment after the last chunk; asking once a second is early enough.
const PENDING_RETRY_SECONDS: u32 = 1;

/// 200: the first answer, however often it is asked for; only for how long the subject has to wait is of this moment.
pub(crate) fn ended(verification: &Verification, number: SessionNumber, retry_after_seconds: Option<u32>, now: Timestamp) -> Answer {
    let mut view = OwnerView::of(verification, now);
    let (session, tips) = match verification.session(number).map(|session| &session.state) {
        Some(SessionState::Decided(decided)) => {
            view.status = decided.status_after;
            view.attempts_left = decided.attempts_left_after;
            view.next_step = decided.status_after.next_step();
            (outcome(decided.outcome), decided.tips.as_slice())
        }
        // Lapsed; or superseded and left behind by a verification that is closed.
        _ => ("lapsed", &[][..]),
    };
    Answer::json(200, &CompletionBody { verification: view.limited(retry_after_seconds), session, tips })
}

/// 202: Rekognition is not done.
pub(crate) fn pending(verification: &Verification, now: Timestamp) -> Answer {
    let mut view = OwnerView::of(verification, now);
    view.next_step = NextStep::Wait;
    Answer::json(202, &CompletionBody { verification: view, session: "pending", tips: &[] }).retry_after(PENDING_RETRY_SECONDS)
}

/// Whether liveness, the face or the age was missed is not told apart.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::InReview => "in_review",
        Outcome::Failed | Outcome::Denied => "failed",
    }
}
