//! The limits over all verifications of a subject, over the wire: exactly as many sessions as they allow, under any concurrency.

use crate::world::{User, World, ids};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Verifications of alice's that a service has opened: none of them has a session yet.
async fn opened_for_alice(world: &World, many: usize) -> Vec<String> {
    let service = world.caller("shop", "open").await;
    let open = async |_| {
        let reply = service.send(Method::POST, "/subjects/alice/verifications", &[("content-type", "application/json")], "{}").await;
        reply.expect(201)["verificationId"].as_str().unwrap().to_owned()
    };
    join_all((0..many).map(open)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_creations_by_one_subject_get_exactly_what_the_limits_allow() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let verifications = opened_for_alice(&world, 50).await;
    let created = join_all(verifications.iter().flat_map(|id| (0..4).map(|_| create(&alice, id)))).await;
    let issued: BTreeSet<(String, String)> = created.iter().flatten().cloned().collect();
    assert_eq!(issued.len(), 5, "five may fail within three minutes, and no more");

    // Every completion four times: each session is decided once, and each failure counted once.
    for (_, session_id) in &issued {
        world.succeeded(session_id, 12.0).await;
    }
    let completions = issued.iter().flat_map(|(id, session_id)| (0..4).map(|_| finish(&alice, id, session_id)));
    assert!(join_all(completions).await.iter().all(|status| status == "open"));
    let items = world.items().await;
    let begins = |prefix: &str| items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with(prefix)).count();
    assert_eq!((begins("decision#"), begins("attempt#")), (5, 5));
    let admin = world.caller("ann", "admin").await;
    let lockout = admin.send(Method::GET, "/lockouts?subject=alice", &[], "").await.expect(200);
    assert_eq!((&lockout["state"], &lockout["failures24h"]), (&json!("locked_out"), &json!(5)), "{lockout}");
    world.stop().await;
}

/// Two hundred at one item: whoever is asked to come again does so, but not for ever.
const PATIENCE: usize = 50;

/// The session that was issued, unless the limits refused it; "come again" is taken at its word.
async fn create(user: &User<'_>, id: &str) -> Option<(String, String)> {
    for _ in 0..PATIENCE {
        let reply = user.next(id).await;
        match (reply.status, reply.body["code"].as_str()) {
            (201, _) => return Some(ids(&reply.body)),
            (429, Some("locked_out")) => {
                assert!(reply.headers.contains_key("retry-after"));
                return None;
            }
            (503, Some("try_again")) => {}
            _ => panic!("{} {}", reply.status, reply.body),
        }
    }
    panic!("{id} is always asked to come again")
}

async fn finish(user: &User<'_>, id: &str, session_id: &str) -> Value {
    for _ in 0..PATIENCE {
        let reply = user.complete(id, session_id).await;
        if reply.status != 503 {
            return reply.expect(200)["status"].clone();
        }
    }
    panic!("{id} is always asked to come again")
}

#[tokio::test]
async fn whoever_fails_too_often_is_told_when_to_come_back_and_an_administrator_lifts_it() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let verifications = opened_for_alice(&world, 3).await;
    for id in [0, 0, 0, 1, 1].map(|at| &verifications[at]) {
        let (id, session_id) = ids(&alice.next(id).await.expect(201));
        world.succeeded(&session_id, 12.0).await;
        alice.complete(&id, &session_id).await.expect(200);
    }
    let refused = alice.next(&verifications[2]).await;
    assert_eq!(refused.refusal(), (429, "locked_out"));
    assert!((1700..=1801).contains(&refused.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap()));
    let read = alice.get(&verifications[2]).await.expect(200);
    assert_eq!((&read["status"], &read["nextStep"]), (&json!("open"), &json!("retry")));
    assert!(read["retryAfterSeconds"].as_u64().is_some_and(|seconds| seconds > 1700), "{read}");
    assert_eq!(world.user("bob").await.open(&json!({}), None).await.status, 201, "nobody else is locked out");

    let admin = world.caller("ann", "admin").await;
    let lockout = admin.send(Method::GET, "/lockouts?subject=alice", &[], "").await.expect(200);
    let path = format!("/lockouts/{}", lockout["lockoutId"].as_str().unwrap());
    assert_eq!(admin.send(Method::DELETE, "/lockouts/lck_0", &[], "").await.refusal(), (404, "not_found"));
    assert_eq!(admin.send(Method::DELETE, &path, &[], "").await.expect(200)["state"], "free");
    assert_eq!(alice.next(&verifications[2]).await.status, 201);
    world.stop().await;
}

/// What Rekognition refuses is not the subject's fault, however often he tries meanwhile.
#[tokio::test]
async fn an_outage_locks_nobody_out() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    // Three tries of the SDK for each of twelve requests: more than a burst, and more than an hour allows.
    world.outcome(&json!({"error": "InternalServerError", "times": 36})).await;
    for _ in 0..12 {
        assert_eq!(alice.open(&json!({}), None).await.refusal(), (503, "liveness_unavailable"));
    }
    let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    assert_eq!(alice.get(&id).await.expect(200)["attemptsLeft"], 4);
    let admin = world.caller("ann", "admin").await;
    let lockout = admin.send(Method::GET, "/lockouts?subject=alice", &[], "").await.expect(200);
    assert_eq!((&lockout["state"], &lockout["failures24h"]), (&json!("free"), &json!(1)), "the running one alone counts: {lockout}");
    world.stop().await;
}

#[tokio::test]
async fn ten_sessions_an_hour_are_enough_whatever_became_of_them() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    for _ in 0..10 {
        let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
        world.succeeded(&session_id, 97.0).await;
        alice.complete(&id, &session_id).await.expect(200);
    }
    assert_eq!(alice.open(&json!({}), None).await.refusal(), (429, "rate_limited"));
    world.advance(3601).await;
    assert_eq!(alice.open(&json!({}), None).await.status, 201);
    world.stop().await;
}
