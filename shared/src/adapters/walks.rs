//! Walks over everything that there is, page by page and in no order. They read the whole table, and are for operators.

use super::decisions::{DECISION, DecisionRecord};
use super::item::{DOCUMENT, Item, from_item, read_document};
use super::refusal::fault;
use super::verification_table::{CODES, VerificationTable};
use crate::domain::Verification;
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;

/// Some of it, and where the rest begins.
#[derive(Debug)]
pub struct WalkPage<T> {
    /// Each, or why it cannot be read.
    pub found: Vec<Result<T, Fault>>,
    /// None at the end.
    pub next: Option<WalkPlace>,
}

/// Where a walk goes on.
#[derive(Debug)]
pub struct WalkPlace(Item);

impl VerificationTable {
    /// The records of decisions.
    pub async fn all_decisions(&self, place: Option<WalkPlace>) -> Result<WalkPage<DecisionRecord>, Fault> {
        self.walk(DECISION, place, from_item).await
    }

    /// The documents.
    pub async fn all_verifications(&self, place: Option<WalkPlace>) -> Result<WalkPage<Verification>, Fault> {
        self.walk(DOCUMENT, place, |item| read_document(item).map(|(verification, _)| verification)).await
    }

    /// The items whose sort key begins so.
    async fn walk<T>(&self, sort: &str, place: Option<WalkPlace>, read: impl Fn(Item) -> Result<T, Fault>) -> Result<WalkPage<T>, Fault> {
        let call = self.client.scan().table_name(&self.name).consistent_read(true).filter_expression("begins_with(sk, :sort)");
        let call = call.expression_attribute_values(":sort", AttributeValue::S(sort.to_owned()));
        let answer = call.set_exclusive_start_key(place.map(|place| place.0)).send().await;
        let answer = answer.map_err(|error| fault(CODES, "read the whole table", &error))?;
        let found = answer.items.unwrap_or_default().into_iter().map(read).collect();
        Ok(WalkPage { found, next: answer.last_evaluated_key.map(WalkPlace) })
    }
}
