//! The permissions that IAM checks for a DynamoDB call: one per item of a transaction, and the index where one is queried
//! (Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB").

use crate::aws::journal::ACCOUNT;
use serde_json::Value;

/// Action and ARN of everything that `operation` needs. A body without a table gives the table name `*`.
pub(crate) fn permissions(operation: &str, body: &[u8], region: &str) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let named = |name: &str| format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}");
    let table = |of: &Value| named(of.get("TableName").and_then(Value::as_str).unwrap_or("*"));
    let one = |resource: String| vec![(format!("dynamodb:{operation}"), resource)];
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            let items = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            items
                .filter_map(Value::as_object)
                .flatten()
                .filter_map(|(kind, item)| Some((format!("dynamodb:{}", transact_action(kind)?), table(item))))
                .collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            tables.map(|(name, _)| (format!("dynamodb:{operation}"), named(name))).collect()
        }
        "Query" | "Scan" => match body.get("IndexName").and_then(Value::as_str) {
            Some(index) => one(format!("{}/index/{index}", table(&body))),
            None => one(table(&body)),
        },
        "ListTables" => one("*".to_owned()),
        "ListStreams" | "DescribeStream" | "GetShardIterator" | "GetRecords" => one(format!("{}/stream/*", table(&body))),
        _ => one(table(&body)),
    }
}

fn transact_action(kind: &str) -> Option<&'static str> {
    match kind {
        "Put" => Some("PutItem"),
        "Update" => Some("UpdateItem"),
        "Delete" => Some("DeleteItem"),
        "ConditionCheck" => Some("ConditionCheckItem"),
        "Get" => Some("GetItem"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_transaction_needs_what_its_items_need() {
        let body = json!({"TransactItems": [
            {"Put": {"TableName": "a"}}, {"Update": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}, {"Delete": {"TableName": "b"}},
        ]});
        let arn = |table| format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{table}");
        let expected = [("PutItem", "a"), ("UpdateItem", "a"), ("ConditionCheckItem", "b"), ("DeleteItem", "b")];
        let expected: Vec<_> = expected.into_iter().map(|(action, table)| (format!("dynamodb:{action}"), arn(table))).collect();
        assert_eq!(permissions("TransactWriteItems", body.to_string().as_bytes(), "eu-west-1"), expected);
    }

    #[test]
    fn a_query_of_an_index_names_the_index() {
        let body = json!({"TableName": "a", "IndexName": "by-day"}).to_string();
        let expected = vec![("dynamodb:Query".to_owned(), format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/a/index/by-day"))];
        assert_eq!(permissions("Query", body.as_bytes(), "eu-west-1"), expected);
    }
}
