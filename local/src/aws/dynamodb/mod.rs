//! DynamoDB on this machine: `dynoxide` over one SQLite file, with its clock set to ours, so that advancing the clock expires
//! items.

mod definition;
mod dispatch;
mod permissions;
mod residue;

use crate::aws::json;
use crate::clock::Clock;
use bytes::Bytes;
use dynoxide::storage_backend::Clock as EngineClock;
use dynoxide::{Database, DynoxideError};
use futures_util::FutureExt as _;
use http::{Response, StatusCode};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

pub(crate) use permissions::permissions;
use residue::Residue;

/// All tables of this machine.
pub(crate) struct Tables {
    database: Database,
    file: Option<PathBuf>,
    clock: Arc<Clock>,
    residue: Mutex<Residue>,
    written: watch::Sender<u64>,
}

/// Why the tables cannot be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum TablesFault {
    /// The engine refused or failed.
    #[error("the local DynamoDB: {0}")]
    Engine(#[from] DynoxideError),
    /// The path of the database is not UTF-8.
    #[error("the path of the local DynamoDB is not UTF-8: {0}")]
    Path(PathBuf),
    /// A table's definition cannot be read.
    #[error("the definition of a table: {0}")]
    Definition(String),
    /// The table of that name that is there already is another one.
    #[error("the table `{table}` has another {difference} than its definition: remove the data folder, or rename the table")]
    Different {
        /// Its name.
        table: String,
        /// What differs.
        difference: &'static str,
    },
}

impl Tables {
    /// Opens the tables kept in `file`, or in memory where there is none.
    pub(crate) fn open(file: Option<&Path>, clock: Arc<Clock>) -> Result<Self, TablesFault> {
        let database = match file {
            Some(path) => Database::new(path.to_str().ok_or_else(|| TablesFault::Path(path.to_owned()))?)?,
            None => Database::memory_with_clock(Arc::new(MovedClock(Arc::clone(&clock))))?,
        };
        // A commit then waits for no disk: nothing is lost when the process ends, and a power cut costs the last moments of a
        // local table. The engine has no other name for this setting.
        database.disable_bulk_loading()?;
        Ok(Self { database, file: file.map(Path::to_owned), clock, residue: Mutex::default(), written: watch::Sender::default() })
    }

    /// Answers one call. The engine works synchronously, so this belongs on a thread that may block.
    pub(crate) fn answer(&self, operation: &str, body: &Bytes) -> Response<Bytes> {
        let Ok(body) = std::str::from_utf8(body) else {
            return json::fault("dynamodb", StatusCode::BAD_REQUEST, "SerializationException", "the body is not UTF-8");
        };
        match dispatch::dispatch(&self.database, operation, body) {
            None => json::unknown_operation("dynamodb", operation),
            Some(Ok(body)) => {
                if dispatch::writes(operation) {
                    self.written.send_modify(|count| *count += 1);
                }
                json::answer("dynamodb", StatusCode::OK, body)
            }
            Some(Err(error)) => {
                let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                if status.is_server_error() {
                    tracing::error!(operation, %error, "the local DynamoDB failed");
                }
                json::answer("dynamodb", status, error.to_json())
            }
        }
    }

    /// Changes whenever something has been written.
    pub(crate) fn written(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    /// Calls the engine by the wire's own shapes.
    pub(crate) fn call(&self, operation: &str, request: &serde_json::Value) -> Result<serde_json::Value, TablesFault> {
        definition::call(&self.database, operation, request)
    }

    /// Makes the table that `definition` describes (the properties of an `AWS::DynamoDB::Table`, intrinsics resolved) unless
    /// it is there. A table of that name with another key or other indexes is an error.
    pub(crate) fn ensure(&self, definition: &serde_json::Value) -> Result<(), TablesFault> {
        definition::ensure(&self.database, definition)
    }

    /// Deletes the items whose time to live is over on our clock, says how many, and removes what deleted items have left in the file: AWS does it "within a few days", here it
    /// happens when this is called. Deletions appear in the table's stream as the service's own.
    pub(crate) fn sweep_ttl(&self) -> Result<usize, TablesFault> {
        let swept = self.sweep();
        self.written.send_modify(|count| *count += 1);
        swept
    }

    fn sweep(&self) -> Result<usize, TablesFault> {
        let Some(path) = &self.file else { return Ok(self.database.sweep_ttl()?) };
        // A database that was opened from a file keeps system time; a second handle on the same file takes ours.
        let path = path.to_str().ok_or_else(|| TablesFault::Path(path.clone()))?;
        let storage = dynoxide::storage::Storage::new(path)?.with_clock(Arc::new(MovedClock(Arc::clone(&self.clock))));
        let swept = dynoxide::ttl::sweep_expired_items(&storage).now_or_never();
        let swept = swept.unwrap_or_else(|| Err(DynoxideError::InternalServerError("the sweep did not finish".to_owned())))?;
        self.residue.lock().unwrap_or_else(PoisonError::into_inner).remove(&storage, self.clock.now())?;
        Ok(swept)
    }
}

/// Our clock as the engine reads it.
struct MovedClock(Arc<Clock>);

impl EngineClock for MovedClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().duration_since(jiff::Timestamp::UNIX_EPOCH).as_secs_f64()
    }
}
