//! Every state that a verification can be in, and what every command makes of it: one snapshot, so that a rule that changes
//! shows as a changed line.

use crate::sample::{after, commit, done, give_back, judge, lapse, line, observe, opened, reserve, session_id, start};
use jiff::Timestamp;
use prooflight_shared::domain::{Change, Command, SessionNumber, Verification};
use std::fmt::Write as _;

/// The states, each with the time at which it is looked at.
fn states() -> Vec<(&'static str, Verification, Timestamp)> {
    let reserved = opened("liveness");
    let issued = done(&reserved, &commit(1), start());
    let streaming = done(&issued, &observe(1), after(20));
    let failed_once = done(&streaming, &judge(&streaming, 1, 12.0, after(30)), after(30));
    let superseded = done(&issued, &reserve(2, Some(1)), after(40));
    let superseded = done(&superseded, &commit(2), after(40));
    let mut last_chance = failed_once.clone();
    for number in 2..=4_u8 {
        let now = after(30 * i64::from(number));
        last_chance = done(&last_chance, &reserve(number, None), now);
        last_chance = done(&last_chance, &commit(number), now);
        if number < 4 {
            last_chance = done(&last_chance, &judge(&last_chance, number, 12.0, now), now);
        }
    }
    let approved = done(&streaming, &judge(&streaming, 1, 97.0, after(30)), after(30));
    let mut reviewed = streaming.clone();
    reviewed.terms.review_from = prooflight_shared::domain::Confidence::new(60.0);
    let in_review = done(&reviewed, &judge(&reviewed, 1, 70.0, after(30)), after(30));
    vec![
        ("reserved", reserved.clone(), after(1)),
        ("reserved and left for 30 s", reserved.clone(), after(30)),
        ("reserved and left for 185 s", reserved, after(185)),
        ("issued", issued.clone(), after(10)),
        ("issued and left for 185 s", issued, after(185)),
        ("streaming", streaming.clone(), after(25)),
        ("streaming and left for 185 s", streaming, after(185)),
        ("one failed", failed_once.clone(), after(35)),
        ("one failed, after half an hour", failed_once, after(30 * 60)),
        ("one superseded, one issued", superseded, after(45)),
        ("three failed, the last one issued", last_chance.clone(), after(130)),
        ("three failed, the last one left after it was streamed", done(&last_chance, &observe(4), after(130)), after(305)),
        ("approved", approved, after(60)),
        ("in review", in_review.clone(), after(60)),
        ("in review for 72 hours", in_review, after(30 + 72 * 3600)),
    ]
}

fn commands(verification: &Verification, now: Timestamp) -> Vec<(&'static str, Command)> {
    let last = verification.sessions.last().map_or(1, |session| session.number.0);
    let foreign = Command::Commit { number: SessionNumber(last), session_id: session_id(99) };
    vec![
        ("reserve", reserve(77, None)),
        ("reserve, superseding the last", reserve(77, Some(last))),
        ("commit", commit(last)),
        ("commit another id", foreign),
        ("observe streaming", observe(last)),
        ("lapse", lapse(last)),
        ("give back", give_back(last)),
        ("judge at 97", judge(verification, last, 97.0, now)),
        ("judge at 12", judge(verification, last, 12.0, now)),
        ("judge the first at 97", judge(verification, 1, 97.0, now)),
    ]
}

#[test]
fn every_command_in_every_state() {
    let mut table = String::new();
    for (name, verification, now) in states() {
        writeln!(table, "{name}: {}", line(&verification.at(now))).unwrap();
        for (command_name, command) in commands(&verification, now) {
            let effect = match verification.apply(&command, now) {
                Ok(Change::Changed(next)) => line(&next),
                Ok(Change::Unchanged) => "-".to_owned(),
                Err(rejection) => format!("{rejection:?}"),
            };
            writeln!(table, "  {command_name:<30} {effect}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}
