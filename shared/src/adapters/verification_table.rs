//! The table: load a verification, insert a new one, replace one if nobody else has, always together with what is counted and
//! recorded beside it. Every read is consistent. Failed conditions and transaction conflicts are ordinary answers here: somebody
//! else was first - or it was this very write, whose answer was lost and which was sent again. The caller loads and applies once
//! more; if it was his own, that changes nothing.

use super::decisions::{Judged, decision_item};
use super::item::{DOCUMENT, Item, document_item, document_key, key, partition, read_document, text};
use super::limits::{Counted, Limits, attempt_item, failure_item, state_condition, state_item};
use super::refusal::{Codes, fault};
use super::tombstones::absent_tombstone;
use crate::domain::{Attempt, AttemptState, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};

/// The table of verifications.
#[derive(Debug, Clone)]
pub struct VerificationTable {
    pub(super) client: aws_sdk_dynamodb::Client,
    pub(super) name: String,
}

/// A document and the version that a replacement has to name.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The document as it was stored; see [`Verification::at`].
    pub verification: Verification,
    pub(super) version: u64,
}

/// What is written with a document, in the same transaction.
#[derive(Debug, Clone, Copy)]
pub enum Along<'a> {
    /// Nothing but what follows from the change itself.
    Nothing,
    /// The attempt of the session that is reserved, counted on these limits.
    Reservation(&'a Limits),
    /// The record of the session that is judged.
    Record(Judged<'a>),
}

/// How a write went.
#[derive(Debug)]
pub enum Written<T> {
    /// It took place; what was written, as a later write has to name it.
    Done(Box<T>),
    /// Somebody else was first, or it was this write, sent again.
    Conflict,
    /// The subject is being erased.
    Erased,
}

pub(super) const CODES: Codes = Codes { unavailable: FaultCode::StoreUnavailable, refused: FaultCode::StoreRefused };
const FIRST_VERSION: u64 = 1;
const MOST_REMOVED_AT_ONCE: usize = 25;

impl Loaded {
    fn new(verification: &Verification, version: u64) -> Self {
        Self { verification: verification.clone(), version }
    }
}

impl VerificationTable {
    /// The table of that name.
    pub fn new(client: aws_sdk_dynamodb::Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// The document, if there is one.
    pub async fn load(&self, id: &VerificationId) -> Result<Option<Loaded>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(document_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault(CODES, "load a verification", &error))?;
        let Some(item) = answer.item else { return Ok(None) };
        let (verification, version) = read_document(item)?;
        Ok(Some(Loaded { verification, version }))
    }

    /// Writes a verification that does not exist yet, unless its subject is being erased. `limits` count its first session,
    /// where it has one. `token` makes all tries of the SDK one transaction (`API_TransactWriteItems`, `ClientRequestToken`).
    pub async fn insert(&self, verification: &Verification, limits: Option<&Limits>, token: &str) -> Result<Written<Loaded>, Fault> {
        let document = self.versioned(document_item(verification, FIRST_VERSION)?, None);
        let mut writes = vec![put(document)?, absent_tombstone(&self.name, &verification.subject_key)?];
        if let Some(limits) = limits {
            self.reserve(&mut writes, verification, limits)?;
        }
        self.transact(writes, token, || Loaded::new(verification, FIRST_VERSION)).await
    }

    /// Writes the next version of what was loaded, and settles the attempts of the sessions that ended in it.
    pub async fn replace(&self, loaded: &Loaded, next: &Verification, along: Along<'_>, token: &str) -> Result<Written<Loaded>, Fault> {
        let next_version = loaded.version + 1;
        let document = self.versioned(document_item(next, next_version)?, Some(loaded.version));
        let mut writes = vec![put(document)?];
        match along {
            Along::Nothing => {}
            Along::Reservation(limits) => {
                writes.push(absent_tombstone(&self.name, &next.subject_key)?);
                self.reserve(&mut writes, next, limits)?;
            }
            Along::Record(judged) => {
                writes.push(absent_tombstone(&self.name, &next.subject_key)?);
                let record = self.put(decision_item(next, judged)?).condition_expression("attribute_not_exists(pk)");
                writes.push(put(record)?);
            }
        }
        for (session, attempt) in loaded.verification.settled_by(next) {
            let counted = Counted { subject: &next.subject_key, verification: &next.id, session, attempt };
            writes.push(put(self.put(attempt_item(counted)?))?);
            if let (AttemptState::Failed, Some(device)) = (attempt.state, &next.device_key) {
                writes.push(put(self.put(failure_item(device, counted)?))?);
            }
        }
        self.transact(writes, token, || Loaded::new(next, next_version)).await
    }

    /// The sort keys of everything that is stored of a verification.
    pub async fn items_of(&self, id: &VerificationId) -> Result<Vec<String>, Fault> {
        let items = self.partition(&partition(id), None, "find what is stored of a verification").await?;
        Ok(items.iter().filter_map(|item| text(item, "sk").map(str::to_owned)).collect())
    }

    /// Removes those items of a verification, its document last: as long as that is there, whoever was cut off finds the rest.
    pub async fn remove_items(&self, id: &VerificationId, sort_keys: &[String]) -> Result<(), Fault> {
        let remove = async |sort_key: &str| {
            let removed = self.client.delete_item().table_name(&self.name).set_key(Some(key(&partition(id), sort_key))).send().await;
            removed.map(drop).map_err(|error| fault(CODES, "remove an item", &error))
        };
        for some in sort_keys.chunks(MOST_REMOVED_AT_ONCE) {
            let beside = some.iter().filter(|sort_key| *sort_key != DOCUMENT).map(|sort_key| remove(sort_key));
            futures_util::future::try_join_all(beside).await?;
        }
        remove(DOCUMENT).await
    }

    async fn put_alone<T>(&self, put: Put, done: impl FnOnce() -> T) -> Result<Written<T>, Fault> {
        let written = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_values(put.expression_attribute_values)
            .send()
            .await;
        Ok(if took_place(written, "replace a document")? { Written::Done(Box::new(done())) } else { Written::Conflict })
    }

    /// Opens the connection: a read of nothing. What it answers does not matter.
    pub async fn warm_up(&self) {
        let _ = self.load(&VerificationId::from_bytes([0; 16])).await;
    }

    /// The attempt of the newest session, and the limits that it was counted on.
    fn reserve(&self, writes: &mut Vec<TransactWriteItem>, verification: &Verification, limits: &Limits) -> Result<(), Fault> {
        let Some(newest) = verification.sessions.last() else { return Ok(()) };
        let attempt = Attempt { at: newest.created_at, state: AttemptState::Held };
        let counted = Counted { subject: &limits.subject, verification: &verification.id, session: newest.number, attempt };
        let (condition, values) = state_condition(limits);
        let state = self
            .put(state_item(limits, limits.cleared_at, newest.created_at)?)
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        writes.push(put(state)?);
        writes.push(put(self.put(attempt_item(counted)?))?);
        Ok(())
    }

    /// A write of a document that has to be of that version, or not there at all.
    pub(super) fn versioned(&self, item: Item, version: Option<u64>) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        match version {
            None => self.put(item).condition_expression("attribute_not_exists(pk)"),
            Some(version) => self
                .put(item)
                .condition_expression("version = :loaded")
                .expression_attribute_values(":loaded", AttributeValue::N(version.to_string())),
        }
    }

    pub(super) fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    pub(super) async fn transact<T>(
        &self,
        writes: Vec<TransactWriteItem>,
        token: &str,
        done: impl FnOnce() -> T,
    ) -> Result<Written<T>, Fault> {
        let writes = match alone(writes) {
            Ok(put) => return Box::pin(self.put_alone(put, done)).await,
            Err(writes) => writes,
        };
        // The SDK's futures are large; on the heap they are in nobody's way.
        let written = self.client.transact_write_items().set_transact_items(Some(writes)).client_request_token(token).send();
        match Box::pin(written).await {
            Ok(_) => Ok(Written::Done(Box::new(done()))),
            Err(error) => match contention(&error) {
                Some(Contention::Tombstone) => Ok(Written::Erased),
                Some(Contention::Others) => Ok(Written::Conflict),
                None => Err(fault(CODES, "write a document", &error)),
            },
        }
    }
}

/// The one write, if it is one: outside a transaction it costs half.
fn alone(mut writes: Vec<TransactWriteItem>) -> Result<Put, Vec<TransactWriteItem>> {
    match writes.pop() {
        Some(TransactWriteItem { put: Some(put), .. }) if writes.is_empty() => Ok(put),
        last => {
            writes.extend(last);
            Err(writes)
        }
    }
}

pub(super) fn put(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, Fault> {
    let put = put.build().map_err(|error| Fault::new(FaultCode::Bug, "build a write", error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Makes a transaction fail where the document is not as it was loaded.
pub(super) fn unchanged(table: &str, loaded: &Loaded) -> Result<TransactWriteItem, Fault> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(document_key(&loaded.verification.id)))
        .condition_expression("version = :loaded")
        .expression_attribute_values(":loaded", AttributeValue::N(loaded.version.to_string()))
        .build()
        .map_err(|error| Fault::new(FaultCode::Bug, "build a check", error))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// Whether a conditional write of one item took place; false where its condition did not hold or another transaction was at it.
pub(super) fn took_place<T, E: ProvideErrorMetadata>(
    written: Result<T, SdkError<E, HttpResponse>>,
    context: &'static str,
) -> Result<bool, Fault> {
    match written {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException" | "TransactionConflictException") => Ok(false),
            _ => Err(fault(CODES, context, &error)),
        },
    }
}

/// Who stood in the way of a transaction.
enum Contention {
    Others,
    Tombstone,
}

/// A transaction is cancelled as a whole; it is contention only if every write that was refused was refused for that. The
/// tombstone is the second write wherever it is asked for.
fn contention(error: &SdkError<TransactWriteItemsError>) -> Option<Contention> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let codes: Vec<&str> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
            let mut refusals = codes.iter().filter(|code| **code != "None").peekable();
            refusals.peek()?;
            if !refusals.all(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) {
                return None;
            }
            let alone = codes.first() == Some(&"None") && codes.get(1) == Some(&"ConditionalCheckFailed");
            Some(if alone && is_tombstone(cancelled) { Contention::Tombstone } else { Contention::Others })
        }
        TransactWriteItemsError::TransactionInProgressException(_) => Some(Contention::Others),
        _ => None,
    }
}

/// The refused check returns what it found: the record of a decision that somebody else has written is no tombstone.
fn is_tombstone(cancelled: &aws_sdk_dynamodb::types::error::TransactionCanceledException) -> bool {
    let found = cancelled.cancellation_reasons().get(1).and_then(|reason| reason.item());
    found.and_then(|item| item.get("sk")).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == super::tombstones::TOMBSTONE)
}
