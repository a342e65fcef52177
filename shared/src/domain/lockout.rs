//! Limits over all verifications of one subject. They are counted from the attempts themselves, each of which is written when
//! its session is reserved, so no race can issue more than the limits allow; a session that passes or was never used gives its
//! attempt back.

use super::settle::SESSION_LAPSES_AFTER;
use super::time::after;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One session, as the limits see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When its session was reserved.
    pub at: Timestamp,
    /// What became of it.
    pub state: AttemptState,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Nobody knows yet: it counts as failed for as long as its session can live.
    Held,
    /// The session failed, or lapsed after somebody streamed.
    Failed,
    /// The session passed or was never used.
    GivenBack,
    /// There never was a session: an error of ours, or of Rekognition's, which counts nowhere.
    Unissued,
}

/// Whether another session may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Free,
    /// Too many sessions within an hour, whatever became of them.
    RateLimited {
        /// When there is room again.
        until: Timestamp,
    },
    /// Too many failures in a short time.
    LockedOut {
        /// When it ends.
        until: Timestamp,
    },
    /// Too many failures in a day or a week: an administrator may lift it, and it decays.
    Blocked {
        /// When enough of them are far enough back.
        until: Timestamp,
    },
}

/// A burst: so many failures within this time (`face-liveness-shared-responsibility-model`: "5 failed checks in 3 minutes").
const BURST: usize = 5;
const BURST_WITHIN: SignedDuration = SignedDuration::from_mins(3);
/// What the first burst costs, and each later one within a day.
const FIRST_LOCK: SignedDuration = SignedDuration::from_mins(30);
const LATER_LOCK: SignedDuration = SignedDuration::from_mins(60);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7);
const MOST_FAILURES_A_DAY: usize = 10;
const MOST_FAILURES_A_WEEK: usize = 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MOST_SESSIONS_AN_HOUR: usize = 10;

/// For how long an attempt can matter; after that its item may go.
pub const ATTEMPT_MATTERS_FOR: SignedDuration = SignedDuration::from_hours(24 * 8);

/// How things stand at `now` after these attempts, in any order. What was before `cleared_at` was lifted by an administrator.
pub fn standing(attempts: &[Attempt], cleared_at: Option<Timestamp>, now: Timestamp) -> Standing {
    let stands = |attempt: &&Attempt| cleared_at.is_none_or(|cleared| attempt.at > cleared);
    let mut attempts: Vec<Attempt> = attempts.iter().filter(stands).copied().collect();
    attempts.sort_unstable_by_key(|attempt| attempt.at);
    let times = |keeps: &dyn Fn(&Attempt) -> bool| attempts.iter().filter(|attempt| keeps(attempt)).map(|attempt| attempt.at).collect();
    let failed: Vec<Timestamp> = times(&|attempt| attempt.state == AttemptState::Failed);
    let running: Vec<Timestamp> = times(&|attempt| attempt.is_running(now));
    let counted: Vec<Timestamp> = times(&|attempt| attempt.counts(now));
    let all: Vec<Timestamp> = times(&|attempt| attempt.state != AttemptState::Unissued);

    let week = full_until(&failed, MOST_FAILURES_A_WEEK, WEEK, now);
    if let Some(until) = week.max(full_until(&failed, MOST_FAILURES_A_DAY, DAY, now)) {
        return Standing::Blocked { until };
    }
    if let Some(until) = locked_until(&failed).filter(|until| *until > now) {
        return Standing::LockedOut { until };
    }
    // Were all that run now to fail, a limit would be passed: the next has to wait until one of them has ended, or is forgotten.
    let limits = [(BURST, BURST_WITHIN), (MOST_FAILURES_A_DAY, DAY), (MOST_FAILURES_A_WEEK, WEEK)];
    if limits.into_iter().any(|(most, window)| full_until(&counted, most, window, now).is_some()) {
        let until = running.first().map_or(now, |first| after(*first, SESSION_LAPSES_AFTER));
        return Standing::LockedOut { until: until.min(after(now, BURST_WITHIN)) };
    }
    match full_until(&all, MOST_SESSIONS_AN_HOUR, HOUR, now) {
        Some(until) => Standing::RateLimited { until },
        None => Standing::Free,
    }
}

/// No more of a device's failures than these, the newest of a day, can make a difference.
pub const MOST_TELLING_FAILURES: usize = MOST_FAILURES_A_DAY;

/// Since when a device's failures matter.
pub fn device_failures_matter_since(now: Timestamp) -> Timestamp {
    now.checked_sub(DAY).unwrap_or(Timestamp::MIN)
}

/// Whether these failures of one device, over all subjects, are so many that a person should look at what else comes from it.
/// They never refuse anybody: else whoever knows a device's id could lock out its owner.
pub fn is_suspicious(failures: &[Attempt], now: Timestamp) -> bool {
    let failures: Vec<Timestamp> = failures.iter().map(|attempt| attempt.at).collect();
    full_until(&failures, BURST, BURST_WITHIN, now).is_some() || full_until(&failures, MOST_FAILURES_A_DAY, DAY, now).is_some()
}

/// How many of the attempts count as failures since then.
pub fn failures_since(attempts: &[Attempt], cleared_at: Option<Timestamp>, since: Timestamp, now: Timestamp) -> usize {
    let counts = |attempt: &&Attempt| attempt.at > since && cleared_at.is_none_or(|cleared| attempt.at > cleared) && attempt.counts(now);
    attempts.iter().filter(counts).count()
}

impl Standing {
    /// Whole seconds until it may be tried again, at least one.
    pub fn retry_after_seconds(self, now: Timestamp) -> Option<u32> {
        let (Self::RateLimited { until } | Self::LockedOut { until } | Self::Blocked { until }) = self else { return None };
        let seconds = until.duration_since(now).as_millis().max(0).div_euclid(1000) + 1;
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

impl Attempt {
    fn counts(&self, now: Timestamp) -> bool {
        self.state == AttemptState::Failed || self.is_running(now)
    }

    /// One that nobody settled in its time ended unseen, and most likely unused.
    fn is_running(&self, now: Timestamp) -> bool {
        self.state == AttemptState::Held && now.duration_since(self.at) < SESSION_LAPSES_AFTER
    }
}

/// When the last of the `most` latest times leaves the window; none while there is room in it.
fn full_until(times: &[Timestamp], most: usize, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    let within: Vec<Timestamp> = times.iter().copied().filter(|at| after(*at, window) > now).collect();
    let leaves = within.len().checked_sub(most)?;
    within.get(leaves).map(|at| after(*at, window))
}

/// The end of the latest lock. A burst locks from its last failure on; failures up to then are paid for and start no further one.
fn locked_until(failures: &[Timestamp]) -> Option<Timestamp> {
    let mut lock: Option<(Timestamp, Timestamp)> = None;
    let mut burst: Vec<Timestamp> = Vec::new();
    for &at in failures {
        burst.retain(|earlier| after(*earlier, BURST_WITHIN) > at);
        burst.push(at);
        if burst.len() >= BURST {
            let again = lock.is_some_and(|(began, _)| after(began, DAY) > at);
            lock = Some((at, after(at, if again { LATER_LOCK } else { FIRST_LOCK })));
            burst.clear();
        }
    }
    lock.map(|(_, until)| until)
}
