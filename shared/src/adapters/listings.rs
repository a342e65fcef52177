//! Lists of verifications: the indexes name them, and each is then read itself, consistently, because an index may lag behind
//! ("Read consistency", Amazon DynamoDB Developer Guide).

use super::item::{DUE_SHARDS, Item, REVIEW_QUEUE, document_key, due_shard, read_document};
use super::refusal::fault;
use super::verification_table::{CODES, Loaded, VerificationTable};
use crate::domain::{SubjectKey, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;
use std::collections::HashMap;

/// Where a list goes on: after this verification, which has this place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The verification.
    pub id: VerificationId,
    /// Its sort key in the index.
    pub sort: String,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// What was found, in the list's order, each with its place.
    pub found: Vec<(Loaded, Place)>,
    /// Whether the list goes on.
    pub more: bool,
}

/// An index with the names of its keys.
struct Index {
    name: &'static str,
    partition: &'static str,
    sort: &'static str,
    newest_first: bool,
}

const BY_SUBJECT: Index = Index { name: "bySubject", partition: "subjectKey", sort: "createdAt", newest_first: true };
const REVIEWS: Index = Index { name: "reviewQueue", partition: "reviewQueue", sort: "reviewSince", newest_first: false };

/// `API_BatchGetItem`: at most so many keys.
const MOST_KEYS: usize = 100;

impl VerificationTable {
    /// A subject's verifications, newest first.
    pub async fn of_subject(&self, subject: &SubjectKey, after: Option<&Place>, limit: u16) -> Result<Page, Fault> {
        self.page(&BY_SUBJECT, subject.as_str(), after, limit).await
    }

    /// What awaits a verdict, oldest first.
    pub async fn reviews(&self, after: Option<&Place>, limit: u16) -> Result<Page, Fault> {
        self.page(&REVIEWS, REVIEW_QUEUE, after, limit).await
    }

    /// Some verifications that time has changed by now, of every shard.
    pub async fn due(&self, now: Timestamp, limit_per_shard: u16) -> Result<Vec<Loaded>, Fault> {
        let shards = (0..DUE_SHARDS).map(|shard| self.due_in(shard, now, limit_per_shard));
        let ids: Vec<VerificationId> = futures_util::future::try_join_all(shards).await?.into_iter().flatten().collect();
        self.load_many(&ids).await
    }

    async fn due_in(&self, shard: u8, now: Timestamp, limit: u16) -> Result<Vec<VerificationId>, Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(due_shard(shard)))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| fault(CODES, "look for what is due", &error))?;
        answer.items().iter().map(id_of).collect()
    }

    async fn page(&self, index: &Index, partition: &str, after: Option<&Place>, limit: u16) -> Result<Page, Fault> {
        let start = after.map(|place| {
            let mut key = document_key(&place.id);
            key.insert(index.partition.to_owned(), AttributeValue::S(partition.to_owned()));
            key.insert(index.sort.to_owned(), AttributeValue::S(place.sort.clone()));
            key
        });
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index.name)
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", index.partition)
            .expression_attribute_values(":partition", AttributeValue::S(partition.to_owned()))
            .scan_index_forward(!index.newest_first)
            .set_exclusive_start_key(start)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| fault(CODES, "list verifications", &error))?;
        let more = answer.last_evaluated_key.is_some();
        let mut places = Vec::new();
        for item in answer.items() {
            let sort = item.get(index.sort).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            places.push(Place { id: id_of(item)?, sort });
        }
        let ids: Vec<VerificationId> = places.iter().map(|place| place.id.clone()).collect();
        let mut loaded: HashMap<VerificationId, Loaded> =
            self.load_many(&ids).await?.into_iter().map(|loaded| (loaded.verification.id.clone(), loaded)).collect();
        // Erased since the index was read: not there any more.
        let found = places.into_iter().filter_map(|place| Some((loaded.remove(&place.id)?, place))).collect();
        Ok(Page { found, more })
    }

    /// These verifications, as far as they are there, in no order.
    async fn load_many(&self, ids: &[VerificationId]) -> Result<Vec<Loaded>, Fault> {
        let mut loaded = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MOST_KEYS) {
            let mut keys: Vec<Item> = chunk.iter().map(document_key).collect();
            // What a busy table leaves out is asked for again (`API_BatchGetItem`, `UnprocessedKeys`).
            while !keys.is_empty() {
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(std::mem::take(&mut keys)))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| Fault::new(FaultCode::Bug, "build a read", error))?;
                let answer = self.client.batch_get_item().request_items(&self.name, asked).send().await;
                let mut answer = answer.map_err(|error| fault(CODES, "load verifications", &error))?;
                for item in answer.responses.as_mut().and_then(|by_table| by_table.remove(&self.name)).unwrap_or_default() {
                    let (verification, version) = read_document(item)?;
                    loaded.push(Loaded { verification, version });
                }
                keys = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name)).map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(loaded)
    }
}

fn id_of(item: &Item) -> Result<VerificationId, Fault> {
    let partition = item.get("pk").and_then(|pk| pk.as_s().ok());
    let id = partition.and_then(|pk| pk.strip_prefix("verification#")).and_then(VerificationId::parse);
    id.ok_or_else(|| Fault::bare(FaultCode::StoreCorrupt, "read the name of a listed verification"))
}
