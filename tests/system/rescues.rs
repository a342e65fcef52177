//! Browsers that never call back: what Rekognition has is collected all the same, inside the 180 seconds, once, and whatever becomes of
//! the messages that ask for it.

use crate::proxy;
use crate::world::{World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use prooflight_rescue_session::RescueSession;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const QUEUE: &str = "prooflight-local-rescue-queue";
const DEAD_LETTERS: &str = "prooflight-local-rescue-dead-letters";

fn url(world: &World, queue: &str) -> String {
    format!("{}/000000000000/{queue}", world.aws_url())
}

/// How many messages a queue has: to be received, held by somebody, delayed.
async fn counts(world: &World, queue: &str) -> [u32; 3] {
    let answer = world.queues().get_queue_attributes().queue_url(url(world, queue)).attribute_names(QueueAttributeName::All).send().await;
    let attributes = answer.unwrap().attributes.unwrap();
    ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        .map(|name| attributes[&QueueAttributeName::from(name)].parse().unwrap())
}

/// The state of the verification's session, as an owner sees it once the clock stands.
async fn standing(world: &World, subject: &str, id: &str) -> (String, u64) {
    let read = world.user(subject).await.get(id).await.expect(200);
    (read["status"].as_str().unwrap().to_owned(), read["attemptsLeft"].as_u64().unwrap())
}

#[tokio::test]
async fn a_browser_that_never_calls_back_loses_nothing() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 2], "two messages, both for later");
    world.succeeded(&session_id, 97.5).await;
    world.advance(50).await;
    assert_eq!(standing(&world, "alice", &id).await.0, "open");
    world.advance(11).await;
    assert_eq!(standing(&world, "alice", &id).await.0, "approved", "when the clock answers, the message has been handled");
    let keys = world.image_keys().await;
    assert_eq!(keys.len(), 3, "the reference image and two audit images: {keys:?}");
    assert_eq!((world.decisions().await, counts(&world, QUEUE).await), (1, [0, 0, 1]));

    // The browser comes back after all, and is told what there is.
    let late = alice.complete(&id, &session_id).await.expect(200);
    assert_eq!((&late["session"], &late["status"]), (&json!("passed"), &json!("approved")));

    // The second message finds nothing to do, and does not ask Rekognition: whoever asked now would fail.
    world.outcome(&json!({"sessionId": session_id, "error": "InternalServerError", "times": 5})).await;
    world.advance(90).await;
    assert_eq!((world.decisions().await, counts(&world, QUEUE).await), (1, [0, 0, 0]));
    assert_eq!(counts(&world, DEAD_LETTERS).await, [0, 0, 0]);
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_ends_late_is_collected_by_the_second_message() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.advance(61).await;
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 1], "not done is no reason to come again soon");
    world.succeeded(&session_id, 12.0).await;
    world.advance(90).await;
    assert_eq!(standing(&world, "alice", &id).await, ("open".to_owned(), 3), "a failed check counts, whoever collects it");
    assert_eq!((world.decisions().await, counts(&world, QUEUE).await), (1, [0, 0, 0]));
    world.stop().await;
}

#[tokio::test]
async fn the_last_half_minute_is_watched() {
    let world = World::start().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (streamed, streamed_session) = ids(&alice.open(&json!({}), None).await.expect(201));
    let (unused, unused_session) = ids(&bob.open(&json!({}), None).await.expect(201));
    world.outcome(&json!({"sessionId": streamed_session, "status": "IN_PROGRESS"})).await;
    world.advance(61).await;
    let result = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        world.succeeded(&streamed_session, 95.0).await;
    };
    // Alice's result comes while the message is being handled, and is collected by the same invocation.
    tokio::join!(world.advance(90), result);
    assert_eq!(standing(&world, "alice", &streamed).await.0, "approved");
    // Bob has not begun. His message was given back to the queue and finds his result when it is delivered again.
    assert_eq!(standing(&world, "bob", &unused).await.0, "open");
    assert_eq!(counts(&world, QUEUE).await, [0, 1, 0]);
    world.succeeded(&unused_session, 95.0).await;
    world.advance(9).await;
    assert_eq!(standing(&world, "bob", &unused).await.0, "approved");
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 0]);
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_was_never_streamed_uses_no_attempt_and_one_that_was_does() {
    let world = World::start().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (unused, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    let (left, session_id) = ids(&bob.open(&json!({}), None).await.expect(201));
    world.outcome(&json!({"sessionId": session_id, "status": "IN_PROGRESS"})).await;
    // That Bob streams is seen here, by nobody but the first message.
    world.advance(61).await;
    world.advance(120).await;
    assert_eq!(standing(&world, "alice", &unused).await, ("open".to_owned(), 4));
    assert_eq!(standing(&world, "bob", &left).await, ("open".to_owned(), 3));
    let documents: Vec<_> = world.items().await.into_iter().filter(|item| item["pk"].as_s().unwrap().contains("ver_")).collect();
    assert!(documents.iter().all(|item| format!("{item:?}").contains("lapsed")), "that they lapsed is written down");
    assert_eq!((world.decisions().await, counts(&world, QUEUE).await), (0, [0, 0, 0]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callback_and_rescue_at_the_same_moment_decide_once() {
    let world = World::start().await;
    let people: Vec<String> = (0..8).map(|number| format!("person-{number}")).collect();
    let people = join_all(people.iter().map(|name| world.user(name))).await;
    let mut sessions = Vec::new();
    for person in &people {
        let (id, session_id) = ids(&person.open(&json!({}), None).await.expect(201));
        world.succeeded(&session_id, 91.0).await;
        sessions.push((id, session_id));
    }
    let callbacks = join_all(people.iter().zip(&sessions).map(|(person, (id, session_id))| person.complete(id, session_id)));
    let (callbacks, ()) = tokio::join!(callbacks, world.advance(61));
    for callback in callbacks {
        assert_eq!(callback.expect(200)["status"], "approved");
    }
    assert_eq!((world.decisions().await, world.image_keys().await.len()), (8, 24));
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 8]);
    world.stop().await;
}

/// Invokes the function with a message, as Lambda does; the answer names the messages that failed.
async fn deliver(function: &RescueSession, body: &str, now: Timestamp, seed: u8) -> Value {
    let event = json!({"Records": [{"messageId": format!("m{seed}"), "body": body, "attributes": {}, "messageAttributes": {}}]});
    let invocation = Invocation { now, request_id: format!("r{seed}"), entropy: [seed; 32] };
    let answer = function.handle(serde_json::from_value(event).unwrap(), invocation).await.unwrap();
    serde_json::to_value(answer).unwrap()["batchItemFailures"].clone()
}

/// Everything of the table, in an order that can be compared.
async fn table(world: &World) -> Vec<HashMap<String, AttributeValue>> {
    let mut items = world.items().await;
    items.sort_by_key(|item| format!("{:?} {:?}", item["pk"], item["sk"]));
    items
}

#[tokio::test]
async fn redelivery_in_any_order_changes_nothing() {
    let world = World::start().await;
    let function = RescueSession::connect(&proxy::environment(&world.aws_url(), &world, RescueSession::NAME)).unwrap();
    let alice = world.user("alice").await;
    let opened_at = prooflight_local::clock::wall_now();
    let (id, first) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&first, 20.0).await;
    alice.complete(&id, &first).await.expect(200);
    let (_, second) = ids(&alice.next(&id).await.expect(201));
    world.succeeded(&second, 95.0).await;
    let body = |number: u8| json!({"verificationId": id, "sessionNumber": number}).to_string();
    let at = |seconds| opened_at + jiff::SignedDuration::from_secs(seconds);

    assert_eq!(deliver(&function, &body(2), at(60), 1).await, json!([]));
    assert_eq!(standing(&world, "alice", &id).await.0, "approved");
    let decided = table(&world).await;
    let deliveries = [(1, 150), (2, 60), (2, 150), (1, 60), (2, 60), (1, 60), (2, 150), (1, 150), (2, 400)];
    for (seed, (number, seconds)) in (2..).zip(deliveries) {
        assert_eq!(deliver(&function, &body(number), at(seconds), seed).await, json!([]));
    }
    assert_eq!(table(&world).await, decided);

    // A verification or a session whose commit never came: there is nothing to do, and nothing to fail for.
    let nobody = json!({"verificationId": format!("ver_{}", "0".repeat(32)), "sessionNumber": 1}).to_string();
    assert_eq!(deliver(&function, &nobody, at(60), 20).await, json!([]));
    assert_eq!(deliver(&function, &body(7), at(60), 21).await, json!([]));
    assert_eq!(deliver(&function, "{}", at(60), 22).await, json!([{"itemIdentifier": "m22"}]), "what cannot be read is not acknowledged");
    world.stop().await;
}

#[tokio::test]
async fn a_service_that_fails_has_the_message_delivered_again() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 95.0).await;
    world.outcome(&json!({"sessionId": session_id, "error": "InternalServerError", "times": 3})).await;
    world.advance(61).await;
    assert_eq!(standing(&world, "alice", &id).await.0, "open");
    assert_eq!(counts(&world, QUEUE).await, [0, 1, 1], "the message comes again");
    world.advance(9).await;
    assert_eq!(standing(&world, "alice", &id).await.0, "approved");
    world.stop().await;
}

#[tokio::test]
async fn without_the_queue_no_session_is_issued_and_no_attempt_is_used() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    world.queues().delete_queue().queue_url(url(&world, QUEUE)).send().await.unwrap();
    let refused = alice.open(&json!({}), Some("key")).await;
    assert_eq!(refused.refusal(), (503, "try_again"));
    assert!(refused.headers.contains_key("retry-after"));
    world.queues().create_queue().queue_name(QUEUE).send().await.unwrap();
    let opened = alice.open(&json!({}), Some("key")).await.expect(201);
    assert_eq!(opened["attemptsLeft"], 4);
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 2]);
    world.stop().await;
}

#[tokio::test]
async fn a_poisoned_message_ends_among_the_dead_letters_and_the_rest_goes_on() {
    let world = World::start().await;
    let (alice, queues) = (world.user("alice").await, world.queues());
    queues.send_message().queue_url(url(&world, QUEUE)).message_body("poison").send().await.unwrap();
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 95.0).await;
    // Eight deliveries, eight seconds from one to the next, and then it is given up.
    for _ in 0..9 {
        world.advance(9).await;
    }
    assert_eq!(standing(&world, "alice", &id).await.0, "approved");
    assert_eq!(counts(&world, DEAD_LETTERS).await, [1, 0, 0]);
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 1]);
    let buried = queues.receive_message().queue_url(url(&world, DEAD_LETTERS)).send().await.unwrap();
    assert_eq!(buried.messages()[0].body(), Some("poison"), "somebody can look at it");
    let letters = crate::publications::left(&world).await["deadLetters"].clone();
    assert_eq!((&letters[0]["destination"], &letters[0]["letter"]["body"]), (&json!(DEAD_LETTERS), &json!("poison")));
    world.stop().await;
}

#[tokio::test]
async fn messages_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || prooflight_local::Options { data_dir: Some(folder.path().to_owned()), ..prooflight_local::Options::ephemeral() };
    let world = World::with(kept()).await;
    let (id, session_id) = ids(&world.user("alice").await.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 95.0).await;
    world.stop().await;
    let world = World::with(kept()).await;
    assert_eq!(counts(&world, QUEUE).await, [0, 0, 2]);
    world.advance(61).await;
    assert_eq!(standing(&world, "alice", &id).await.0, "approved");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_whose_browsers_all_die_is_collected_inside_the_window() {
    let world = World::start().await;
    let names: Vec<String> = (0..100).map(|number| format!("person-{number}")).collect();
    let people = join_all(names.iter().map(|name| world.user(name))).await;
    // Forty at a time: debug code on two cores would only show how time-outs work.
    let opening = people.iter().map(|person| async { ids(&person.open(&json!({}), None).await.expect(201)) });
    let opened: Vec<_> = stream::iter(opening).buffered(40).collect().await;
    for (_, session_id) in &opened {
        world.succeeded(session_id, 91.0).await;
    }
    world.advance(61).await;
    for (person, (id, _)) in people.iter().zip(&opened) {
        let read = person.get(id).await.expect(200);
        assert_eq!(read["status"], "approved");
        let time = |name: &str| read[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(time("decidedAt").duration_since(time("createdAt")).as_secs() < 180, "{read}");
    }
    assert_eq!(world.decisions().await, 100);
    assert_eq!((counts(&world, QUEUE).await, counts(&world, DEAD_LETTERS).await), ([0, 0, 100], [0, 0, 0]));
    world.stop().await;
}
