//! Everything that is delivered at least once, delivered up to three times, in any order and some side by side: nothing changes by it.
//! The orders are drawn from seeds; a failure names its seed.

use crate::erasures::erase;
use crate::proxy;
use crate::publications::{SUBJECT, Workflow, left, token, told, until};
use crate::signing::signed;
use crate::world::{Item, World, ids};
use futures_util::future::join_all;
use http::Method;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::SignedDuration;
use prooflight_publish_decision::PublishDecision;
use prooflight_rescue_session::RescueSession;
use prooflight_shared::app::Entropy;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Orders of messages, each with verifications of its own, and orders of records.
const SEEDS: (u8, u8) = (4, 8);

/// Each one to three times, in an order of its own.
fn storm<T: Clone>(once: &[T], seed: u8) -> Vec<T> {
    let draw = Entropy::new(&[seed; 32]);
    let mut storm: Vec<T> = once.iter().flat_map(|one| vec![one.clone(); 1 + draw.draw_number() as usize % 3]).collect();
    for at in (1..storm.len()).rev() {
        storm.swap(at, draw.draw_number() as usize % (at + 1));
    }
    storm
}

/// Cuts what is delivered into parts of one to `most`.
fn parts<T: Clone>(all: &[T], most: usize, seed: u8) -> Vec<Vec<T>> {
    let draw = Entropy::new(&[seed ^ 0xff; 32]);
    let (mut parts, mut rest) = (Vec::new(), all);
    while !rest.is_empty() {
        let (part, left) = rest.split_at((1 + draw.draw_number() as usize % most).min(rest.len()));
        parts.push(part.to_vec());
        rest = left;
    }
    parts
}

/// A message, and how old its session is when it is delivered.
type Delivery = (String, i64);

/// One verification for every way in which a session can end without its browser; their ids, and their messages.
async fn abandoned(world: &World, name: &str) -> (Vec<String>, Vec<Delivery>) {
    let (mut verifications, mut messages) = (Vec::new(), Vec::new());
    for ending in ["passed", "failed", "broken", "unused", "retried", "cancelled", "reviewed"] {
        let subject = format!("{name}-{ending}");
        let user = world.user(&subject).await;
        let (id, mut session_id) = if ending == "reviewed" {
            let id = crate::enrolments::opened(&world.caller("shop", "open").await, &subject, "onboarding").await.expect(201);
            ids(&user.next(id["verificationId"].as_str().unwrap()).await.expect(201))
        } else {
            ids(&user.open(&json!({}), None).await.expect(201))
        };
        let mut sessions = 1;
        if ending == "retried" {
            world.succeeded(&session_id, 20.0).await;
            user.complete(&id, &session_id).await.expect(200);
            (_, session_id) = ids(&user.next(&id).await.expect(201));
            sessions = 2;
        }
        match ending {
            "unused" => {}
            "broken" => world.outcome(&json!({ "sessionId": session_id, "status": "FAILED" })).await,
            "failed" => world.succeeded(&session_id, 20.0).await,
            "reviewed" => world.succeeded(&session_id, 70.0).await,
            _ => world.succeeded(&session_id, 95.0).await,
        }
        if ending == "cancelled" {
            user.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await.expect(200);
        }
        for number in 1..=sessions {
            let body = json!({ "verificationId": id, "sessionNumber": number }).to_string();
            messages.extend([60, 150].map(|age| (body.clone(), age)));
        }
        verifications.push(id);
    }
    // Of what was reserved and never committed, and of what nobody knows any more.
    messages.push((json!({ "verificationId": verifications[0], "sessionNumber": 9 }).to_string(), 60));
    messages.push((json!({ "verificationId": format!("ver_{}", "0".repeat(32)), "sessionNumber": 1 }).to_string(), 60));
    (verifications, messages)
}

/// Everything of these verifications that is kept, and the names of their images.
async fn kept_of(world: &World, ids: &[String]) -> (Vec<Item>, Vec<String>) {
    let ours = |text: &str| ids.iter().any(|id| text.contains(id.as_str()));
    let mut items: Vec<Item> = world.items().await.into_iter().filter(|item| ours(item["pk"].as_s().unwrap())).collect();
    items.sort_by_key(|item| format!("{:?} {:?}", item["pk"], item["sk"]));
    (items, world.image_keys().await.into_iter().filter(|key| ours(key)).collect())
}

/// How each verification stands: its status, its attempts, its decisions and its images.
async fn standing(world: &World, ids: &[String]) -> Vec<(String, u64, usize, usize)> {
    let service = world.caller("shop", "read").await;
    let mut all = Vec::new();
    for id in ids {
        let read = service.send(Method::GET, &format!("/verifications/{id}"), &[], "").await.expect(200);
        let (items, images) = kept_of(world, std::slice::from_ref(id)).await;
        let decisions = items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("decision#")).count();
        all.push((read["status"].as_str().unwrap().to_owned(), read["attemptsLeft"].as_u64().unwrap(), decisions, images.len()));
    }
    all
}

/// What the queue does, one message an invocation.
struct Deliveries<'a> {
    function: &'a RescueSession,
    opened_at: jiff::Timestamp,
    seed: u8,
    made: u32,
}

impl Deliveries<'_> {
    /// Part by part, those of one part side by side; how many were given back.
    async fn make(&mut self, parts: Vec<Vec<Delivery>>) -> usize {
        let mut given_back = 0;
        for part in parts {
            let numbered = part.into_iter().zip(self.made..).collect::<Vec<_>>();
            self.made += u32::try_from(numbered.len()).unwrap();
            let handled = join_all(numbered.iter().map(|((body, age), number)| self.one(body, *age, *number))).await;
            given_back += handled.iter().filter(|handled| !**handled).count();
        }
        given_back
    }

    async fn one(&self, body: &str, age: i64, number: u32) -> bool {
        let request_id = format!("seed-{}-{number}", self.seed);
        let mut entropy = [self.seed; 32];
        entropy[..4].copy_from_slice(&number.to_be_bytes());
        let event = json!({"Records": [{"messageId": request_id, "body": body, "attributes": {}, "messageAttributes": {}}]});
        let invocation = Invocation { now: self.opened_at + SignedDuration::from_secs(age), request_id, entropy };
        let answer = self.function.handle(serde_json::from_value(event).unwrap(), invocation).await.unwrap();
        serde_json::to_value(answer).unwrap()["batchItemFailures"] == json!([])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_again_in_any_order_change_nothing() {
    let world = World::start().await;
    let function = RescueSession::connect(&proxy::environment(&world.aws_url(), &world, RescueSession::NAME)).unwrap();
    let mut expected = None;
    for seed in 0..SEEDS.0 {
        let opened_at = world.now();
        let (verifications, once) = abandoned(&world, &format!("seed-{seed}")).await;
        // The first seed is how it ought to be: each once, one after the other.
        let first = if seed == 0 { once.iter().map(|one| vec![one.clone()]).collect() } else { parts(&storm(&once, seed), 4, seed) };
        // Then once more when every session is over, which ends the one that nobody has used, and once more at all times.
        let late: Vec<Delivery> = once.iter().map(|(body, _)| (body.clone(), 400)).collect();
        let again = storm(&[once, late.clone()].concat(), seed ^ 0x55);
        let mut deliveries = Deliveries { function: &function, opened_at, seed, made: 0 };
        deliveries.make(first).await;
        deliveries.make(vec![late]).await;
        let found = standing(&world, &verifications).await;
        assert_eq!(&found, expected.get_or_insert_with(|| found.clone()), "seed {seed}");
        let before = kept_of(&world, &verifications).await;
        let given_back = deliveries.make(parts(&again, 4, seed)).await;
        assert_eq!((given_back, kept_of(&world, &verifications).await), (0, before), "seed {seed}");
    }
    let statuses: Vec<String> = expected.unwrap().into_iter().map(|(status, ..)| status).collect();
    assert_eq!(statuses, ["approved", "open", "open", "open", "approved", "expired", "in_review"]);
    world.stop().await;
}

/// The whole stream of the table, as Lambda would read it.
async fn records(world: &World) -> Vec<Value> {
    let client: Client<_, Full<hyper::body::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let call = async |operation: &str, body: Value| -> Value {
        let request = signed(&world.aws_url(), &format!("DynamoDBStreams_20120810.{operation}"), &body).map(Full::new);
        let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&answer).unwrap()
    };
    let stream = call("ListStreams", json!({})).await["Streams"][0]["StreamArn"].clone();
    let described = call("DescribeStream", json!({ "StreamArn": stream })).await;
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let ask = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = call("GetShardIterator", ask).await["ShardIterator"].clone();
    let mut records = Vec::new();
    loop {
        let page = call("GetRecords", json!({ "ShardIterator": iterator })).await;
        let found = page["Records"].as_array().unwrap();
        if found.is_empty() {
            return records;
        }
        records.extend(found.iter().cloned());
        iterator = page["NextShardIterator"].clone();
    }
}

/// What the bus was told: each event once, and that it was the same every time.
async fn events(world: &World) -> BTreeMap<String, Value> {
    let mut events = BTreeMap::new();
    for event in left(world).await["events"].as_array().unwrap() {
        let (id, content) =
            (event["detail"]["eventId"].as_str().unwrap().to_owned(), json!([event["time"], event["detailType"], event["detail"]]));
        let known = events.entry(id).or_insert_with(|| content.clone());
        assert_eq!(*known, content);
    }
    events
}

/// A life is told by the stack as it happens. Its records are then delivered to another stack, whose workflows wait for the same: that
/// one is told the same, whatever the order, however often, whatever comes with it in a batch.
#[tokio::test]
async fn records_that_come_again_in_any_order_are_told_the_same() {
    let world = World::start().await;
    let workflow = Workflow::start(&world).await;
    let mut waiting = Vec::new();
    for (key, policy, confidence) in [("passed", "liveness", 97.0), ("reviewed", "onboarding", 70.0), ("left", "liveness", 0.0)] {
        let token = token(&world).await;
        let id = workflow.open(policy, key, &token).await;
        if confidence > 0.0 {
            workflow.check(&id, confidence).await;
        }
        if key == "reviewed" {
            workflow.judge(&id, "denied", "not_live").await;
        }
        waiting.push(token);
    }
    erase(&world, SUBJECT).await;
    let mut outcomes = Vec::new();
    for token in &waiting {
        outcomes.push(told(&world, token).await);
    }
    let expected = until(async || Some(events(&world).await).filter(|events| events.len() == 9)).await;
    let mut once = records(&world).await;
    assert!(once.len() > 20, "{}", once.len());
    let image = json!({ "pk": { "S": "verification#ver_0" }, "sk": { "S": "verification" }, "document": { "S": "not a document" } });
    let poison = json!({
        "awsRegion": "us-east-1", "eventID": "poison", "eventName": "INSERT",
        "dynamodb": { "ApproximateCreationDateTime": 1_800_000_000, "NewImage": image, "SequenceNumber": "poison", "SizeBytes": 1 },
    });
    once.push(poison);
    let once = serde_json::to_string(&once).unwrap();

    let other = World::start().await;
    let publish = PublishDecision::connect(&proxy::environment(&other.aws_url(), &other, PublishDecision::NAME)).unwrap();
    for seed in 1..=SEEDS.1 {
        // Its own tokens stand where the first stack's stood.
        let mut theirs = Vec::new();
        let mut records = once.clone();
        for ours in &waiting {
            let token = token(&other).await;
            assert!(records.contains(ours.as_str()));
            records = records.replace(ours, &token);
            theirs.push(token);
        }
        let records: Vec<Value> = serde_json::from_str(&records).unwrap();
        for batch in parts(&storm(&records, seed), 10, seed) {
            let poisoned = batch.iter().filter(|record| record["eventID"] == "poison").count();
            let event = serde_json::from_value(json!({ "Records": batch })).unwrap();
            let invocation = Invocation { now: other.now(), request_id: format!("seed-{seed}"), entropy: [seed; 32] };
            let answer = serde_json::to_value(publish.handle(event, invocation).await.unwrap()).unwrap();
            let failed = vec![json!({ "itemIdentifier": "poison" }); poisoned];
            assert_eq!(answer, json!({ "batchItemFailures": failed }), "seed {seed}");
        }
        assert_eq!(events(&other).await, expected, "seed {seed}");
        for (token, outcome) in theirs.iter().zip(&outcomes) {
            assert_eq!(told(&other, token).await, *outcome, "seed {seed}");
        }
    }
    drop(workflow);
    world.stop().await;
    other.stop().await;
}
