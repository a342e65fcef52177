//! Makes a table from the properties of an `AWS::DynamoDB::Table`, so that the local table is the one that `template.yaml` deploys.

use super::TablesFault;
use super::dispatch::dispatch;
use dynoxide::{Database, DynoxideError};
use serde_json::{Map, Value, json};

/// Properties that `CreateTable` takes under the same name and in the same shape.
const SHARED: [&str; 9] = [
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "DeletionProtectionEnabled",
    "TableClass",
];

pub(super) fn ensure(database: &Database, definition: &Value) -> Result<(), TablesFault> {
    let properties = definition.as_object().ok_or_else(|| TablesFault::Definition("it must be an object".to_owned()))?;
    let name = properties.get("TableName").and_then(Value::as_str);
    let name = name.ok_or_else(|| TablesFault::Definition("`TableName` must be a string".to_owned()))?;
    match call(database, "DescribeTable", &json!({"TableName": name})) {
        Ok(found) => compare(name, properties, found.get("Table").unwrap_or(&Value::Null))?,
        Err(TablesFault::Engine(DynoxideError::ResourceNotFoundException(_))) => {
            call(database, "CreateTable", &creation(properties))?;
        }
        Err(error) => return Err(error),
    }
    expire(database, name, properties)
}

/// Calls the engine by the wire's own shapes, which are the ones that a template has.
pub(super) fn call(database: &Database, operation: &str, request: &Value) -> Result<Value, TablesFault> {
    let answer = dispatch(database, operation, &request.to_string());
    let answer = answer.unwrap_or_else(|| Err(DynoxideError::InternalServerError(format!("there is no {operation}"))))?;
    serde_json::from_str(&answer).map_err(|error| TablesFault::Definition(error.to_string()))
}

fn creation(properties: &Map<String, Value>) -> Value {
    let mut request: Map<String, Value> =
        properties.iter().filter(|(key, _)| SHARED.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())).collect();
    // CloudFormation says what a stream holds, the API also that it is on.
    if let Some(view) = properties.get("StreamSpecification").and_then(|stream| stream.get("StreamViewType")) {
        request.insert("StreamSpecification".to_owned(), json!({"StreamEnabled": true, "StreamViewType": view}));
    }
    Value::Object(request)
}

/// The table is kept as it is when its key and indexes are the defined ones; anything else would be found out much later.
fn compare(table: &str, defined: &Map<String, Value>, found: &Value) -> Result<(), TablesFault> {
    let different = |difference| Err(TablesFault::Different { table: table.to_owned(), difference });
    if defined.get("KeySchema") != found.get("KeySchema") {
        return different("key");
    }
    for (kind, difference) in [("GlobalSecondaryIndexes", "global index"), ("LocalSecondaryIndexes", "local index")] {
        if indexes(defined.get(kind)) != indexes(found.get(kind)) {
            return different(difference);
        }
    }
    Ok(())
}

/// Names and keys of the indexes, in the order of their names.
fn indexes(list: Option<&Value>) -> Vec<(String, Value)> {
    let mut indexes: Vec<(String, Value)> = list
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|index| {
            let name = index.get("IndexName").and_then(Value::as_str).unwrap_or_default();
            (name.to_owned(), index.get("KeySchema").cloned().unwrap_or_default())
        })
        .collect();
    indexes.sort_by(|left, right| left.0.cmp(&right.0));
    indexes
}

fn expire(database: &Database, name: &str, properties: &Map<String, Value>) -> Result<(), TablesFault> {
    let Some(wanted) = properties.get("TimeToLiveSpecification") else { return Ok(()) };
    let described = call(database, "DescribeTimeToLive", &json!({"TableName": name}))?;
    let found = |pointer: &str| described.pointer(&format!("/TimeToLiveDescription/{pointer}"));
    // A template may say `true` as a string.
    let enabled = matches!(wanted.get("Enabled"), Some(Value::Bool(true))) || wanted.get("Enabled") == Some(&json!("true"));
    let is_enabled = found("TimeToLiveStatus") == Some(&json!("ENABLED"));
    let attribute = wanted.get("AttributeName");
    if enabled == is_enabled && (!enabled || found("AttributeName") == attribute) {
        return Ok(());
    }
    let request = json!({"TableName": name, "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}});
    call(database, "UpdateTimeToLive", &request).map(drop)
}
