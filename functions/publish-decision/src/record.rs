//! A record of the table's stream, as the write that it tells of.

use aws_lambda_events::event::dynamodb::EventRecord;
use jiff::Timestamp;
use prooflight_shared::adapters::read_image;
use prooflight_shared::domain::{DocumentWrite, Publication};
use prooflight_shared::fault::Fault;

/// Who deletes what is past its time to live ("Working with expired items and TTL", Amazon DynamoDB Developer Guide).
const TIME_TO_LIVE: &str = "dynamodb.amazonaws.com";

/// What follows from a record; nothing from one that is of no verification's document, or that tells of an item whose time was over.
pub(crate) fn publication(record: EventRecord) -> Result<Publication, Fault> {
    if record.user_identity.is_some_and(|identity| identity.principal_id == TIME_TO_LIVE) {
        return Ok(Publication::default());
    }
    let at = Timestamp::from_second(record.change.approximate_creation_date_time.timestamp()).unwrap_or_default();
    let (before, after) = (read_image(record.change.old_image)?, read_image(record.change.new_image)?);
    let sequence = match (&before, &after) {
        (_, Some((_, version))) => *version,
        // The removal is the next write.
        (Some((_, version)), None) => version + 1,
        (None, None) => return Ok(Publication::default()),
    };
    let (before, after) = (before.as_ref().map(|(document, _)| document), after.as_ref().map(|(document, _)| document));
    Ok(Publication::of(DocumentWrite { before, after, sequence, at }))
}
