//! Lists of verifications: the indexes name them, and each is then read itself, consistently, because an index may lag behind
//! ("Read consistency", Amazon DynamoDB Developer Guide).

use super::item::{Item, REVIEW_QUEUE, document_key, id_of, read_document};
use super::refusal::fault;
use super::verification_table::{CODES, Loaded, VerificationTable};
use crate::domain::{SubjectKey, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;
use std::collections::HashMap;

/// A list of verifications.
#[derive(Debug, Clone, Copy)]
pub enum List<'a> {
    /// A subject's, newest first.
    OfSubject(&'a SubjectKey),
    /// What awaits a verdict, oldest first.
    Reviews,
}

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
    /// Where the list goes on; none at its end. What was erased since the index was read has a place, too.
    pub next: Option<Place>,
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
    /// As many of a list as are wanted and `belong` in it at `now`, and where it goes on. An index may lag, and the passing of time changes
    /// what belongs, so what is left out is made up for from what follows.
    pub async fn list(
        &self,
        list: List<'_>,
        after: Option<Place>,
        wanted: u16,
        now: Timestamp,
        belongs: impl Fn(&Verification) -> bool,
    ) -> Result<(Vec<Verification>, Option<Place>), Fault> {
        let mut found = Vec::new();
        let mut after = after;
        loop {
            let page = self.page(list, after.as_ref(), wanted).await?;
            let mut taken = None;
            let mut left = page.found.into_iter();
            for (loaded, place) in left.by_ref() {
                let verification = loaded.verification.at(now);
                if belongs(&verification) {
                    found.push(verification);
                }
                taken = Some(place);
                if found.len() == usize::from(wanted) {
                    break;
                }
            }
            // Where something of this page is left, the list goes on right behind the last that was taken.
            after = if left.next().is_some() { taken } else { page.next };
            if found.len() == usize::from(wanted) || after.is_none() {
                return Ok((found, after));
            }
        }
    }

    /// A page as the index has it.
    pub(crate) async fn page(&self, list: List<'_>, after: Option<&Place>, limit: u16) -> Result<Page, Fault> {
        let (index, partition) = match list {
            List::OfSubject(subject) => (&BY_SUBJECT, subject.as_str()),
            List::Reviews => (&REVIEWS, REVIEW_QUEUE),
        };
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
        let mut places = Vec::new();
        for item in answer.items() {
            let sort = item.get(index.sort).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            places.push(Place { id: id_of(item)?, sort });
        }
        let next = answer.last_evaluated_key.as_ref().and_then(|_| places.last().cloned());
        let ids: Vec<VerificationId> = places.iter().map(|place| place.id.clone()).collect();
        let mut loaded: HashMap<VerificationId, Loaded> =
            self.load_many(&ids).await?.into_iter().map(|loaded| (loaded.verification.id.clone(), loaded)).collect();
        // Erased since the index was read: not there any more.
        let found = places.into_iter().filter_map(|place| Some((loaded.remove(&place.id)?, place))).collect();
        Ok(Page { found, next })
    }

    /// These verifications, as far as they are there, in no order.
    async fn load_many(&self, ids: &[VerificationId]) -> Result<Vec<Loaded>, Fault> {
        let items = self.items(ids.iter().map(document_key).collect()).await?;
        items.into_iter().map(|item| read_document(item).map(|(verification, version)| Loaded { verification, version })).collect()
    }

    /// One item, read consistently.
    pub(super) async fn item(&self, key: Item, context: &'static str) -> Result<Option<Item>, Fault> {
        let answer = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true).send().await;
        Ok(answer.map_err(|error| fault(CODES, context, &error))?.item)
    }

    /// These items, as far as they are there, in no order.
    pub(super) async fn items(&self, keys: Vec<Item>) -> Result<Vec<Item>, Fault> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(MOST_KEYS) {
            let mut keys = chunk.to_vec();
            // What a busy table leaves out is asked for again (`API_BatchGetItem`, `UnprocessedKeys`).
            while !keys.is_empty() {
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(std::mem::take(&mut keys)))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| Fault::new(FaultCode::Bug, "build a read", error))?;
                let answer = self.client.batch_get_item().request_items(&self.name, asked).send().await;
                let mut answer = answer.map_err(|error| fault(CODES, "load what was listed", &error))?;
                found.extend(answer.responses.as_mut().and_then(|by_table| by_table.remove(&self.name)).unwrap_or_default());
                keys = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name)).map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(found)
    }
}
