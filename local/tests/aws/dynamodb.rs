//! DynamoDB's promises that the product rests on: conditions, transactions, expiry by the clock, and data that outlives a restart.

use crate::support::{FUNCTION, World, keys};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use prooflight_local::aws::journal::Entry;
use serde_json::{Value, json};

fn table() -> Value {
    json!({
        "TableName": "verifications",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"},
        }],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true},
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
    })
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn put(key: &str, version: i64) -> Put {
    Put::builder()
        .table_name("verifications")
        .item("pk", s(key))
        .item("sk", s("v"))
        .item("version", n(version))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap()
}

async fn version(world: &World, key: &str) -> Option<String> {
    let request = world.dynamodb().get_item().table_name("verifications").key("pk", s(key)).key("sk", s("v")).consistent_read(true);
    let item = request.send().await.unwrap().item?;
    Some(item["version"].as_n().unwrap().clone())
}

#[tokio::test]
async fn a_cancelled_transaction_writes_nothing_and_says_why_item_by_item() {
    let world = World::in_memory();
    world.endpoint.ensure_table(&table()).unwrap();
    let client = world.dynamodb();
    let write = |key: &str, version| TransactWriteItem::builder().put(put(key, version)).build();
    client.transact_write_items().transact_items(write("a", 7)).send().await.unwrap();
    let check = ConditionCheck::builder().table_name("verifications").key("pk", s("c")).key("sk", s("v"));
    let check = TransactWriteItem::builder().condition_check(check.condition_expression("attribute_exists(pk)").build().unwrap()).build();
    let request = client.transact_write_items().transact_items(write("b", 1)).transact_items(write("a", 1)).transact_items(check);
    let error = request.send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(error) = error else { panic!("another error: {error:?}") };
    let reasons = error.cancellation_reasons();
    let codes: Vec<_> = reasons.iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1].item().unwrap()["version"], n(7), "the item that stood in the way");
    assert_eq!(version(&world, "b").await, None, "nothing of it was written");
    let twice = client.transact_write_items().transact_items(write("d", 1)).transact_items(write("d", 2)).send().await.unwrap_err();
    assert_eq!(twice.code(), Some("ValidationException"), "one item has one place in a transaction");
}

#[tokio::test]
async fn a_transaction_repeated_with_its_token_is_done_once() {
    let world = World::in_memory();
    world.endpoint.ensure_table(&table()).unwrap();
    let client = world.dynamodb();
    let count = |by: i64| {
        let update = Update::builder()
            .table_name("verifications")
            .key("pk", s("counter"))
            .key("sk", s("v"))
            .update_expression("ADD version :by")
            .expression_attribute_values(":by", n(by))
            .build()
            .unwrap();
        client
            .transact_write_items()
            .client_request_token("token-1")
            .transact_items(TransactWriteItem::builder().update(update).build())
            .send()
    };
    for _ in 0..3 {
        count(1).await.unwrap();
    }
    assert_eq!(version(&world, "counter").await.as_deref(), Some("1"));
    let error = count(2).await.unwrap_err().into_service_error();
    assert!(error.is_idempotent_parameter_mismatch_exception(), "{error:?}");
}

#[tokio::test]
async fn of_many_writers_of_one_version_one_succeeds() {
    let world = World::in_memory();
    world.endpoint.ensure_table(&table()).unwrap();
    let client = world.dynamodb();
    let writes = (0..20).map(|number| {
        let request = client.put_item().table_name("verifications").item("pk", s("a")).item("sk", s("v")).item("version", n(number));
        request
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    });
    let results = futures_util::future::join_all(writes).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(error) = error.into_service_error() else {
            panic!("another error");
        };
        assert!(error.item().is_some(), "the item that was there comes along");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_right_is_refused_in_dynamodbs_words() {
    let world = World::in_memory();
    world.endpoint.ensure_table(&table()).unwrap();
    let client = world.dynamodb();
    let missing = client.get_item().table_name("nowhere").key("pk", s("a")).send().await.unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
    let half = client.get_item().table_name("verifications").key("pk", s("a")).send().await.unwrap_err();
    assert_eq!(half.code(), Some("ValidationException"));
    assert_eq!(half.message(), Some("The provided key element does not match the schema"));
    let wrong = client.put_item().table_name("verifications").item("pk", n(1)).item("sk", s("v")).send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("ValidationException"), "{wrong:?}");
}

#[tokio::test]
async fn items_expire_when_the_clock_is_advanced() {
    let folder = tempfile::tempdir().unwrap();
    for world in [World::in_memory(), World::open(Some(folder.path()))] {
        world.endpoint.ensure_table(&table()).unwrap();
        let client = world.dynamodb();
        for (key, seconds) in [("soon", 60), ("late", 7200)] {
            let item = client.put_item().table_name("verifications").item("pk", s(key)).item("sk", s("v")).item("version", n(1));
            item.item("expires", n(world.clock.now().as_second() + seconds)).send().await.unwrap();
        }
        assert_eq!(world.endpoint.sweep_ttl().unwrap(), 0);
        world.clock.advance(3600).unwrap();
        assert_eq!(world.endpoint.sweep_ttl().unwrap(), 1);
        assert_eq!((version(&world, "soon").await, version(&world, "late").await), (None, Some("1".to_owned())));
        // The connection that serves requests and the one that swept go on side by side.
        client.put_item().table_name("verifications").item("pk", s("soon")).item("sk", s("v")).item("version", n(2)).send().await.unwrap();
        assert_eq!(version(&world, "soon").await.as_deref(), Some("2"));
    }
}

#[tokio::test]
async fn tables_outlive_a_restart_and_are_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_table(&table()).unwrap();
    let item = world.dynamodb().put_item().table_name("verifications").item("pk", s("a")).item("sk", s("v")).item("version", n(3));
    item.send().await.unwrap();
    drop(world);
    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_table(&table()).unwrap();
    assert_eq!(version(&world, "a").await.as_deref(), Some("3"));
    let described = world.dynamodb().describe_time_to_live().table_name("verifications").send().await.unwrap();
    let described = described.time_to_live_description.unwrap();
    assert_eq!(described.attribute_name(), Some("expires"));
    let mut other = table();
    other["KeySchema"][1]["AttributeName"] = json!("day");
    other["AttributeDefinitions"].as_array_mut().unwrap().remove(1);
    let error = world.endpoint.ensure_table(&other).unwrap_err();
    assert!(error.to_string().contains("another key"), "{error}");
    let mut other = table();
    other.as_object_mut().unwrap().remove("GlobalSecondaryIndexes");
    assert!(world.endpoint.ensure_table(&other).unwrap_err().to_string().contains("another global index"));
}

#[tokio::test]
async fn the_journal_knows_which_function_used_which_permission() {
    let world = World::in_memory();
    world.endpoint.ensure_table(&table()).unwrap();
    let config = world.sdk_for(&keys(FUNCTION, "function-secret", None), None);
    let client = aws_sdk_dynamodb::Client::new(&config);
    client.transact_write_items().transact_items(TransactWriteItem::builder().put(put("a", 1)).build()).send().await.unwrap();
    let query = client.query().table_name("verifications").index_name("by-day").key_condition_expression("#day = :day");
    query.expression_attribute_names("#day", "day").expression_attribute_values(":day", s("x")).send().await.unwrap();
    let entry = |action: &str, resource: &str| Entry {
        caller: world.function(),
        action: action.into(),
        resource: format!("arn:aws:dynamodb:eu-west-1:000000000000:table/{resource}"),
    };
    let expected = [entry("dynamodb:PutItem", "verifications"), entry("dynamodb:Query", "verifications/index/by-day")];
    assert_eq!(world.endpoint.journal().entries(), expected);

    let other = client.query().table_name("verifications").index_name("by-night").key_condition_expression("#day = :day");
    let refused = other.send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("AccessDeniedException"), "the role names another index");
    let refused = client.delete_item().table_name("verifications").key("pk", s("a")).send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("AccessDeniedException"), "the role does not delete");
    assert_eq!(world.endpoint.journal().entries(), expected, "what is refused was not used");
}
