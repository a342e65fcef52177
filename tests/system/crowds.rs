//! Many at once: one live session a verification, one decision a session.

use crate::world::{Reply, User, World, ids};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_creations_over_fifty_verifications_never_have_two_live_sessions_in_one() {
    let world = World::start().await;
    let people: Vec<String> = (0..50).map(|number| format!("person-{number}")).collect();
    let people = join_all(people.iter().map(|name| world.user(name))).await;
    let opened = join_all(people.iter().map(|person| async { ids(&person.open(&json!({}), None).await.expect(201)) })).await;
    // Every first session was left while it was streamed into, so that every creation wants to supersede it.
    for (_, session_id) in &opened {
        world.outcome(&json!({"sessionId": session_id, "status": "IN_PROGRESS"})).await;
    }
    let created = people.iter().zip(&opened).flat_map(|(person, (id, _))| (0..4).map(move |_| persist(person, id)));
    let created = join_all(created).await;
    let mut by_verification: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, session_id) in created {
        by_verification.entry(id).or_default().insert(session_id);
    }
    assert_eq!(by_verification.len(), 50);
    assert!(by_verification.values().all(|sessions| sessions.len() == 1), "the four that asked at once got one session");

    // Every completion four times, side by side.
    for sessions in by_verification.values() {
        world.succeeded(sessions.first().unwrap(), 91.0).await;
    }
    let pairs = people.iter().zip(&opened).map(|(person, (id, _))| (person, id.as_str(), by_verification[id].first().unwrap().as_str()));
    let pairs: Vec<_> = pairs.collect();
    // Forty at a time: each carries images, and debug code on two cores would only show how its time-outs work.
    let deliveries = pairs.iter().flat_map(|(person, id, session_id)| (0..4).map(|_| finish(person, id, session_id)));
    let completed: Vec<_> = stream::iter(deliveries).buffered(40).collect().await;
    assert!(completed.iter().all(|status| status == "approved"), "{completed:?}");
    let decisions = world.items().await.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("decision#")).count();
    assert_eq!(decisions, 50, "each is decided once");
    world.stop().await;
}

/// Asks until the answer is not "come again": contention may ask for that.
async fn persist(user: &User<'_>, id: &str) -> (String, String) {
    loop {
        let reply = user.next(id).await;
        if reply.status == 201 {
            return ids(&reply.body);
        }
        assert_worth_a_retry(&reply);
    }
}

/// Contention asks to come again, and so does a busy machine.
#[track_caller]
fn assert_worth_a_retry(reply: &Reply) {
    assert!(matches!(reply.refusal(), (503, "try_again" | "liveness_unavailable")), "{}", reply.body);
    assert!(reply.headers.contains_key("retry-after"));
}

async fn finish(user: &User<'_>, id: &str, session_id: &str) -> String {
    loop {
        let reply = user.complete(id, session_id).await;
        if reply.status == 200 {
            return reply.body["status"].as_str().unwrap().to_owned();
        }
        assert_worth_a_retry(&reply);
    }
}
