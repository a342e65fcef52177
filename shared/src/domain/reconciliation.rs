//! Comparing the images of a day with the decisions that name them, in both directions, once and not before every session of that day has
//! ended. How far it has come is a value, so that it can be cut off anywhere and goes on in the next run.

use super::VerificationId;
use super::time::after;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The images of all sessions that were reserved on one day, UTC, under policies that keep them equally long. They lie in the bucket under
/// one prefix, and the decisions that name them under one key of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageDay {
    /// For how many days they are kept.
    pub kept_days: u16,
    /// On which day their sessions were reserved.
    pub date: Date,
}

/// How far the comparison has come, of the images that are kept for so many days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// Which images.
    pub kept_days: u16,
    /// Every day up to this one is done.
    pub done_until: Date,
    /// Of the day after it, every verification up to this one.
    pub after: Option<VerificationId>,
}

/// A session that was reserved at the last moment of a day, and whatever was at it, has ended this long after midnight.
const SESSIONS_END_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl ImageDay {
    /// The day of a session that was reserved then.
    pub fn of(kept_days: u16, session_created_at: Timestamp) -> Self {
        Self { kept_days, date: date(session_created_at) }
    }
}

impl fmt::Display for ImageDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}/{}", self.kept_days, self.date)
    }
}

impl Reconciliation {
    /// Where it begins in a stack that has none yet: with yesterday.
    pub fn beginning(kept_days: u16, now: Timestamp) -> Self {
        Self { kept_days, done_until: before(last_ended(now), 1), after: None }
    }

    /// The day to be compared now; none when every day whose sessions have ended is done.
    pub fn day(&self) -> ImageDay {
        ImageDay { kept_days: self.kept_days, date: self.done_until.tomorrow().unwrap_or(self.done_until) }
    }

    /// Whether every day that can be compared at `now` is done.
    pub fn is_done(&self, now: Timestamp) -> bool {
        self.done_until >= last_ended(now)
    }

    /// What is left of it at `now`: a day whose images S3 may have begun to remove by itself is passed over. It does so at a midnight,
    /// `kept_days` and up to one more day after they were written ("Lifecycle configuration elements", Amazon S3 User Guide).
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let kept_until = before(date(after(now, SESSIONS_END_WITHIN)), i64::from(self.kept_days) + 1);
        if kept_until <= self.done_until { self.clone() } else { Self { done_until: kept_until, after: None, ..self.clone() } }
    }

    /// Every verification up to that one is done; without one, the day.
    #[must_use]
    pub fn done_to(&self, verification: Option<VerificationId>) -> Self {
        let done_until = if verification.is_some() { self.done_until } else { self.day().date };
        Self { done_until, after: verification, ..self.clone() }
    }
}

/// The last day of which every session has ended.
fn last_ended(now: Timestamp) -> Date {
    let settled = now.checked_sub(SESSIONS_END_WITHIN).unwrap_or(Timestamp::MIN);
    before(date(settled), 1)
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn before(date: Date, days: i64) -> Date {
    date.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn done_until(kept_days: u16, date: &str) -> Reconciliation {
        Reconciliation { kept_days, done_until: date.parse().unwrap(), after: Some(VerificationId::from_bytes([7; 16])) }
    }

    #[test]
    fn a_day_is_compared_when_its_last_session_has_ended_and_not_after_its_images_may_go() {
        // Kept days, done until, now: what is compared.
        for (kept, done, now, expected) in [
            (30, "2026-11-20", "2026-11-22T00:09:59Z", None),
            (30, "2026-11-20", "2026-11-22T00:10:00Z", Some("r30/2026-11-21")),
            (30, "2026-11-20", "2026-11-22T23:59:59Z", Some("r30/2026-11-21")),
            (30, "2026-11-21", "2026-11-22T23:59:59Z", None),
            (30, "2026-11-18", "2026-11-22T12:00:00Z", Some("r30/2026-11-19")),
            (30, "2026-09-01", "2026-11-22T12:00:00Z", Some("r30/2026-10-23")),
            (1, "2026-11-20", "2026-11-22T00:10:00Z", Some("r1/2026-11-21")),
            (1, "2026-11-20", "2026-11-22T23:49:59Z", Some("r1/2026-11-21")),
            (1, "2026-11-20", "2026-11-22T23:50:00Z", None),
            (1, "2026-11-20", "2026-11-23T00:10:00Z", Some("r1/2026-11-22")),
        ] {
            let left = done_until(kept, done).at(at(now));
            let day = (!left.is_done(at(now))).then(|| left.day().to_string());
            assert_eq!(day.as_deref(), expected, "r{kept}, {done}, {now}");
        }
    }

    #[test]
    fn it_begins_with_yesterday_and_goes_on_where_it_was() {
        let now = at("2026-11-22T12:00:00Z");
        let begun = Reconciliation::beginning(30, now);
        assert_eq!((begun.at(now), begun.day().to_string().as_str()), (begun.clone(), "r30/2026-11-21"));
        let half = begun.done_to(Some(VerificationId::from_bytes([1; 16])));
        assert_eq!((half.at(now), half.day(), half.is_done(now)), (half.clone(), begun.day(), false));
        let done = half.done_to(None);
        assert_eq!((done.after.as_ref(), done.is_done(now)), (None, true));
        assert!(!done.is_done(at("2026-11-23T00:10:00Z")));
        // A place within a day that is passed over is worth nothing in another one.
        assert_eq!(half.at(at("2027-11-22T12:00:00Z")).after, None);
    }
}
