//! The movable clock: wall time plus what `/dev/clock` has advanced it by. It drives session life, limits, TTL, delays and
//! schedules; signatures, TLS, presigned URLs, vended credentials and JWT expiry stay on wall time.

use crate::data_folder::write_whole;
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shared by everything that has a timer of ours.
#[derive(Debug)]
pub struct Clock {
    advanced_seconds: Mutex<i64>,
    file: Option<PathBuf>,
}

impl Clock {
    /// A clock that stands at wall time and forgets its advances.
    pub fn ephemeral() -> Self {
        Self { advanced_seconds: Mutex::new(0), file: None }
    }

    /// A clock whose advance is kept in `file`.
    pub fn kept_in(file: &Path) -> std::io::Result<Self> {
        let advanced = match std::fs::read_to_string(file) {
            Ok(text) => text.trim().parse().map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { advanced_seconds: Mutex::new(advanced), file: Some(file.to_owned()) })
    }

    /// The time that our code and the local services' timers go by.
    pub fn now(&self) -> Timestamp {
        let advance = SignedDuration::from_secs(*self.advanced());
        wall_now().checked_add(advance).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward and returns the new time. Where the advance cannot be kept, the clock does not move.
    pub fn advance(&self, seconds: u32) -> std::io::Result<Timestamp> {
        {
            // Held while the file is written: of two advances the later total is the one that stays.
            let mut advanced = self.advanced();
            let total = advanced.saturating_add(i64::from(seconds));
            if let Some(file) = &self.file {
                write_whole(file, total.to_string().as_bytes())?;
            }
            *advanced = total;
        }
        Ok(self.now())
    }

    fn advanced(&self) -> MutexGuard<'_, i64> {
        self.advanced_seconds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wall time, for signatures and whatever else must agree with a client's own clock.
#[expect(clippy::disallowed_methods, reason = "this is the edge at which the time is minted")]
pub fn wall_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advances_add_up_and_are_kept() {
        let scratch = tempfile::tempdir().expect("a folder");
        let file = scratch.path().join("clock");
        let clock = Clock::kept_in(&file).expect("a clock");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| clock.advance(100).expect("kept"));
            }
        });
        for clock in [clock, Clock::kept_in(&file).expect("the same clock")] {
            let ahead = clock.now().duration_since(wall_now());
            assert!((SignedDuration::from_secs(799)..=SignedDuration::from_secs(800)).contains(&ahead), "{ahead}");
        }
    }

    #[test]
    fn a_clock_that_cannot_be_kept_does_not_move() {
        let scratch = tempfile::tempdir().expect("a folder");
        let clock = Clock::kept_in(&scratch.path().join("gone/clock")).expect("a clock");
        clock.advance(100).expect_err("there is no such folder");
        assert!(clock.now() < wall_now() + SignedDuration::from_secs(50));
        std::fs::write(scratch.path().join("clock"), "soon").expect("a file");
        Clock::kept_in(&scratch.path().join("clock")).expect_err("no number");
    }
}
