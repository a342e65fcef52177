//! A session is reserved, in a new verification or an open one, if the limits over all of the subject's verifications allow it.
//! The attempts are read and written with the document in one transaction, so of any number who ask at once no more get a session
//! than the limits allow.

use super::change::{Entropy, Refused, pause};
use crate::adapters::{Along, Limits, Loaded, VerificationTable, Written};
use crate::domain::{Change, Command, Standing, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use jiff::Timestamp;

/// Where a round has a winner, as many rounds as the limits allow sessions are enough, and the others are refused by the limits; where
/// DynamoDB cancels all contenders, they are asked to come again.
const TRIES: u8 = 8;

/// Writes a new verification, with its first session where it has one. None when there is one of that name.
pub async fn insert_verification(
    table: &VerificationTable,
    verification: &Verification,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Option<Loaded>, Refused> {
    for _ in 0..TRIES {
        let limits =
            if verification.sessions.is_empty() { None } else { Some(allowed(table.limits(&verification.subject_key).await?, now)) };
        // A request that is repeated is not refused for what it has done before.
        let limits = match limits.transpose() {
            Ok(limits) => limits,
            Err(_) if table.load(&verification.id).await?.is_some() => return Ok(None),
            Err(limited) => return Err(limited),
        };
        match table.insert(verification, limits.as_ref(), &entropy.draw_hex()).await? {
            Written::Done(loaded) => return Ok(Some(*loaded)),
            Written::Erased => return Err(Refused::Erased),
            Written::Conflict if table.load(&verification.id).await?.is_some() => return Ok(None),
            Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
        }
    }
    Err(contended())
}

/// Applies a command that reserves a session.
pub async fn reserve_session(
    table: &VerificationTable,
    id: &VerificationId,
    loaded: Loaded,
    command: &Command,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Loaded, Refused> {
    let subject = loaded.verification.subject_key.clone();
    let mut loaded = Some(loaded);
    for _ in 0..TRIES {
        let read = async {
            match loaded.take() {
                Some(loaded) => Ok(Some(loaded)),
                None => table.load(id).await,
            }
        };
        let (current, limits) = tokio::try_join!(read, table.limits(&subject))?;
        let current = current.ok_or(Refused::Erased)?;
        let next = match current.verification.apply(command, now).map_err(Refused::Rejected)? {
            Change::Unchanged => return Ok(current),
            Change::Changed(next) => *next,
        };
        let limits = allowed(limits, now)?;
        match table.replace(&current, &next, Along::Reservation(&limits), &entropy.draw_hex()).await? {
            Written::Done(replaced) => return Ok(*replaced),
            Written::Erased => return Err(Refused::Erased),
            Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
        }
    }
    Err(contended())
}

fn allowed(limits: Limits, now: Timestamp) -> Result<Limits, Refused> {
    match limits.standing(now) {
        Standing::Free => Ok(limits),
        standing => Err(Refused::Limited { standing, retry_after_seconds: standing.retry_after_seconds(now).unwrap_or(1) }),
    }
}

fn contended() -> Refused {
    Refused::Faulted(Fault::bare(FaultCode::StoreContended, "reserve a session while others do"))
}
