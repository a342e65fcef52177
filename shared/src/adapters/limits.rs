//! How the limits lie in the table: every attempt is an item of its own, in the partition of its subject, written when its
//! session is reserved. A reservation also replaces the partition's `state`, so of two that were counted on the same attempts
//! one is refused; a judgement writes its own attempt only and so never meets anybody.

use super::item::{Item, from_item, sortable, to_item};
use super::refusal::fault;
use super::verification_table::{CODES, VerificationTable};
use crate::domain::{
    ATTEMPT_MATTERS_FOR, Attempt, AttemptState, DeviceKey, MOST_TELLING_FAILURES, SessionNumber, Standing, SubjectKey, VerificationId, hex,
    standing,
};
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A subject's attempts as they were read, and the version that a reservation has to name.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Whose.
    pub subject: SubjectKey,
    /// Those that can still matter, in no order.
    pub attempts: Vec<Attempt>,
    /// When an administrator lifted what was before.
    pub cleared_at: Option<Timestamp>,
    pub(super) version: u64,
}

/// An attempt with the names that make it an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) subject: &'a SubjectKey,
    pub(super) verification: &'a VerificationId,
    pub(super) session: SessionNumber,
    pub(super) attempt: Attempt,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttemptItem {
    pk: String,
    sk: String,
    expires_at: i64,
    at: Timestamp,
    state: AttemptState,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateItem {
    pk: String,
    sk: String,
    expires_at: i64,
    version: u64,
    cleared_at: Option<Timestamp>,
}

const STATE: &str = "state";
const FAILURE: &str = "failure#";

impl Counted<'_> {
    /// Tells it from other attempts, and nothing about whose it is: what is counted outlives what it was counted on.
    fn name(&self) -> String {
        let name = format!("{}#{:02}", self.verification, self.session.0);
        hex(ring::digest::digest(&ring::digest::SHA256, name.as_bytes()).as_ref())
    }
}

impl Limits {
    /// Whether another session may be had.
    pub fn standing(&self, now: Timestamp) -> Standing {
        standing(&self.attempts, self.cleared_at, now)
    }
}

impl VerificationTable {
    /// What is counted of a subject.
    pub async fn limits(&self, subject: &SubjectKey) -> Result<Limits, Fault> {
        let mut limits = Limits { subject: subject.clone(), attempts: Vec::new(), cleared_at: None, version: 0 };
        for item in self.partition(&subject_partition(subject), None, "read what is counted of a subject").await? {
            if item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == STATE) {
                let state: StateItem = from_item(item)?;
                limits.version = state.version;
                limits.cleared_at = state.cleared_at;
            } else {
                let attempt: AttemptItem = from_item(item)?;
                limits.attempts.push(Attempt { at: attempt.at, state: attempt.state });
            }
        }
        Ok(limits)
    }

    /// The newest of what failed on a device since then, whoever was in front of it: as many as can make it suspicious. The id is the
    /// client's, so a partition may hold what a whole page's users failed.
    pub async fn device_failures(&self, device: &DeviceKey, since: Timestamp) -> Result<Vec<Attempt>, Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(device_partition(device)))
            .expression_attribute_values(":from", AttributeValue::S(format!("{FAILURE}{}", sortable(since))))
            // '$' follows '#': everything that begins with "failure#" lies between.
            .expression_attribute_values(":to", AttributeValue::S("failure$".to_owned()))
            .scan_index_forward(false)
            .limit(i32::try_from(MOST_TELLING_FAILURES).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault(CODES, "read what failed on a device", &error))?;
        let read = |item| from_item::<AttemptItem>(item).map(|read| Attempt { at: read.at, state: read.state });
        answer.items.unwrap_or_default().into_iter().map(read).collect()
    }

    /// Lifts every limit of what was before. None when somebody else changed it at the same moment.
    pub async fn clear_limits(&self, limits: &Limits, now: Timestamp) -> Result<Option<()>, Fault> {
        let (condition, values) = state_condition(limits);
        let written = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(state_item(limits, Some(now), now)?))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        Ok(super::verification_table::took_place(written, "lift a limit")?.then_some(()))
    }
}

/// The partition's state, one version on.
pub(super) fn state_item(limits: &Limits, cleared_at: Option<Timestamp>, now: Timestamp) -> Result<Item, Fault> {
    to_item(&StateItem {
        pk: subject_partition(&limits.subject),
        sk: STATE.to_owned(),
        expires_at: kept_until(now),
        version: limits.version + 1,
        cleared_at,
    })
}

/// Under which the state may be replaced.
pub(super) fn state_condition(limits: &Limits) -> (&'static str, Option<Item>) {
    if limits.version == 0 {
        return ("attribute_not_exists(pk)", None);
    }
    ("version = :loaded", Some(Item::from([(":loaded".to_owned(), AttributeValue::N(limits.version.to_string()))])))
}

/// An attempt in its subject's partition.
pub(super) fn attempt_item(counted: Counted<'_>) -> Result<Item, Fault> {
    to_item(&AttemptItem {
        pk: subject_partition(counted.subject),
        sk: format!("attempt#{}", counted.name()),
        expires_at: kept_until(counted.attempt.at),
        at: counted.attempt.at,
        state: counted.attempt.state,
    })
}

/// A failure in its device's partition.
pub(super) fn failure_item(device: &DeviceKey, counted: Counted<'_>) -> Result<Item, Fault> {
    to_item(&AttemptItem {
        pk: device_partition(device),
        sk: format!("{FAILURE}{}#{}", sortable(counted.attempt.at), counted.name()),
        expires_at: kept_until(counted.attempt.at),
        at: counted.attempt.at,
        state: counted.attempt.state,
    })
}

fn subject_partition(subject: &SubjectKey) -> String {
    format!("lockout#{}", subject.as_str())
}

fn device_partition(device: &DeviceKey) -> String {
    format!("device#{}", device.as_str())
}

fn kept_until(at: Timestamp) -> i64 {
    at.as_second() + ATTEMPT_MATTERS_FOR.as_secs()
}

impl VerificationTable {
    /// Every item of a partition, or those whose sort key begins so, in the order of their sort keys.
    pub(super) async fn partition(&self, pk: &str, sk_begins: Option<&str>, context: &'static str) -> Result<Vec<Item>, Fault> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        query = match sk_begins {
            None => query.key_condition_expression("pk = :pk"),
            Some(begins) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(begins.to_owned())),
        };
        let mut items = Vec::new();
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(|error| fault(CODES, context, &error))?.items.unwrap_or_default());
        }
        Ok(items)
    }
}
