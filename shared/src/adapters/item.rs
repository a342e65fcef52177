//! How documents lie in the table. One partition per verification: the document under `verification`, and beside it one
//! unchanging record per judged session under `decision#<number>`.

use crate::domain::{Decision, Evidence, SessionNumber, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One item as the SDK takes and gives it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The sort key of the document.
const DOCUMENT: &str = "verification";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentItem {
    pk: String,
    sk: String,
    version: u64,
    /// The table's TTL attribute: seconds since the epoch.
    expires_at: i64,
    document: Verification,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionItem<'a> {
    pk: String,
    sk: String,
    expires_at: i64,
    verification_id: &'a VerificationId,
    session_number: SessionNumber,
    outcome: crate::domain::Outcome,
    reasons: &'a [crate::domain::Reason],
    policy: &'a str,
    policy_version: &'a str,
    evidence_digest: &'a str,
    decided_at: jiff::Timestamp,
    evidence: &'a Evidence,
}

/// The key of a verification's document.
pub(super) fn document_key(id: &VerificationId) -> Item {
    HashMap::from([("pk".to_owned(), AttributeValue::S(partition(id))), ("sk".to_owned(), AttributeValue::S(DOCUMENT.to_owned()))])
}

/// The document as an item of that version.
pub(super) fn document_item(verification: &Verification, version: u64) -> Result<Item, Fault> {
    to_item(&DocumentItem {
        pk: partition(&verification.id),
        sk: DOCUMENT.to_owned(),
        version,
        expires_at: verification.records_kept_until(),
        document: verification.clone(),
    })
}

/// The document and the version that it was read at.
pub(super) fn read_document(item: Item) -> Result<(Verification, u64), Fault> {
    let read: DocumentItem = serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| Fault::new(FaultCode::StoreCorrupt, "read a stored verification", error))?;
    Ok((read.document, read.version))
}

/// The record of a judged session.
pub(super) fn decision_item(
    verification: &Verification,
    number: SessionNumber,
    decision: &Decision,
    evidence: &Evidence,
) -> Result<Item, Fault> {
    to_item(&DecisionItem {
        pk: partition(&verification.id),
        sk: format!("decision#{:02}", number.0),
        expires_at: verification.records_kept_until(),
        verification_id: &verification.id,
        session_number: number,
        outcome: decision.outcome,
        reasons: &decision.reasons,
        policy: &decision.policy,
        policy_version: &decision.policy_version,
        evidence_digest: &decision.evidence_digest,
        decided_at: decision.decided_at,
        evidence,
    })
}

fn partition(id: &VerificationId) -> String {
    format!("verification#{id}")
}

fn to_item<T: Serialize>(value: &T) -> Result<Item, Fault> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|error| Fault::new(FaultCode::Bug, "write a document as an item", error))
}
