//! From an operation's name and JSON body to the engine's call, and the engine's words for a body that it cannot read.

use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs `operation`, or returns nothing when it is not one of ours. `PartiQL`, backups and vector search are left out: nothing
/// here calls them.
pub(super) fn dispatch(database: &Database, operation: &str, body: &str) -> Option<Result<String>> {
    let answer = match operation {
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "DeleteTable" => run(body, |request| database.delete_table(request)),
        "DescribeStream" => run(body, |request| database.describe_stream(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "GetRecords" => run(body, |request| database.get_records(request)),
        "GetShardIterator" => run(body, |request| database.get_shard_iterator(request)),
        "ListStreams" => run(body, |request| database.list_streams(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        "ListTagsOfResource" => run(body, |request| database.list_tags_of_resource(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "TagResource" => run(body, |request| database.tag_resource(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "UntagResource" => run(body, |request| database.untag_resource(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "UpdateTable" => run(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        _ => return None,
    };
    Some(answer.map_err(|error| worded(operation, error)))
}

/// Whether an operation that went well may have changed an item.
pub(super) fn writes(operation: &str) -> bool {
    matches!(operation, "BatchWriteItem" | "DeleteItem" | "PutItem" | "TransactWriteItems" | "UpdateItem")
}

fn run<Q: DeserializeOwned, A: Serialize>(body: &str, call: impl FnOnce(Q) -> Result<A>) -> Result<String> {
    let request = serde_json::from_str(body).map_err(|error| unreadable(&error))?;
    serde_json::to_string(&call(request)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's requests put the class of their error in front of the message, and `serde_json` the position behind it.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    for (marker, class) in [
        ("VALIDATION_REQUEST:", DynoxideError::EnvelopedValidation as fn(String) -> DynoxideError),
        ("VALIDATION_AS_READ:", DynoxideError::ValidationException),
        ("VALIDATION:", DynoxideError::ValidationException),
        ("SERIALIZATION_AS_READ:", DynoxideError::SerializationException),
        ("SERIALIZATION:", DynoxideError::SerializationException),
    ] {
        if let Some(message) = message.strip_prefix(marker) {
            return class(message.to_owned());
        }
    }
    // DynamoDB validates what is missing, and refuses to read what has another type.
    if message.starts_with("missing field") || message.contains("unknown variant") || message.contains("Supplied AttributeValue") {
        return DynoxideError::ValidationException(message.to_owned());
    }
    DynoxideError::SerializationException(message.to_owned())
}

/// Three writes put a refused value into an envelope (the engine marks which); everything else says it bare.
fn worded(operation: &str, error: DynoxideError) -> DynoxideError {
    match error {
        DynoxideError::EnvelopedValidation(message) if matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem") => {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        other => other,
    }
}
