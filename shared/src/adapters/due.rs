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

/// Documents that time has changed.
#[derive(Debug, Default)]
pub struct Due {
    /// Verifications with a session to lapse, or to expire themselves.
    pub verifications: Vec<Loaded>,
    /// Enrolments past their retention, and plans that nobody carried out.
    pub enrolments: Vec<LoadedEnrolment>,
    /// Erasures that go on.
    pub erasures: Vec<LoadedErasure>,
}

impl VerificationTable {
    /// Some of what is due by now, of every shard.
    pub async fn due(&self, now: Timestamp, limit_per_shard: u16) -> Result<Due, Fault> {
        let shards = (0..DUE_SHARDS).map(|shard| self.due_in(shard, now, limit_per_shard));
        let keys: Vec<Item> = futures_util::future::try_join_all(shards).await?.into_iter().flatten().collect();
        let mut due = Due::default();
        for item in self.items(keys).await? {
            match text(&item, "pk").unwrap_or_default() {
                pk if pk.starts_with(enrolments::PARTITION) => due.enrolments.push(read_enrolment(item)?),
                pk if pk.starts_with(erasures::PARTITION) => due.erasures.push(read_erasure(item)?),
                _ => {
                    let (verification, version) = read_document(item)?;
                    due.verifications.push(Loaded { verification, version });
                }
            }
        }
        Ok(due)
    }

    async fn due_in(&self, shard: u8, now: Timestamp, limit: u16) -> Result<Vec<Item>, Fault> {
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
        let keys = answer.items().iter().filter_map(|item| Some(key(text(item, "pk")?, text(item, "sk")?)));
        Ok(keys.collect())
    }
}
