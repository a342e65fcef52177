//! The limits over all verifications of a subject, and what a device alone leads to.

use crate::sample::{after, start};
use jiff::SignedDuration;
use prooflight_shared::domain::{Attempt, AttemptState, Standing, is_suspicious, standing};
use proptest::prelude::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at(seconds: i64, state: AttemptState) -> Attempt {
    Attempt { at: after(seconds), state }
}

/// So many, one every `apart` seconds, from `first` on.
fn some(count: i64, first: i64, apart: i64, state: AttemptState) -> Vec<Attempt> {
    (0..count).map(|number| at(first + number * apart, state)).collect()
}

fn name(standing: Standing) -> (&'static str, i64) {
    let seconds = |until: jiff::Timestamp| until.duration_since(start()).as_secs();
    match standing {
        Standing::Free => ("free", 0),
        Standing::RateLimited { until } => ("rate limited", seconds(until)),
        Standing::LockedOut { until } => ("locked out", seconds(until)),
        Standing::Blocked { until } => ("blocked", seconds(until)),
    }
}

/// What happened, when somebody looks, and how it stands until when.
type Case = (&'static str, Vec<Attempt>, i64, (&'static str, i64));

#[test]
fn how_a_subject_stands() {
    use AttemptState::{Failed, GivenBack, Held};
    let two_bursts = [some(5, 0, 10, Failed), some(5, 2 * HOUR, 10, Failed)].concat();
    let nine_then_one = [some(4, 0, HOUR, Failed), some(4, 5 * HOUR, HOUR, Failed), some(1, 10 * HOUR, 1, Failed)].concat();
    let cases: [Case; 16] = [
        ("nothing", vec![], 0, ("free", 0)),
        ("four failures", some(4, 0, 10, Failed), 40, ("free", 0)),
        ("five in three minutes lock for thirty, from the last", some(5, 0, 10, Failed), 41, ("locked out", 40 + 30 * MINUTE)),
        ("until then", some(5, 0, 10, Failed), 40 + 30 * MINUTE - 1, ("locked out", 40 + 30 * MINUTE)),
        ("and no longer", some(5, 0, 10, Failed), 40 + 30 * MINUTE, ("free", 0)),
        ("five that are further apart", some(5, 0, 46, Failed), 190, ("free", 0)),
        ("a second burst within a day locks for sixty, and ten failures block", two_bursts.clone(), 2 * HOUR + 41, ("blocked", DAY)),
        ("five that run leave no room for a sixth", some(5, 0, 1, Held), 5, ("locked out", 5 + 180)),
        ("what runs is forgotten when its session is", some(5, 0, 1, Held), 190, ("free", 0)),
        ("four failed and one runs", [some(4, 0, 1, Failed), some(1, 4, 1, Held)].concat(), 5, ("locked out", 185)),
        ("what is given back does not count as failed", some(9, 0, 1, GivenBack), 10, ("free", 0)),
        ("but ten sessions an hour are enough", some(10, 0, 1, GivenBack), 10, ("rate limited", HOUR)),
        ("an hour later there is room for one", some(10, 0, 1, GivenBack), HOUR, ("free", 0)),
        ("nine in a day", nine_then_one.clone(), 10 * HOUR + 1, ("free", 0)),
        ("ten in a day", [nine_then_one, some(1, 11 * HOUR, 1, Failed)].concat(), 11 * HOUR + 1, ("blocked", DAY)),
        ("twenty in a week", some(20, 0, 3 * HOUR, Failed), 60 * HOUR, ("blocked", 7 * DAY)),
    ];
    for (case, attempts, now, expected) in cases {
        assert_eq!(name(standing(&attempts, None, after(now))), expected, "{case}");
    }
    let lifted = standing(&two_bursts, Some(after(2 * HOUR + 50)), after(2 * HOUR + 60));
    assert_eq!(name(lifted), ("free", 0), "an administrator lifts what was before");
}

#[test]
fn a_second_burst_costs_more_than_the_first() {
    let bursts = [some(4, 0, 10, AttemptState::Failed), some(5, HOUR, 10, AttemptState::Failed)].concat();
    assert_eq!(name(standing(&bursts, None, after(HOUR + 41))), ("locked out", HOUR + 40 + 30 * MINUTE));
    let cleared = [some(5, 0, 10, AttemptState::Failed), some(4, 2 * HOUR, 10, AttemptState::Failed)].concat();
    assert_eq!(name(standing(&cleared, None, after(2 * HOUR + 41))), ("free", 0));
}

#[test]
fn a_device_is_suspicious_after_a_burst_whoever_was_in_front_of_it() {
    let failures = some(5, 0, 10, AttemptState::Failed);
    assert!(is_suspicious(&failures, after(60)));
    assert!(!is_suspicious(&failures, after(10 * MINUTE)));
    assert!(!is_suspicious(&failures[..4], after(60)));
}

fn any_attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let state = prop_oneof![Just(AttemptState::Held), Just(AttemptState::Failed), Just(AttemptState::GivenBack)];
    proptest::collection::vec((0..20_000_i64, state).prop_map(|(seconds, state)| at(seconds, state)), 0..30)
}

/// What happens next: time passes, somebody asks for a session, one that runs ends.
#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Ask,
    End(usize, AttemptState),
}

fn any_step() -> impl Strategy<Value = Step> {
    let ends = prop_oneof![4 => Just(AttemptState::Failed), 1 => Just(AttemptState::GivenBack)];
    prop_oneof![
        3 => (0..60_i64).prop_map(Step::Wait),
        1 => (0..8 * HOUR).prop_map(Step::Wait),
        6 => Just(Step::Ask),
        6 => (any::<usize>(), ends).prop_map(|(which, state)| Step::End(which, state)),
    ]
}

/// The most of `times` that fall within any stretch of that length.
fn most_within(times: &[i64], window: i64) -> usize {
    times.iter().map(|from| times.iter().filter(|at| (*from..*from + window).contains(*at)).count()).max().unwrap_or(0)
}

proptest! {
    /// Invariant 6, in whatever order sessions are asked for, run side by side and end: never more failures than the limits allow in any
    /// stretch of three minutes, a day or a week, and never more sessions in any hour. One whose end nobody saw in its time never fails.
    #[test]
    fn no_order_of_events_gets_more_than_the_limits_allow(steps in proptest::collection::vec(any_step(), 1..250)) {
        let mut attempts: Vec<(i64, AttemptState)> = Vec::new();
        let mut now = 0;
        let standing_at = |attempts: &[(i64, AttemptState)], now| {
            let attempts: Vec<Attempt> = attempts.iter().map(|(seconds, state)| at(*seconds, *state)).collect();
            standing(&attempts, None, after(now))
        };
        for step in steps {
            match step {
                Step::Wait(seconds) => now += seconds,
                Step::Ask if standing_at(&attempts, now) == Standing::Free => attempts.push((now, AttemptState::Held)),
                Step::Ask => {}
                Step::End(which, state) => {
                    let runs = |(from, state): &&mut (i64, AttemptState)| *state == AttemptState::Held && now - *from < 185;
                    let mut running: Vec<_> = attempts.iter_mut().filter(runs).collect();
                    let many = running.len().max(1);
                    if let Some(ended) = running.get_mut(which % many) {
                        ended.1 = state;
                    }
                }
            }
        }
        let all: Vec<i64> = attempts.iter().map(|(at, _)| *at).collect();
        let failed: Vec<i64> = attempts.iter().filter(|(_, state)| *state == AttemptState::Failed).map(|(at, _)| *at).collect();
        for (times, window, most) in [(&failed, 3 * MINUTE, 5), (&failed, DAY, 10), (&failed, 7 * DAY, 20), (&all, HOUR, 10)] {
            prop_assert!(most_within(times, window) <= most, "{} within {} seconds", most_within(times, window), window);
        }
        prop_assert_eq!(standing_at(&attempts, now + 7 * DAY + MINUTE), Standing::Free, "it decays");
    }

    /// Invariant 6, whatever the history: while there is room for one more, fewer than five may still fail within three minutes.
    #[test]
    fn nobody_who_is_free_can_fail_more_than_five_times_in_three_minutes(attempts in any_attempts(), now in 0..21_000_i64) {
        let now = after(now);
        let past: Vec<Attempt> = attempts.into_iter().filter(|attempt| attempt.at <= now).collect();
        if standing(&past, None, now) == Standing::Free {
            let recent = |attempt: &&Attempt| attempt.state != AttemptState::GivenBack
                && now.duration_since(attempt.at) < SignedDuration::from_mins(3);
            prop_assert!(past.iter().filter(recent).count() < 5);
        }
    }

    /// A refusal says when to come again, and it is not in the past.
    #[test]
    fn a_refusal_ends(attempts in any_attempts(), now in 0..21_000_i64) {
        let now = after(now);
        let past: Vec<Attempt> = attempts.into_iter().filter(|attempt| attempt.at <= now).collect();
        match standing(&past, None, now) {
            Standing::Free => {}
            limited => prop_assert!(limited.retry_after_seconds(now).is_some_and(|seconds| seconds >= 1)),
        }
    }
}
