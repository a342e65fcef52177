//! How documents lie in the table. One partition per verification: the document under `verification`, and beside it the records of its
//! decisions and of the looks at its evidence.

use crate::domain::{Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One item as the SDK takes and gives it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The sort key of the document.
pub(super) const DOCUMENT: &str = "verification";

/// How the partition of a verification begins.
const PARTITION: &str = "verification#";

/// The one partition of the index `reviewQueue`: reviews are opened by the minute, not by the millisecond.
pub(super) const REVIEW_QUEUE: &str = "pending";

/// A partition takes a thousand writes a second; eight of them are beyond what Rekognition gives sessions for.
pub(super) const DUE_SHARDS: u8 = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentItem {
    pk: String,
    sk: String,
    version: u64,
    /// The table's TTL attribute: seconds since the epoch.
    expires_at: i64,
    /// Index `bySubject`, with the time of opening.
    subject_key: String,
    created_at: String,
    /// Index `reviewQueue`: only what awaits a verdict is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    review_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_since: Option<String>,
    /// Index `due`: only what time will change is in it, in as many shards as cleanup reads side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    document: Verification,
}

/// What is read back: the rest follows from the document.
#[derive(Deserialize)]
struct StoredDocument {
    version: u64,
    document: Verification,
}

/// The key of a verification's document.
pub(super) fn document_key(id: &VerificationId) -> Item {
    key(&partition(id), DOCUMENT)
}

/// The document as an item of that version.
pub(super) fn document_item(verification: &Verification, version: u64) -> Result<Item, Fault> {
    let awaits = verification.review.as_ref().filter(|_| verification.needs_verdict());
    let due = verification.due_at();
    to_item(&DocumentItem {
        pk: partition(&verification.id),
        sk: DOCUMENT.to_owned(),
        version,
        expires_at: verification.records_kept_until(),
        subject_key: verification.subject_key.as_str().to_owned(),
        created_at: sortable(verification.created_at),
        review_queue: awaits.as_ref().map(|_| REVIEW_QUEUE.to_owned()),
        review_since: awaits.map(|review| sortable(review.since)),
        due_shard: due.map(|_| due_shard(shard_of(verification.id.as_str()))),
        due_at: due.map(jiff::Timestamp::as_second),
        document: verification.clone(),
    })
}

/// The document and the version that it was read at.
pub(super) fn read_document(item: Item) -> Result<(Verification, u64), Fault> {
    let read: StoredDocument = from_item(item)?;
    Ok((read.document, read.version))
}

/// The document that an image of the table's stream holds, and its version; none for an image of something else, or of nothing.
pub fn read_image(image: serde_dynamo::Item) -> Result<Option<(Verification, u64)>, Fault> {
    let of = |name: &str| {
        image.get(name).and_then(|value| match value {
            serde_dynamo::AttributeValue::S(text) => Some(text.as_str()),
            _ => None,
        })
    };
    if of("sk") != Some(DOCUMENT) || !of("pk").is_some_and(|pk| pk.starts_with(PARTITION)) {
        return Ok(None);
    }
    let read: StoredDocument = serde_dynamo::from_item(image)
        .map_err(|error| Fault::new(FaultCode::StoreCorrupt, "read a verification in the table's stream", error))?;
    Ok(Some((read.document, read.version)))
}

pub(super) fn partition(id: &VerificationId) -> String {
    format!("{PARTITION}{id}")
}

/// Whose document an item or a key is.
pub(super) fn id_of(item: &Item) -> Result<VerificationId, Fault> {
    let id = text(item, "pk").and_then(|pk| pk.strip_prefix(PARTITION)).and_then(VerificationId::parse);
    id.ok_or_else(|| Fault::bare(FaultCode::StoreCorrupt, "read the name of a listed verification"))
}

/// The key of an item.
pub(super) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), AttributeValue::S(pk.to_owned())), ("sk".to_owned(), AttributeValue::S(sk.to_owned()))])
}

/// An attribute that is a text.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A time that sorts as text as it does in time.
pub(super) fn sortable(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The shard that an id falls into.
pub(super) fn shard_of(id: &str) -> u8 {
    let sum = id.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    sum % DUE_SHARDS
}

/// The partition of a shard in the index `due`.
pub(super) fn due_shard(shard: u8) -> String {
    format!("due#{shard}")
}

/// What an item holds. What is wrong with it stays here: the error would quote the value, which is a person's.
pub(super) fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, Fault> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|_| Fault::bare(FaultCode::StoreCorrupt, "read a stored item"))
}

pub(super) fn to_item<T: Serialize>(value: &T) -> Result<Item, Fault> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|error| Fault::new(FaultCode::Bug, "write a document as an item", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Nonce, OpenVerification, Owner, SessionState, StackKey};
    use crate::policy::Catalogue;

    fn stored() -> Item {
        let alice = Owner { issuer: "https://issuer.example/".into(), subject: "alice".into() };
        let verification = OpenVerification {
            id: VerificationId::from_bytes([1; 16]),
            subject_key: StackKey::new("a stack's secret").subject(&alice),
            owner: alice,
            terms: Catalogue::shipped().unwrap().get(None).unwrap().clone(),
            nonce: Some(Nonce::from_bytes([2; 16])),
            device_id: Some("phone".into()),
            device_key: None,
            external_reference: None,
            source: None,
            consent: None,
            metadata: [("order".to_owned(), "7".to_owned())].into(),
            opening_digest: "digest".into(),
            waiting: None,
            client_access: None,
        }
        .at("2026-11-22T12:00:00Z".parse().unwrap());
        document_item(&verification, 3).unwrap()
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let (verification, version) = read_document(stored()).unwrap();
        assert_eq!((version, verification.sessions.len()), (3, 1));
        assert_eq!(document_item(&verification, version).unwrap(), stored());
    }

    /// Every key that an index sorts by is as long as the others.
    #[test]
    fn times_sort_as_text() {
        let times = ["2026-11-22T12:00:00Z", "2026-11-22T12:00:00.001Z", "2026-11-22T12:00:00.5Z", "2026-11-22T12:00:01Z"];
        let texts: Vec<String> = times.iter().map(|time| sortable(time.parse().unwrap())).collect();
        assert!(texts.is_sorted(), "{texts:?}");
    }

    /// Two releases run side by side while one replaces the other.
    #[test]
    fn a_document_of_another_release_is_read() {
        let mut item = stored();
        let Some(AttributeValue::M(document)) = item.get_mut("document") else { panic!("no document") };
        document.insert("later".into(), AttributeValue::Bool(true));
        let Some(AttributeValue::M(terms)) = document.get_mut("terms") else { panic!("no terms") };
        terms.insert("later".into(), AttributeValue::Bool(true));
        let Some(AttributeValue::L(sessions)) = document.get_mut("sessions") else { panic!("no sessions") };
        let Some(AttributeValue::M(session)) = sessions.first_mut() else { panic!("no session") };
        session.remove("issuedAt");
        let (verification, _) = read_document(item).unwrap();
        assert_eq!(verification.sessions.first().map(|session| &session.state), Some(&SessionState::Reserved));
    }

    #[test]
    fn what_is_not_a_document_is_a_fault() {
        let mut item = stored();
        item.remove("document");
        assert_eq!(read_document(item).unwrap_err().code, FaultCode::StoreCorrupt);
    }
}
