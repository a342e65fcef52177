//! One verification is one compare-and-swap document: load, apply, replace if nobody else has. A failed condition or a
//! transaction conflict loads and applies again; because `apply` is idempotent, one's own lost write turns into "unchanged".

use crate::adapters::{Along, Judged, Loaded, VerificationTable, Written};
use crate::domain::{Change, Command, Rejection, Standing, VerificationId, hex};
use crate::fault::{Fault, FaultCode};
use jiff::Timestamp;
use std::time::Duration;

/// Loads and applies this often before the caller is asked to come again.
pub(super) const TRIES: u8 = 6;
const LEAST_PAUSE_MS: u64 = 10;
const MOST_PAUSE_MS: u64 = 200;

/// Why a change did not take place.
#[derive(Debug)]
pub enum Refused {
    /// The rules say no.
    Rejected(Rejection),
    /// The subject has failed too often, or asked too often.
    Limited {
        /// Which limit.
        standing: Standing,
        /// When to come again.
        retry_after_seconds: u32,
    },
    /// It is gone, or about to go: its subject is erased.
    Erased,
    /// Something failed.
    Faulted(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Faulted(fault)
    }
}

/// Random bytes that were minted at the edge, handed out piece by piece: no two pieces are alike, and none can be guessed
/// from another.
#[derive(Debug)]
pub struct Entropy {
    key: ring::hmac::Key,
    drawn: std::sync::atomic::AtomicU64,
}

impl Entropy {
    /// From the bytes of one invocation.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self { key: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, bytes), drawn: std::sync::atomic::AtomicU64::new(0) }
    }

    /// The next 16 bytes.
    pub fn draw(&self) -> [u8; 16] {
        let count = self.drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let tag = ring::hmac::sign(&self.key, &count.to_be_bytes());
        let mut piece = [0; 16];
        piece.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        piece
    }

    /// A number, uniform over all of its values.
    pub fn draw_number(&self) -> u32 {
        let [first, second, third, fourth, ..] = self.draw();
        u32::from_be_bytes([first, second, third, fourth])
    }

    /// The next 16 bytes as 32 hexadecimal digits.
    pub fn draw_hex(&self) -> String {
        hex(&self.draw())
    }
}

/// Applies `command` to the verification and returns it as it is stored then. `record` is the judged session's record, written
/// in the same transaction. `loaded` saves the first load where the caller has made it already.
pub async fn change_verification(
    table: &VerificationTable,
    id: &VerificationId,
    mut loaded: Option<Loaded>,
    command: &Command,
    record: Option<Judged<'_>>,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Loaded, Refused> {
    let along = record.map_or(Along::Nothing, Along::Record);
    for _ in 0..TRIES {
        let current = match loaded.take() {
            Some(current) => current,
            // The SDK's futures are large; on the heap they are in no caller's way.
            None => Box::pin(table.load(id)).await?.ok_or(Refused::Erased)?,
        };
        let next = match current.verification.apply(command, now).map_err(Refused::Rejected)? {
            Change::Unchanged => return Ok(current),
            Change::Changed(next) => *next,
        };
        match Box::pin(table.replace(&current, &next, along, &entropy.draw_hex())).await? {
            Written::Done(replaced) => return Ok(*replaced),
            Written::Erased => return Err(Refused::Erased),
            Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
        }
    }
    Err(Refused::Faulted(Fault::bare(FaultCode::StoreContended, "change a verification that others keep changing")))
}

/// Full jitter: writers that met once do not meet again.
pub(super) fn pause(random: [u8; 16]) -> Duration {
    let spread = u64::from(random[0]) << 8 | u64::from(random[1]);
    Duration::from_millis(LEAST_PAUSE_MS + spread % (MOST_PAUSE_MS - LEAST_PAUSE_MS + 1))
}
