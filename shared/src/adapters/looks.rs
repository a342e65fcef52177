//! Who has looked at evidence: each look is an item of its own in the verification's partition, written before anything is shown.

use super::item::{from_item, partition, sortable, to_item};
use super::refusal::fault;
use super::tombstones::absent_tombstone;
use super::verification_table::{CODES, Loaded, VerificationTable, Written, put};
use crate::domain::{Owner, VerificationId};
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One look.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Whose.
    pub reviewer: &'a Owner,
    /// [`Verification::evidence_tag`](crate::domain::Verification::evidence_tag) of what was shown.
    pub evidence_tag: &'a str,
    /// When.
    pub at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LookItem<'a> {
    pk: String,
    sk: String,
    expires_at: i64,
    reviewer: &'a Owner,
    evidence_tag: &'a str,
    at: Timestamp,
}

#[derive(Deserialize)]
struct StoredLook {
    at: Timestamp,
}

const LOOK: &str = "look#";

impl VerificationTable {
    /// Writes down a look at what was loaded, unless its subject is being erased. `random` tells apart looks at the same moment;
    /// `token` makes all tries of the SDK one transaction.
    pub async fn record_look(&self, loaded: &Loaded, look: Look<'_>, random: &str, token: &str) -> Result<Written<Loaded>, Fault> {
        let verification = &loaded.verification;
        let item = to_item(&LookItem {
            pk: partition(&verification.id),
            sk: format!("{}#{random}", looks_from(look.at)),
            expires_at: verification.records_kept_until(),
            reviewer: look.reviewer,
            evidence_tag: look.evidence_tag,
            at: look.at,
        })?;
        let writes = vec![put(self.put(item))?, absent_tombstone(&self.name, &verification.subject_key)?];
        self.transact(writes, token, || loaded.clone()).await
    }

    /// When somebody has looked at it; never who.
    pub async fn looks(&self, id: &VerificationId) -> Result<Vec<Timestamp>, Fault> {
        let items = self.partition(&partition(id), Some(LOOK), "read when somebody has looked at evidence").await?;
        items.into_iter().map(|item| from_item::<StoredLook>(item).map(|look| look.at)).collect()
    }

    /// Whether this reviewer has looked at this evidence at or after `since`.
    pub async fn has_looked(&self, id: &VerificationId, reviewer: &Owner, evidence_tag: &str, since: Timestamp) -> Result<bool, Fault> {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            // '$' follows '#': everything that begins with "look#" lies between.
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .filter_expression("reviewer = :reviewer AND evidenceTag = :tag")
            .expression_attribute_values(":pk", AttributeValue::S(partition(id)))
            .expression_attribute_values(":from", AttributeValue::S(looks_from(since)))
            .expression_attribute_values(":to", text("look$"))
            .expression_attribute_values(":reviewer", AttributeValue::M(to_item(reviewer)?))
            .expression_attribute_values(":tag", text(evidence_tag))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(CODES, "read who has looked at evidence", &error))?;
            if !page.items().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What the sort keys of looks begin with from then on.
fn looks_from(at: Timestamp) -> String {
    format!("{LOOK}{}", sortable(at))
}
