//! The movable clock: wall time plus what `/dev/clock` has advanced it by. It drives session life, limits, TTL, delays and
//! schedules; signatures, TLS, presigned URLs, vended credentials and JWT expiry stay on wall time.

use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

/// Shared by everything that has a timer of ours.
#[derive(Debug)]
pub struct Clock {
    advanced_seconds: AtomicI64,
    file: Option<PathBuf>,
}

impl Clock {
    /// A clock that stands at wall time and forgets its advances.
    pub fn ephemeral() -> Self {
        Self { advanced_seconds: AtomicI64::new(0), file: None }
    }

    /// A clock whose advance is kept in `file`.
    pub fn kept_in(file: &Path) -> std::io::Result<Self> {
        let advanced = match std::fs::read_to_string(file) {
            Ok(text) => text.trim().parse().map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { advanced_seconds: AtomicI64::new(advanced), file: Some(file.to_owned()) })
    }

    /// The time that our code and the local services' timers go by.
    pub fn now(&self) -> Timestamp {
        let advance = SignedDuration::from_secs(self.advanced_seconds.load(Ordering::SeqCst));
        wall_now().checked_add(advance).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward and returns the new time.
    pub fn advance(&self, seconds: u32) -> std::io::Result<Timestamp> {
        let total = self.advanced_seconds.fetch_add(i64::from(seconds), Ordering::SeqCst) + i64::from(seconds);
        if let Some(file) = &self.file {
            std::fs::write(file, total.to_string())?;
        }
        Ok(self.now())
    }
}

/// Wall time, for signatures and whatever else must agree with a client's own clock.
pub fn wall_now() -> Timestamp {
    Timestamp::now()
}
