//! How enrolments lie in the table: one document for each subject, under its keyed digest. It has no time to live, because its end has
//! to reach the collection as well: clean-up forgets the face and then removes the document.

use super::item::{Item, due_shard, from_item, key, shard_of, to_item};
use super::refusal::fault;
use super::tombstones::absent_tombstone;
use super::verification_table::{CODES, Loaded, VerificationTable, Written, put, took_place, unchanged};
use crate::domain::{Enrolment, SubjectKey};
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

/// An enrolment and the version that a replacement has to name.
#[derive(Debug, Clone)]
pub struct LoadedEnrolment {
    /// The document.
    pub enrolment: Enrolment,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnrolmentItem {
    pk: String,
    sk: String,
    version: u64,
    due_shard: String,
    due_at: i64,
    document: Enrolment,
}

const SORT_KEY: &str = "enrolment";

/// What every partition of an enrolment begins with.
pub(super) const PARTITION: &str = "enrolment#";

impl VerificationTable {
    /// The subject's enrolment, if there is one.
    pub async fn enrolment(&self, subject: &SubjectKey) -> Result<Option<LoadedEnrolment>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(enrolment_key(subject)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault(CODES, "load an enrolment", &error))?;
        answer.item.map(read_enrolment).transpose()
    }

    /// Writes a plan down, unless the verification that it rests on has changed or its subject is being erased.
    pub async fn plan_enrolment(
        &self,
        verification: &Loaded,
        before: Option<&LoadedEnrolment>,
        plan: &Enrolment,
        token: &str,
    ) -> Result<Written<LoadedEnrolment>, Fault> {
        let next = before.map_or(1, |before| before.version + 1);
        let document = self.versioned(enrolment_item(plan, next)?, before.map(|before| before.version));
        let tombstone = absent_tombstone(&self.name, &plan.subject_key)?;
        let writes = vec![put(document)?, tombstone, unchanged(&self.name, verification)?];
        self.transact(writes, token, || LoadedEnrolment { enrolment: plan.clone(), version: next }).await
    }

    /// Writes what has become of an enrolment, unless somebody else has or its subject is being erased.
    pub async fn replace_enrolment(
        &self,
        loaded: &LoadedEnrolment,
        next: &Enrolment,
        token: &str,
    ) -> Result<Written<LoadedEnrolment>, Fault> {
        let version = loaded.version + 1;
        let document = self.versioned(enrolment_item(next, version)?, Some(loaded.version));
        let writes = vec![put(document)?, absent_tombstone(&self.name, &next.subject_key)?];
        self.transact(writes, token, || LoadedEnrolment { enrolment: next.clone(), version }).await
    }

    /// Removes an enrolment, unless somebody has changed it. False when somebody has.
    pub async fn remove_enrolment(&self, loaded: &LoadedEnrolment) -> Result<bool, Fault> {
        let removed = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(enrolment_key(&loaded.enrolment.subject_key)))
            .condition_expression("version = :loaded")
            .expression_attribute_values(":loaded", AttributeValue::N(loaded.version.to_string()))
            .send()
            .await;
        took_place(removed, "remove an enrolment")
    }
}

/// The key of a subject's enrolment.
fn enrolment_key(subject: &SubjectKey) -> Item {
    key(&format!("{PARTITION}{}", subject.as_str()), SORT_KEY)
}

/// What was read.
pub(super) fn read_enrolment(item: Item) -> Result<LoadedEnrolment, Fault> {
    let item: EnrolmentItem = from_item(item)?;
    Ok(LoadedEnrolment { enrolment: item.document, version: item.version })
}

fn enrolment_item(enrolment: &Enrolment, version: u64) -> Result<Item, Fault> {
    let subject = enrolment.subject_key.as_str();
    to_item(&EnrolmentItem {
        pk: format!("{PARTITION}{subject}"),
        sk: SORT_KEY.to_owned(),
        version,
        due_shard: due_shard(shard_of(subject)),
        due_at: enrolment.due_at().as_second(),
        document: enrolment.clone(),
    })
}
