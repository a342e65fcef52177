//! Reckoning with times that cannot fail: the end of time is late enough for everything here.

use jiff::{SignedDuration, Timestamp};

/// So much later.
pub(super) fn after(start: Timestamp, span: SignedDuration) -> Timestamp {
    start.checked_add(span).unwrap_or(Timestamp::MAX)
}
