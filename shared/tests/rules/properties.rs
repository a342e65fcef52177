//! The invariants of a verification over any sequence of commands and any passing of time.

use crate::sample::{after, commit, give_back, judge, lapse, observe, opened, reserve};
use prooflight_shared::domain::{Change, Command, Outcome, SessionState, Status, Verification};
use proptest::prelude::*;

/// What somebody does next; numbers are taken modulo what exists, so that every sequence means something.
#[derive(Debug, Clone)]
enum Step {
    Wait(u16),
    Reserve { supersede: bool },
    Commit(u8),
    Observe(u8),
    Lapse(u8),
    GiveBack(u8),
    Judge(u8, f32),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..400_u16).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(|supersede| Step::Reserve { supersede }),
        4 => any::<u8>().prop_map(Step::Commit),
        2 => any::<u8>().prop_map(Step::Observe),
        1 => any::<u8>().prop_map(Step::Lapse),
        1 => any::<u8>().prop_map(Step::GiveBack),
        3 => (any::<u8>(), 0.0..=100.0_f32).prop_map(|(number, confidence)| Step::Judge(number, confidence)),
    ]
}

fn command(verification: &Verification, step: &Step, nonce: u8, seconds: i64) -> Option<Command> {
    let known = u8::try_from(verification.sessions.len()).unwrap();
    let number = |any: &u8| any % known + 1;
    Some(match step {
        Step::Wait(_) => return None,
        Step::Reserve { supersede } => {
            let live = verification.at(after(seconds)).live_session().map(|session| session.number.0);
            reserve(nonce, live.filter(|_| *supersede))
        }
        Step::Commit(any) => commit(number(any)),
        Step::Observe(any) => observe(number(any)),
        Step::Lapse(any) => lapse(number(any)),
        Step::GiveBack(any) => give_back(number(any)),
        Step::Judge(any, confidence) => judge(verification, number(any), *confidence, after(seconds)),
    })
}

fn check(before: &Verification, next: &Verification) -> Result<(), TestCaseError> {
    let live = next.sessions.iter().filter(|session| session.is_live()).count();
    prop_assert!(live <= 1, "one live session at most");
    let failed = next
        .sessions
        .iter()
        .filter(|session| matches!(&session.state, SessionState::Decided(decided) if decided.outcome == Outcome::Failed));
    prop_assert!(failed.count() <= usize::from(next.terms.sessions), "no more failures than the policy allows");
    let spent = next.terms.sessions - next.attempts_left();
    prop_assert!(usize::from(spent) + live <= usize::from(next.terms.sessions), "an attempt is counted when it is reserved");
    if before.status != Status::Open && before.status != Status::InReview {
        prop_assert_eq!((before.status, before.decided_at), (next.status, next.decided_at), "what is closed never changes");
    }
    prop_assert!(next.sessions.len() >= before.sessions.len(), "nothing is forgotten");
    for (was, is) in before.sessions.iter().zip(&next.sessions) {
        if !was.is_undecided() {
            prop_assert_eq!(&was.state, &is.state, "an ended session keeps its first answer");
        }
    }
    let passed = next.sessions.iter().any(
        |session| matches!(&session.state, SessionState::Decided(decided) if decided.outcome == Outcome::Passed && !session.superseded),
    );
    prop_assert_eq!(next.status == Status::Approved, passed, "approved by exactly one session that passed");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_over_any_history(steps in proptest::collection::vec(any_step(), 1..40)) {
        let mut verification = opened("liveness");
        let mut seconds = 0;
        for (at, step) in steps.iter().enumerate() {
            if let Step::Wait(more) = step {
                seconds += i64::from(*more);
            }
            let now = after(seconds);
            let settled = verification.at(now);
            prop_assert_eq!(settled.at(now), settled.clone(), "time is applied once");
            let later = verification.at(after(seconds + 100_000));
            prop_assert_eq!(later.at(after(seconds + 900_000)).decided_at, later.decided_at, "it closes when it was due, not when somebody looks");
            check(&verification, &settled)?;
            let Some(command) = command(&verification, step, u8::try_from(at + 2).unwrap(), seconds) else { continue };
            let Ok(Change::Changed(next)) = verification.apply(&command, now) else { continue };
            check(&settled, &next)?;
            prop_assert!(settled.status == Status::Open || *next == settled, "what time has closed is at most written down: {:?}", command);
            prop_assert_eq!(next.apply(&command, now), Ok(Change::Unchanged), "a command is applied once: {:?}", command);
            verification = *next;
        }
    }
}
