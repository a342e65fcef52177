//! What others are told of every change: each command in each state that somebody may wait in, as one snapshot; and the rules of waiting.

use crate::sample::{after, commit, done, evidence, judge, judge_with, lapse, opened, person, reserve, start};
use jiff::Timestamp;
use prooflight_shared::domain::{
    Awaited, Change, Command, DocumentWrite, Event, Nonce, Opinion, Publication, Reason, Rejection, Status, TaskAnswer, TaskToken, Verdict,
    VerdictReason, Verification,
};
use prooflight_shared::policy::History;
use proptest::prelude::*;
use std::fmt::Write as _;

fn token(name: &str) -> TaskToken {
    TaskToken::parse(name).unwrap()
}

fn waits(name: &str, awaited: Awaited) -> Command {
    Command::Await { token: token(name), awaited }
}

/// An open verification that a step waits for.
fn waiting() -> Verification {
    let issued = done(&opened("liveness"), &commit(1), start());
    done(&issued, &waits("first", Awaited::Decision), start())
}

/// One in review, and a step that waits for the verdict.
fn in_review() -> Verification {
    let mut reviewed = waiting();
    reviewed.terms.review_from = prooflight_shared::domain::Confidence::new(60.0);
    done(&reviewed, &judge(&reviewed, 1, 70.0, after(30)), after(30))
}

fn sampled() -> Verification {
    let waiting = waiting();
    let Command::Judge { number, decision, tips, superseded, .. } =
        judge_with(1, &waiting.terms, History::default(), &evidence(97.0), after(30))
    else {
        panic!("no judgement")
    };
    done(&waiting, &Command::Judge { number, decision, tips, superseded, sampled: true }, after(30))
}

fn opinion(verification: &Verification, verdict: Verdict, reason: VerdictReason) -> Command {
    Command::Review(Opinion { reviewer: person("rita"), verdict, reason, evidence_tag: verification.evidence_tag(), at: after(60) })
}

fn write<'a>(before: Option<&'a Verification>, after: Option<&'a Verification>) -> Publication {
    Publication::of(DocumentWrite { before, after, sequence: 7, at: self::after(999) })
}

/// One line that says who is told what.
fn line(publication: &Publication) -> String {
    let answer = match &publication.answer {
        None => "-".to_owned(),
        Some(TaskAnswer::Output(output)) => serde_json::to_string(output).unwrap(),
        Some(TaskAnswer::Failure { error, because }) => format!("{} {because:?}", error.as_str()),
    };
    let event = |event: &Event| format!("{} {}", event.kind.as_str(), serde_json::to_string(event).unwrap());
    format!("{} told {answer}\n      {}", publication.waited.len(), publication.event.as_ref().map_or_else(|| "-".to_owned(), event))
}

#[test]
fn every_change_and_what_is_told_of_it() {
    let waiting = waiting();
    let mut named = waiting.clone();
    named.external_reference = Some("order-7".into());
    let (in_review, sampled) = (in_review(), sampled());
    let twice = done(&in_review, &waits("second", Awaited::Verdict), after(40));
    let lapsed = done(&waiting, &lapse(1), after(100));
    let mut failed = waiting.clone();
    for number in 1..=4_u8 {
        let now = after(30 * i64::from(number));
        if number > 1 {
            failed = done(&failed, &reserve(number, None), now);
            failed = done(&failed, &commit(number), now);
        }
        if number < 4 {
            failed = done(&failed, &judge(&failed, number, 12.0, now), now);
        }
    }
    let changes: Vec<(&str, &Verification, Command, Timestamp)> = vec![
        ("a session more", &waiting, reserve(2, Some(1)), after(20)),
        ("passed", &named, judge(&named, 1, 97.0, after(30)), after(30)),
        ("failed once", &waiting, judge(&waiting, 1, 12.0, after(30)), after(30)),
        ("failed for the last time", &failed, judge(&failed, 4, 12.0, after(130)), after(130)),
        ("called off", &waiting, Command::Cancel, after(30)),
        ("consent taken back", &waiting, Command::WithdrawConsent, after(30)),
        ("consent taken back, in review", &twice, Command::WithdrawConsent, after(50)),
        ("time is over", &lapsed, Command::Settle, after(1801)),
        ("approved by a reviewer", &twice, opinion(&twice, Verdict::Approve, VerdictReason::SamePerson), after(60)),
        ("denied by a reviewer", &twice, opinion(&twice, Verdict::Deny, VerdictReason::NotLive), after(60)),
        ("nobody looked", &twice, Command::Settle, after(30 + 72 * 3600)),
        ("claimed by a reviewer", &twice, Command::Claim { reviewer: person("rita") }, after(60)),
        ("upheld", &sampled, opinion(&sampled, Verdict::Uphold, VerdictReason::Confirmed), after(60)),
        ("overturned", &sampled, opinion(&sampled, Verdict::Overturn, VerdictReason::NotLive), after(60)),
        ("closed to be erased", &waiting, Command::Erase, after(60)),
        ("closed to be erased, in review", &twice, Command::Erase, after(60)),
        ("waited for", &in_review, waits("second", Awaited::Verdict), after(60)),
    ];
    let mut table = String::new();
    writeln!(table, "opened: {}", line(&write(None, Some(&named)))).unwrap();
    for (name, before, command, now) in changes {
        writeln!(table, "{name}: {}", line(&write(Some(before), Some(&done(before, &command, now))))).unwrap();
    }
    writeln!(table, "into review: {}", line(&write(Some(&waiting), Some(&in_review)))).unwrap();
    writeln!(table, "removed: {}", line(&write(Some(&sampled), None))).unwrap();
    writeln!(table, "removed without having been closed: {}", line(&write(Some(&waiting), None))).unwrap();
    writeln!(table, "nothing: {}", line(&write(None, None))).unwrap();
    insta::assert_snapshot!(table);
}

#[test]
fn a_wait_is_remembered_once_and_ends_with_what_it_waited_for() {
    let waiting = waiting();
    assert_eq!(waiting.apply(&waits("first", Awaited::Decision), after(5)), Ok(Change::Unchanged), "delivered again");
    assert_eq!(waiting.apply(&waits("second", Awaited::Verdict), after(5)), Err(Rejection::NotDecided));
    let mut many = waiting.clone();
    for name in ["b", "c", "d", "e"] {
        many = done(&many, &waits(name, Awaited::Decision), after(5));
    }
    assert_eq!(many.waiting, ["b", "c", "d", "e"].map(token), "the newest few");

    let asked = in_review();
    assert!(asked.waiting.is_empty(), "who waited for the decision has it");
    assert_eq!(asked.apply(&waits("late", Awaited::Decision), after(40)), Ok(Change::Unchanged), "it is there already");
    assert!(asked.answer_to(Awaited::Decision).is_some() && asked.answer_to(Awaited::Verdict).is_none());
    let closed = done(&asked, &opinion(&asked, Verdict::Approve, VerdictReason::SamePerson), after(60));
    for awaited in [Awaited::Decision, Awaited::Verdict] {
        assert_eq!(closed.apply(&waits("late", awaited), after(70)), Ok(Change::Unchanged));
        assert!(matches!(closed.answer_to(awaited), Some(TaskAnswer::Output(output)) if output.status == Status::Approved));
    }
    let late = waiting.at(after(3600));
    assert_eq!(waiting.apply(&waits("late", Awaited::Decision), after(3600)), Ok(Change::Unchanged), "time has closed it");
    assert!(matches!(late.answer_to(Awaited::Decision), Some(TaskAnswer::Failure { because: Some(Reason::TimedOut), .. })));
}

proptest! {
    /// Whatever is done in whatever order: whoever was let wait is told exactly once, by the first write that has an answer for him.
    #[test]
    fn whoever_waits_is_told_once(steps in prop::collection::vec((0..9_u8, 0..2000_i64), 1..24)) {
        let mut verification = opened("liveness");
        verification.terms.review_from = prooflight_shared::domain::Confidence::new(60.0);
        let (mut now, mut let_wait, mut told) = (0, Vec::new(), Vec::new());
        for (number, (step, pause)) in steps.into_iter().enumerate() {
            now += pause / 8;
            let name = format!("token-{number}");
            let last = verification.sessions.last().map_or(1, |session| session.number.0);
            let command = match step {
                0 => waits(&name, Awaited::Decision),
                1 => waits(&name, Awaited::Verdict),
                2 => Command::Reserve { nonce: Nonce::from_bytes([100 + u8::try_from(number).unwrap(); 16]), supersede: None },
                3 => commit(last),
                4 => judge(&verification, last, 70.0, after(now)),
                5 => judge(&verification, last, 12.0, after(now)),
                6 => opinion(&verification, Verdict::Approve, VerdictReason::SamePerson),
                7 => Command::Cancel,
                _ => Command::Settle,
            };
            if let Ok(Change::Changed(next)) = verification.apply(&command, after(now)) {
                let publication = write(Some(&verification), Some(&next));
                prop_assert_eq!(publication.answer.is_some(), !publication.waited.is_empty());
                told.extend(publication.waited);
                if next.waiting.contains(&token(&name)) {
                    let_wait.push(token(&name));
                }
                verification = *next;
            }
        }
        told.extend(write(Some(&verification), None).waited);
        let kept: Vec<_> = let_wait.into_iter().filter(|token| told.contains(token)).collect();
        prop_assert_eq!(kept, told, "nobody twice, and nobody who did not wait");
    }
}
