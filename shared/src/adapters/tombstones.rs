//! Tombstones: a subject that is being erased has one, and nothing is opened, reserved or decided for him while it stands.

use super::item::Item;
use crate::domain::{SubjectKey, Verification};
use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

/// The sort key of a tombstone.
pub(super) const TOMBSTONE: &str = "tombstone";

/// The key of a subject's tombstone.
pub(super) fn tombstone_key(subject: &SubjectKey) -> Item {
    let text = |text: String| AttributeValue::S(text);
    Item::from([("pk".to_owned(), text(format!("tombstone#{}", subject.as_str()))), ("sk".to_owned(), text(TOMBSTONE.to_owned()))])
}

/// Makes a transaction fail while the subject of the verification is being erased.
pub(super) fn absent_tombstone(table: &str, verification: &Verification) -> Result<TransactWriteItem, Fault> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(tombstone_key(&verification.subject_key)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|error| Fault::new(FaultCode::Bug, "build a check", error))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}
