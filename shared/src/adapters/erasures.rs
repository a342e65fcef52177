//! How erasures lie in the table: a partition for each, with the document, and beside it what was removed of every verification. The
//! names that the second look needs - of verifications, prefixes of the bucket, items - stand in attributes of their own, which are
//! taken away in the end; the keyed digests stay as the receipt.

use super::item::{Item, due_shard, from_item, key, shard_of, text, to_item};
use super::refusal::fault;
use super::tombstones::tombstone_key;
use super::verification_table::{CODES, VerificationTable, Written, put, took_place};
use crate::domain::{Erasure, ErasureId, RECEIPT_KEPT_FOR, Removed};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An erasure and the version that a replacement has to name.
#[derive(Debug, Clone)]
pub struct LoadedErasure {
    /// The document.
    pub erasure: Erasure,
    version: u64,
}

/// What is about to be removed of one verification, or of the collection.
#[derive(Debug, Clone, Default)]
pub struct ToRemove {
    /// Stands for the verification in the receipt; `faces` for the collection.
    pub digest: String,
    /// Prefixes under which objects of it may still turn up.
    pub prefixes: Vec<String>,
    /// Keyed digests of the objects, or faces.
    pub objects: Vec<String>,
    /// Sort keys of the items.
    pub items: Vec<String>,
}

/// What was removed, as far as it is known by now.
#[derive(Debug, Clone, Default)]
pub struct Receipt {
    /// Of verifications.
    pub verifications: Vec<Removed>,
    /// Keyed digests of enrolled faces.
    pub faces: BTreeSet<String>,
    /// Prefixes to look at once more.
    pub prefixes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErasureItem {
    pk: String,
    sk: String,
    version: u64,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    document: Erasure,
}

#[derive(Deserialize)]
struct RemovedItem {
    sk: String,
    #[serde(default)]
    objects: BTreeSet<String>,
    #[serde(default)]
    prefixes: BTreeSet<String>,
    #[serde(default)]
    items: BTreeSet<String>,
    #[serde(default)]
    records: Option<u32>,
}

const SORT_KEY: &str = "erasure";
const REMOVED: &str = "removed#";

/// What is noted of the collection stands where verifications are noted by their digests.
pub const FACES: &str = "faces";

/// What every partition of an erasure begins with.
pub(super) const PARTITION: &str = "erasure#";

impl VerificationTable {
    /// Puts the subject's tombstone and the erasure behind it, or finds the erasure that is under way. None where others were at it at
    /// the same moment.
    pub async fn begin_erasure(&self, erasure: &Erasure, token: &str) -> Result<Option<LoadedErasure>, Fault> {
        if let Some(known) = self.tombstone(erasure).await? {
            return self.erasure(&known).await;
        }
        let mut tombstone = tombstone_key(&erasure.subject_key);
        tombstone.insert("erasureId".to_owned(), AttributeValue::S(erasure.id.as_str().to_owned()));
        let writes = vec![put(self.versioned(tombstone, None))?, put(self.versioned(erasure_item(erasure, 1)?, None))?];
        match self.transact(writes, token, || LoadedErasure { erasure: erasure.clone(), version: 1 }).await? {
            Written::Done(loaded) => Ok(Some(*loaded)),
            Written::Conflict | Written::Erased => Ok(None),
        }
    }

    /// The erasure, if there is one.
    pub async fn erasure(&self, id: &ErasureId) -> Result<Option<LoadedErasure>, Fault> {
        self.item(erasure_key(id), "load an erasure").await?.map(read_erasure).transpose()
    }

    /// Writes how far an erasure has come; with its end the tombstone goes. False when somebody else has written it.
    pub async fn replace_erasure(&self, loaded: &LoadedErasure, next: &Erasure, token: &str) -> Result<bool, Fault> {
        let version = loaded.version + 1;
        let mut writes = vec![put(self.versioned(erasure_item(next, version)?, Some(loaded.version)))?];
        if next.due_at().is_none() {
            let lifted = Delete::builder().table_name(&self.name).set_key(Some(tombstone_key(&next.subject_key))).build();
            let lifted = lifted.map_err(|error| Fault::new(FaultCode::Bug, "build a removal", error))?;
            writes.push(TransactWriteItem::builder().delete(lifted).build());
        }
        let written = self.transact(writes, token, || LoadedErasure { erasure: next.clone(), version }).await?;
        Ok(matches!(written, Written::Done(_)))
    }

    /// Notes what is about to be removed; noting it again adds nothing.
    pub async fn note_removal(&self, erasure: &Erasure, removal: &ToRemove) -> Result<(), Fault> {
        let sets = [(":prefixes", &removal.prefixes), (":objects", &removal.objects), (":items", &removal.items)];
        let sets = sets.into_iter().filter(|(_, values)| !values.is_empty());
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&partition(&erasure.id), &format!("{REMOVED}{}", removal.digest))))
            .expression_attribute_values(":kept", AttributeValue::N(kept_until(erasure).to_string()));
        let mut additions = Vec::new();
        for (name, values) in sets {
            let attribute = format!("#{}", name.trim_start_matches(':'));
            update = update
                .expression_attribute_names(&attribute, name.trim_start_matches(':'))
                .expression_attribute_values(name, AttributeValue::Ss(values.clone()));
            additions.push(format!("{attribute} {name}"));
        }
        let add = if additions.is_empty() { String::new() } else { format!(" ADD {}", additions.join(", ")) };
        let noted = update.update_expression(format!("SET expiresAt = :kept{add}")).send().await;
        noted.map(drop).map_err(|error| fault(CODES, "note what is removed", &error))
    }

    /// What was removed so far.
    pub async fn receipt(&self, id: &ErasureId) -> Result<Receipt, Fault> {
        let mut receipt = Receipt::default();
        for item in self.partition(&partition(id), Some(REMOVED), "read a receipt").await? {
            let item: RemovedItem = from_item(item)?;
            receipt.prefixes.extend(item.prefixes);
            let digest = item.sk.trim_start_matches(REMOVED);
            if digest == FACES {
                receipt.faces = item.objects;
                continue;
            }
            let records = item.records.unwrap_or_else(|| u32::try_from(item.items.len()).unwrap_or(u32::MAX));
            receipt.verifications.push(Removed { verification: digest.to_owned(), objects: item.objects, records });
        }
        Ok(receipt)
    }

    /// Takes the names out of the receipt: what is left are digests, counts and times.
    pub async fn seal_receipt(&self, id: &ErasureId, receipt: &Receipt) -> Result<(), Fault> {
        for removed in &receipt.verifications {
            let sealed = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key(&partition(id), &format!("{REMOVED}{}", removed.verification))))
                .update_expression("SET #records = :records REMOVE #prefixes, #items")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#records", "records")
                .expression_attribute_names("#prefixes", "prefixes")
                .expression_attribute_names("#items", "items")
                .expression_attribute_values(":records", AttributeValue::N(removed.records.to_string()))
                .send()
                .await;
            took_place(sealed, "seal a receipt")?;
        }
        Ok(())
    }

    async fn tombstone(&self, erasure: &Erasure) -> Result<Option<ErasureId>, Fault> {
        let item = self.item(tombstone_key(&erasure.subject_key), "look for a tombstone").await?;
        Ok(item.as_ref().and_then(|item| text(item, "erasureId")).and_then(ErasureId::parse))
    }
}

/// What was read.
pub(super) fn read_erasure(item: Item) -> Result<LoadedErasure, Fault> {
    let item: ErasureItem = from_item(item)?;
    Ok(LoadedErasure { erasure: item.document, version: item.version })
}

fn erasure_item(erasure: &Erasure, version: u64) -> Result<Item, Fault> {
    let due = erasure.due_at();
    to_item(&ErasureItem {
        pk: partition(&erasure.id),
        sk: SORT_KEY.to_owned(),
        version,
        expires_at: kept_until(erasure),
        due_shard: due.map(|_| due_shard(shard_of(erasure.id.as_str()))),
        due_at: due.map(jiff::Timestamp::as_second),
        document: erasure.clone(),
    })
}

fn erasure_key(id: &ErasureId) -> Item {
    key(&partition(id), SORT_KEY)
}

fn partition(id: &ErasureId) -> String {
    format!("{PARTITION}{id}")
}

fn kept_until(erasure: &Erasure) -> i64 {
    erasure.requested_at.as_second() + RECEIPT_KEPT_FOR.as_secs()
}
