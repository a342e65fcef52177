//! Tombstones: a subject that is being erased has one, and nothing is opened, reserved or decided for him while it stands.

use super::item::{Item, key};
use super::verification_table::VerificationTable;
use crate::domain::SubjectKey;
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::{ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

/// The sort key of a tombstone.
pub(super) const TOMBSTONE: &str = "tombstone";

/// The key of a subject's tombstone.
pub(super) fn tombstone_key(subject: &SubjectKey) -> Item {
    key(&format!("tombstone#{}", subject.as_str()), TOMBSTONE)
}

impl VerificationTable {
    /// Whether the subject is being erased.
    pub async fn is_being_erased(&self, subject: &SubjectKey) -> Result<bool, Fault> {
        Ok(self.item(tombstone_key(subject), "look for a tombstone").await?.is_some())
    }
}

/// Makes a transaction fail while the subject is being erased.
pub(super) fn absent_tombstone(table: &str, subject: &SubjectKey) -> Result<TransactWriteItem, Fault> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(tombstone_key(subject)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|error| Fault::new(FaultCode::Bug, "build a check", error))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}
