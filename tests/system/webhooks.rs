//! Webhooks: every event reaches the receiver, signed so that the lines in docs/WEBHOOKS.md can check it, whatever the receiver does; and a receiver
//! that does nothing holds up nobody else.

use crate::publications::{events, kinds, until};
use crate::receiver::{Answer, Delivered, Receiver};
use crate::verifiers::{JAVASCRIPT, PYTHON, Verdict, verdict};
use crate::world::{World, ids};
use aws_sdk_sqs::types::QueueAttributeName;
use prooflight_local::Options;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const QUEUE: &str = "prooflight-local-webhook-queue";
const DEAD_LETTERS: &str = "prooflight-local-webhook-dead-letters";
const KEYS: &str = "prooflight-local-webhook-keys";

async fn world_with(receiver: &Receiver) -> World {
    World::with(Options { webhook_url: Some(receiver.url()), ..Options::ephemeral() }).await
}

fn url(world: &World, queue: &str) -> String {
    format!("{}/000000000000/{queue}", world.aws_url())
}

/// How many messages a queue has: to be received, and held by somebody or hidden.
async fn counts(world: &World, queue: &str) -> [u32; 2] {
    let answer = world.queues().get_queue_attributes().queue_url(url(world, queue)).attribute_names(QueueAttributeName::All).send().await;
    let attributes = answer.unwrap().attributes.unwrap();
    ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        .map(|name| attributes[&QueueAttributeName::from(name)].parse().unwrap())
}

pub(crate) async fn keys(world: &World) -> Value {
    let client = aws_sdk_secretsmanager::Client::new(&world.sdk());
    let value = client.get_secret_value().secret_id(KEYS).send().await.unwrap();
    serde_json::from_str(value.secret_string().unwrap()).unwrap()
}

async fn set_keys(world: &World, value: &str) {
    let client = aws_sdk_secretsmanager::Client::new(&world.sdk());
    client.put_secret_value().secret_id(KEYS).secret_string(value).send().await.unwrap();
}

async fn opened(world: &World) -> String {
    opened_by(world, "alice").await
}

async fn opened_by(world: &World, subject: &str) -> String {
    ids(&world.user(subject).await.open(&json!({}), None).await.expect(201)).0
}

fn is_genuine(delivered: &Delivered, key: &str, now: i64) -> bool {
    [JAVASCRIPT, PYTHON].iter().all(|language| verdict(*language, delivered, key, now) == Verdict::Genuine)
}

fn is_refused(delivered: &Delivered, key: &str, now: i64) -> bool {
    [JAVASCRIPT, PYTHON].iter().all(|language| verdict(*language, delivered, key, now) == Verdict::Refused)
}

#[tokio::test]
async fn every_event_arrives_once_and_can_be_checked() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let alice = world.user("alice-who-can-be-found-again").await;
    let body = json!({"deviceId": "a-device-that-can-be-found-again", "metadata": {"note": "can-be-found-again"}});
    let (id, session_id) = ids(&alice.open(&body, None).await.expect(201));
    world.succeeded(&session_id, 97.125).await;
    alice.complete(&id, &session_id).await.expect(200);
    let told = events(&world, &id, 2).await;
    let mut delivered = receiver.delivered(2).await;
    delivered.sort_by_key(|one| one.json()["detail"]["sequence"].as_u64());

    for (one, told) in delivered.iter().zip(&told) {
        let body = one.json();
        assert_eq!(body["detail"], told["detail"], "it says what the bus says");
        assert_eq!((&body["detail-type"], &body["source"]), (&told["detailType"], &json!("prooflight")));
        let fields: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["detail", "detail-type", "source", "time"]), "and nothing of the bus's own");
        assert_eq!(
            (one.header("webhook-id"), one.header("content-type")),
            (body["detail"]["eventId"].as_str().unwrap(), "application/json")
        );
        for secret in ["can-be-found-again", &session_id, "97.125", "sessionId", "confidence", "000000000000"] {
            assert!(!body.to_string().contains(secret), "{secret} is in {body}");
        }
    }
    assert_eq!(kinds(&told), ["VerificationOpened", "VerificationDecided"]);

    let keys = keys(&world).await;
    let (key, now) = (keys["current"].as_str().unwrap(), world.now().as_second());
    let whole = &delivered[1];
    assert!(is_genuine(whole, key, now) && is_genuine(whole, &format!("whsec_{key}"), now));
    assert!(is_genuine(whole, key, now + 295), "five minutes are allowed");
    let at = now.to_string();
    for (what, changed, key, now) in [
        ("another key", whole.clone(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now),
        ("another body", Delivered { body: [&whole.body[..], b" "].concat(), ..whole.clone() }, key, now),
        ("another id", whole.with_header("webhook-id", delivered[0].header("webhook-id")), key, now),
        ("another body's signature", whole.with_header("webhook-signature", delivered[0].header("webhook-signature")), key, now),
        ("no signature", whole.with_header("webhook-signature", ""), key, now),
        ("an old one", whole.clone(), key, now + 310),
        ("one from the future", whole.clone(), key, now - 310),
        ("an old one with a new time", whole.with_header("webhook-timestamp", &(now + 310).to_string()), key, now + 310),
    ] {
        assert!(is_refused(&changed, key, now), "{what}, at {at}");
    }

    world.advance(7_200).await;
    let again: Vec<_> = receiver
        .all()
        .into_iter()
        .filter(|one| delivered.iter().any(|first| first.header("webhook-id") == one.header("webhook-id")))
        .collect();
    assert_eq!((again.len(), counts(&world, QUEUE).await, counts(&world, DEAD_LETTERS).await), (2, [0, 0], [0, 0]));
    world.stop().await;
}

#[tokio::test]
async fn while_a_key_changes_both_are_good() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let now = world.now().as_second();
    let old = keys(&world).await["current"].as_str().unwrap().to_owned();
    let new = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    set_keys(&world, &json!({ "current": new, "previous": old }).to_string()).await;
    opened(&world).await;
    let during = receiver.delivered(1).await.remove(0);
    assert!(is_genuine(&during, &old, now) && is_genuine(&during, new, now));
    set_keys(&world, &json!({ "current": new }).to_string()).await;
    opened(&world).await;
    let after = receiver.delivered(2).await.remove(1);
    assert!(is_refused(&after, &old, now) && is_genuine(&after, new, now));

    // Keys that cannot be read sign nothing: it waits until somebody has mended them.
    set_keys(&world, &json!({ "current": new, "previous": "not a key" }).to_string()).await;
    opened(&world).await;
    until(async || (counts(&world, QUEUE).await == [0, 1]).then_some(())).await;
    world.advance(11).await;
    assert_eq!(receiver.all().len(), 2);
    set_keys(&world, &json!({ "current": new }).to_string()).await;
    world.advance(30).await;
    assert!(is_genuine(&receiver.delivered(3).await[2], new, world.now().as_second()));
    world.stop().await;
}

#[tokio::test]
async fn a_receiver_that_fails_gets_it_later_signed_anew() {
    let mut receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let key = keys(&world).await["current"].as_str().unwrap().to_owned();
    receiver.plan([Answer::Status(500), Answer::Redirect, Answer::Cut, Answer::RetryAfter(300)]);
    let id = opened(&world).await;
    receiver.delivered(1).await;
    // So long it waits for the second, the third and the fourth try; the fourth asks for more.
    for (at, wait) in [10, 10, 20].into_iter().enumerate() {
        until(async || (counts(&world, QUEUE).await == [0, 1]).then_some(())).await;
        world.advance(wait - 3).await;
        assert_eq!(receiver.all().len(), at + 1, "not before its time");
        world.advance(4).await;
        receiver.delivered(at + 2).await;
    }
    until(async || (counts(&world, QUEUE).await == [0, 1]).then_some(())).await;
    world.advance(200).await;
    assert_eq!(receiver.all().len(), 4, "it has asked for five minutes");

    // Nobody listens when its time has come.
    let port = receiver.go_away().await;
    world.advance(101).await;
    assert_eq!(counts(&world, QUEUE).await, [0, 1]);
    let back = Receiver::at(port).await;
    world.advance(400).await;
    let last = back.delivered(1).await.remove(0);
    assert!(is_genuine(&last, &key, world.now().as_second()), "ten minutes later, and not an old one");

    let mut tries = receiver.all();
    tries.push(last);
    assert!(tries.iter().all(|one| one.body == tries[0].body && one.header("webhook-id").starts_with(&id)), "the same each time");
    assert!(tries.iter().all(|one| one.path == "/hook"), "no redirect is followed");
    let times: Vec<i64> = tries.iter().map(|one| one.header("webhook-timestamp").parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{times:?}");
    assert_eq!((counts(&world, QUEUE).await, counts(&world, DEAD_LETTERS).await), ([0, 0], [0, 0]));
    world.stop().await;
}

#[tokio::test]
async fn after_a_day_it_lies_among_the_dead_letters_and_can_be_sent_again() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let key = keys(&world).await["current"].as_str().unwrap().to_owned();
    receiver.answers_always(Answer::Status(503));
    let id = opened(&world).await;
    receiver.delivered(1).await;
    let mine = || receiver.all().into_iter().filter(|one| one.header("webhook-id") == format!("{id}#1")).collect::<Vec<_>>();
    let mut hours = 0;
    while counts(&world, DEAD_LETTERS).await == [0, 0] {
        world.advance(3_601).await;
        hours += 1;
        assert!(hours < 30, "it never ends");
    }
    // The next one, of the verification that ran out of time meanwhile, is given up later.
    assert!((23..=25).contains(&hours), "{hours}");
    let tries = mine();
    assert!((24..=26).contains(&tries.len()), "{}", tries.len());
    for one in [&tries[0], &tries[20]] {
        assert!(is_genuine(one, &key, one.header("webhook-timestamp").parse().unwrap()));
    }

    // As an operator sends it again.
    receiver.answers_always(Answer::Status(204));
    let queues = world.queues();
    let buried = queues.receive_message().queue_url(url(&world, DEAD_LETTERS)).send().await.unwrap();
    let message = &buried.messages()[0];
    queues.send_message().queue_url(url(&world, QUEUE)).message_body(message.body().unwrap()).send().await.unwrap();
    receiver.until(async || mine().len() > tries.len()).await;
    assert_eq!(mine().last().unwrap().body, tries[0].body);
    world.stop().await;
}

#[tokio::test]
async fn what_nobody_wants_or_can_read_is_given_up_at_once() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    receiver.plan([Answer::Status(410)]);
    opened(&world).await;
    until(async || (counts(&world, DEAD_LETTERS).await == [1, 0]).then_some(())).await;
    world.queues().send_message().queue_url(url(&world, QUEUE)).message_body("poison").send().await.unwrap();
    until(async || (counts(&world, DEAD_LETTERS).await == [2, 0]).then_some(())).await;
    assert_eq!((receiver.all().len(), counts(&world, QUEUE).await), (1, [0, 0]));
    opened(&world).await;
    receiver.delivered(2).await;
    world.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_nobody() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    receiver.plan([Answer::Never; 6]);
    // More than there are places for.
    let mut waiting = Vec::new();
    for number in 0..6 {
        waiting.push(opened_by(&world, &format!("person-{number}")).await);
    }
    receiver.delivered(5).await;

    // The stream goes on, and so does whoever waits.
    let token = crate::publications::token(&world).await;
    let environment = crate::proxy::environment(&world.aws_url(), &world, "open-verification");
    crate::privacy::a_step_that_waits(&world, &environment, "alice", &token).await;
    assert_eq!(crate::publications::told(&world, &token).await["state"], "failed", "it was called off");
    let (id, session_id) = ids(&world.user("bob").await.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    world.user("bob").await.complete(&id, &session_id).await.expect(200);
    assert_eq!(kinds(&events(&world, &id, 2).await), ["VerificationOpened", "VerificationDecided"]);
    assert_eq!(receiver.all().len(), 5, "all of that while it hangs");

    // It is not waited for longer than fifteen seconds.
    receiver.until(async || receiver.all().len() > 5).await;
    until(async || (counts(&world, QUEUE).await[0] == 0).then_some(())).await;
    world.advance(40).await;
    world.advance(40).await;
    for id in waiting {
        let tries = receiver.all().into_iter().filter(|one| one.header("webhook-id").starts_with(&id)).count();
        assert_eq!(tries, 2, "once when it hung, once when it did not");
    }
    world.stop().await;
}

#[tokio::test]
async fn without_an_address_nothing_of_it_is_there() {
    let world = World::start().await;
    let queues = world.queues().list_queues().send().await.unwrap();
    assert!(queues.queue_urls().iter().all(|url| !url.contains("webhook")), "{queues:?}");
    let client = aws_sdk_secretsmanager::Client::new(&world.sdk());
    assert!(client.get_secret_value().secret_id(KEYS).send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
    opened(&world).await;
    world.stop().await;
}
