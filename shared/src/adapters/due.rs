//! What time has come for: the sparse index `due` names it, whatever it is, in as many shards as are read side by side. Looking for it
//! costs what is due, not what is stored.

use super::enrolments::{self, LoadedEnrolment, read_enrolment};
use super::erasures::{self, LoadedErasure, read_erasure};
use super::item::{DUE_SHARDS, Item, due_shard, key, read_document, text};
use super::refusal::fault;
use super::verification_table::{CODES, Loaded, VerificationTable};
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// A document that time has come for.
#[derive(Debug)]
pub enum Due {
    /// A verification with a session to lapse, to expire itself, or with something to be removed.
    Verification(Box<Loaded>),
    /// An enrolment past its retention, one that was given up, or a plan that nobody carried out.
    Enrolment(LoadedEnrolment),
    /// An erasure that goes on.
    Erasure(LoadedErasure),
}

/// Some of what is due, and where the rest begins.
#[derive(Debug)]
pub struct DuePage {
    /// Each document, or why it cannot be read: one that cannot holds up nobody else.
    pub found: Vec<Result<Due, Fault>>,
    /// None when that was all.
    pub next: Option<DuePlace>,
}

/// Where a walk over what is due goes on, in every shard that has more.
#[derive(Debug)]
pub struct DuePlace(Vec<(u8, Item)>);

impl VerificationTable {
    /// Some of what is due by now, of every shard. What stays due because it fails is passed by, not met again on the next page.
    pub async fn due(&self, now: Timestamp, place: Option<DuePlace>, limit_per_shard: u16) -> Result<DuePage, Fault> {
        let starts = match place {
            None => (0..DUE_SHARDS).map(|shard| (shard, None)).collect::<Vec<_>>(),
            Some(DuePlace(places)) => places.into_iter().map(|(shard, start)| (shard, Some(start))).collect(),
        };
        let shards = starts.into_iter().map(|(shard, start)| self.due_in(shard, now, start, limit_per_shard));
        let (keys, next): (Vec<_>, Vec<_>) = futures_util::future::try_join_all(shards).await?.into_iter().unzip();
        let found = self.items(keys.into_iter().flatten().collect()).await?.into_iter().map(read).collect();
        let next: Vec<_> = next.into_iter().flatten().collect();
        Ok(DuePage { found, next: (!next.is_empty()).then_some(DuePlace(next)) })
    }

    async fn due_in(&self, shard: u8, now: Timestamp, start: Option<Item>, limit: u16) -> Result<(Vec<Item>, Option<(u8, Item)>), Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(due_shard(shard)))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .set_exclusive_start_key(start)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| fault(CODES, "look for what is due", &error))?;
        let keys = answer.items().iter().filter_map(|item| Some(key(text(item, "pk")?, text(item, "sk")?))).collect();
        Ok((keys, answer.last_evaluated_key.map(|next| (shard, next))))
    }
}

fn read(item: Item) -> Result<Due, Fault> {
    match text(&item, "pk").unwrap_or_default() {
        pk if pk.starts_with(enrolments::PARTITION) => read_enrolment(item).map(Due::Enrolment),
        pk if pk.starts_with(erasures::PARTITION) => read_erasure(item).map(Due::Erasure),
        _ => read_document(item).map(|(verification, version)| Due::Verification(Box::new(Loaded { verification, version }))),
    }
}
