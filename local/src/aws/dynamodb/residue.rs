//! What deleted items leave behind in the file. A stream keeps their images for 24 hours ("Change data capture for DynamoDB Streams",
//! Amazon DynamoDB Developer Guide), which the engine does not end by itself; and SQLite keeps the pages of what was deleted until it needs
//! them. Somebody who was erased is not to be found in either.

use super::TablesFault;
use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// When which records had been written; the engine dates them by a clock that cannot be moved.
#[derive(Debug, Default)]
pub(super) struct Residue {
    seen: VecDeque<(Timestamp, i64)>,
    compacted_at: Option<Timestamp>,
}

const STREAM_KEEPS: SignedDuration = SignedDuration::from_hours(24);

/// Rewriting the file takes as long as copying it.
const COMPACT_EVERY: SignedDuration = SignedDuration::from_hours(1);

impl Residue {
    /// Removes what is old enough by now.
    pub(super) fn remove(&mut self, storage: &Storage, now: Timestamp) -> Result<(), TablesFault> {
        let sql = |error: &dyn std::fmt::Display| TablesFault::Engine(DynoxideError::InternalServerError(error.to_string()));
        let connection = storage.conn();
        let newest = connection.query_row("SELECT COALESCE(MAX(id), 0) FROM _stream_records", [], |row| row.get::<_, i64>(0));
        self.seen.push_back((now, newest.map_err(|error| sql(&error))?));
        let mut trim_to = None;
        while self.seen.front().is_some_and(|(at, _)| now.duration_since(*at) >= STREAM_KEEPS) {
            trim_to = self.seen.pop_front().map(|(_, id)| id);
        }
        if let Some(id) = trim_to {
            connection.execute("DELETE FROM _stream_records WHERE id <= ?1", [id]).map_err(|error| sql(&error))?;
        }
        if self.compacted_at.is_none_or(|at| now.duration_since(at) >= COMPACT_EVERY) {
            self.compacted_at = Some(now);
            let free = connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).map_err(|error| sql(&error))?;
            if free > 0 {
                storage.vacuum()?;
            }
            // The log beside the file holds pages as they were.
            connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(|error| sql(&error))?;
        }
        Ok(())
    }
}
