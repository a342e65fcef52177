//! The table: load a verification, insert a new one, replace one if nobody else has. Every read is consistent. Failed
//! conditions and transaction conflicts are ordinary answers here, `None`: somebody else was first - or it was this very write,
//! whose answer was lost and which the SDK sent again. The caller loads and applies once more; if it was his own, that changes
//! nothing.

use super::item::{decision_item, document_item, document_key, read_document};
use super::refusal::{Codes, fault};
use crate::domain::{Decision, Evidence, SessionNumber, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

/// The table of verifications.
#[derive(Debug, Clone)]
pub struct VerificationTable {
    client: aws_sdk_dynamodb::Client,
    name: String,
}

/// A document and the version that a replacement has to name.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The document as it was stored; see [`Verification::at`].
    pub verification: Verification,
    version: u64,
}

const CODES: Codes = Codes { unavailable: FaultCode::StoreUnavailable, refused: FaultCode::StoreRefused };
const FIRST_VERSION: u64 = 1;

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

    /// Writes a verification that does not exist yet.
    pub async fn insert(&self, verification: &Verification) -> Result<Option<Loaded>, Fault> {
        let written = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(document_item(verification, FIRST_VERSION)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        Ok(put_took_place(written, "insert a verification")?.then(|| Loaded::new(verification, FIRST_VERSION)))
    }

    /// Writes the next version of what was loaded.
    pub async fn replace(&self, loaded: &Loaded, next: &Verification) -> Result<Option<Loaded>, Fault> {
        let next_version = loaded.version + 1;
        let written = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(document_item(next, next_version)?))
            .condition_expression("version = :loaded")
            .expression_attribute_values(":loaded", version(loaded.version))
            .send()
            .await;
        Ok(put_took_place(written, "replace a verification")?.then(|| Loaded::new(next, next_version)))
    }

    /// Writes the next version together with the record of the session that was judged. `token` makes the SDK's own retries of
    /// this try one transaction; the next try, after loading again, needs another one.
    pub async fn replace_with_decision(
        &self,
        loaded: &Loaded,
        next: &Verification,
        judged: (SessionNumber, &Decision, &Evidence),
        token: &str,
    ) -> Result<Option<Loaded>, Fault> {
        let (number, decision, evidence) = judged;
        let next_version = loaded.version + 1;
        let document = Put::builder()
            .table_name(&self.name)
            .set_item(Some(document_item(next, next_version)?))
            .condition_expression("version = :loaded")
            .expression_attribute_values(":loaded", version(loaded.version));
        let record = Put::builder()
            .table_name(&self.name)
            .set_item(Some(decision_item(next, number, decision, evidence)?))
            .condition_expression("attribute_not_exists(pk)");
        let mut writes = Vec::with_capacity(2);
        for put in [document, record] {
            let put = put.build().map_err(|error| Fault::new(FaultCode::Bug, "build a write", error))?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let written = self.client.transact_write_items().set_transact_items(Some(writes)).client_request_token(token).send().await;
        match written {
            Ok(_) => Ok(Some(Loaded::new(next, next_version))),
            Err(error) if is_contention(&error) => Ok(None),
            Err(error) => Err(fault(CODES, "write a decision", &error)),
        }
    }

    /// Opens the connection: a read of nothing. What it answers does not matter.
    pub async fn warm_up(&self) {
        let _ = self.load(&VerificationId::from_bytes([0; 16])).await;
    }
}

fn version(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn put_took_place<T>(written: Result<T, SdkError<PutItemError>>, context: &'static str) -> Result<bool, Fault> {
    match written {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(refused))
            if matches!(
                refused.err(),
                PutItemError::ConditionalCheckFailedException(_) | PutItemError::TransactionConflictException(_)
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(fault(CODES, context, &error)),
    }
}

/// A transaction is cancelled as a whole; it is contention only if every write that was refused was refused for that.
fn is_contention(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(refused) = error.as_service_error() else { return false };
    match refused {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let mut refusals =
                cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).filter(|code| *code != "None").peekable();
            refusals.peek().is_some() && refusals.all(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
        }
        TransactWriteItemsError::TransactionInProgressException(_) => true,
        _ => false,
    }
}
