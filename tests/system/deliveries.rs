//! How it is told: what nobody can read, what the bus does not take, what DynamoDB removes by itself, and who may look.

use crate::proxy::{self, Mishap, Proxy};
use crate::publications::{events, kinds, left, until};
use crate::world::{World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use prooflight_publish_decision::PublishDecision;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_record_that_nobody_can_read_is_given_up_and_the_rest_goes_on() {
    let world = World::start().await;
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
    let poison = client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S("verification#ver_00000000000000000000000000000000".into()))
        .item("sk", AttributeValue::S("verification".into()))
        .item("document", AttributeValue::S("not a document".into()));
    poison.send().await.unwrap();
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    alice.complete(&id, &session_id).await.expect(200);
    let events = events(&world, &id, 2).await;
    let letters = until(async || Some(left(&world).await["deadLetters"].clone()).filter(|letters| *letters != json!([]))).await;
    let batch = &letters[0]["letter"]["DDBStreamBatchInfo"];
    assert_eq!((&letters[0]["destination"], letters.as_array().unwrap().len()), (&json!("prooflight-local-unpublished-records"), 1));
    assert!(batch["startSequenceNumber"].as_str().is_some_and(|number| number.len() >= 21), "{batch}");
    assert!(events.iter().all(|event| event["detail"]["verificationId"] == *id));
    let (later, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    assert_eq!(kinds(&crate::publications::events(&world, &later, 1).await), ["VerificationOpened"]);
    world.stop().await;
}

#[tokio::test]
async fn what_dynamodb_removes_because_its_time_is_over_is_no_news() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, _) = ids(&alice.open(&json!({ "policy": "bot-check" }), None).await.expect(201));
    world.advance(31 * 24 * 3600).await;
    assert!(world.items().await.iter().all(|item| !format!("{item:?}").contains(&id)), "its time is over");
    let (later, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    events(&world, &later, 1).await;
    // The stream has an order: what was removed before has been looked at by now.
    assert_eq!(kinds(&events(&world, &id, 2).await), ["VerificationOpened", "VerificationDecided"]);
    world.stop().await;
}

#[tokio::test]
async fn an_event_that_the_bus_did_not_take_is_put_again_alone() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let alice = world.user("alice").await;
    let mut opened = Vec::new();
    for _ in 0..2 {
        opened.push(ids(&alice.open(&json!({}), None).await.expect(201)).0);
    }
    let environment = proxy::environment(&url, &world, PublishDecision::NAME);
    let publish = PublishDecision::connect(&environment).unwrap();
    let mut records = Vec::new();
    for item in world.items().await.into_iter().filter(|item| item["sk"].as_s().unwrap() == "verification") {
        let image = serde_json::to_value(serde_dynamo::Item::from(item)).unwrap();
        let sequence_number = records.len().to_string();
        records.push(json!({
            "awsRegion": "us-east-1", "eventID": sequence_number, "eventName": "INSERT",
            "dynamodb": { "NewImage": image, "SequenceNumber": sequence_number, "SizeBytes": 1 },
        }));
    }
    for id in &opened {
        events(&world, id, 1).await;
    }
    let handle = async || {
        let invocation = Invocation { now: world.now(), request_id: "r1".into(), entropy: [1; 32] };
        let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
        serde_json::to_value(publish.handle(batch, invocation).await.unwrap()).unwrap()
    };
    let counts = async || {
        let events = left(&world).await["events"].clone();
        let mut counts: Vec<usize> = opened
            .iter()
            .map(|id| events.as_array().unwrap().iter().filter(|event| event["detail"]["verificationId"] == **id).count())
            .collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts().await, [1, 1], "by the stream");
    proxy.plan(&[("PutEvents", Mishap::EntryRefused)]);
    assert_eq!(handle().await, json!({ "batchItemFailures": [] }));
    proxy.assert_all_happened();
    assert_eq!(counts().await, [2, 3], "the refused one alone was put again");

    proxy.plan(&[("PutEvents", Mishap::EntryRefused); 3]);
    assert_eq!(handle().await, json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }), "it comes again with its record");
    proxy.plan(&[("PutEvents", Mishap::Unavailable); 3]);
    let all = json!({ "batchItemFailures": [{ "itemIdentifier": "0" }, { "itemIdentifier": "1" }] });
    assert_eq!(handle().await, all, "and so do all when the bus is down");
    proxy.assert_all_happened();
    world.stop().await;
}

#[tokio::test]
async fn foreigners_see_no_events() {
    let world = World::start().await;
    let foreign = ("origin", "https://evil.example");
    for (path, headers) in
        [("/dev/events", &[foreign][..]), ("/dev/events", &[foreign, ("accept", "text/event-stream")]), ("/dev/task?token=x", &[foreign])]
    {
        assert_eq!(world.send(Method::GET, path, headers, "").await.refusal(), (403, "foreign"), "{path} {headers:?}");
    }
    assert_eq!(world.send(Method::GET, "/dev/task?token=x", &[], "").await.refusal(), (404, "not_found"));
    assert_eq!(world.send(Method::POST, "/dev/events", &[JSON], "{}").await.refusal(), (405, "method_not_allowed"));
    world.stop().await;
}
