//! Every route that an end user's token opens, walked with everything that it can answer. What each answer may hold is the contract's to
//! say, and it is held to that wherever it arrives.

use crate::contract::{CONTRACT, Contract};
use crate::world::{World, ids};
use http::Method;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The routes that an end user's token opens.
fn routes() -> BTreeSet<String> {
    let opens = |(route, operation)| Contract::is_for_end_users(&operation).then_some(route);
    CONTRACT.operations().into_iter().filter_map(opens).collect()
}

#[tokio::test]
async fn every_route_of_an_end_user_is_walked() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let mut answers: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    let mut note = |route: &str, status: u16| {
        answers.entry(route.to_owned()).or_default().insert(status);
    };

    let opened = alice.open(&json!({}), Some("k")).await;
    note("POST /verifications", opened.status);
    let (id, session_id) = ids(&opened.body);
    for body in [json!({"policy": "nothing"}), json!({"policy": "onboarding"}), json!({"nonsense": 1}), json!({"deviceId": "other"})] {
        let refused = alice.open(&body, Some("k")).await;
        note("POST /verifications", refused.status);
    }
    let read = alice.get(&id).await;
    note("GET /verifications/{id}", read.status);
    let missing = alice.get("ver_00000000000000000000000000000000").await;
    note("GET /verifications/{id}", missing.status);
    let pending = alice.complete(&id, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", pending.status);
    for number in 0..4 {
        let next = alice.next(&id).await;
        note("POST /verifications/{id}/sessions", next.status);
        let (_, session_id) = ids(&next.body);
        world
            .outcome(&json!({"sessionId": session_id, "status": "SUCCEEDED", "confidence": 12.5, "feedback": ["LOW_LIGHTING_DETECTED"]}))
            .await;
        let failed = alice.complete(&id, &session_id).await;
        assert_eq!(failed.body["attemptsLeft"], 3 - number);
        note("POST /verifications/{id}/sessions/{sessionId}/complete", failed.status);
    }
    let closed = alice.next(&id).await;
    note("POST /verifications/{id}/sessions", closed.status);
    let denied = alice.get(&id).await;
    note("GET /verifications/{id}", denied.status);
    let (last, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 12.5).await;
    let locked = alice.complete(&last, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", locked.status);
    for reply in [alice.next(&last).await, alice.open(&json!({}), None).await] {
        assert_eq!(reply.refusal(), (429, "locked_out"));
        note("POST /verifications/{id}/sessions", reply.status);
    }
    let waiting = alice.get(&last).await;
    note("GET /verifications/{id}", waiting.status);
    for (verb, verification) in [("cancel", &last), ("withdraw-consent", &id)] {
        let closed = alice.send(Method::POST, &format!("/verifications/{verification}/{verb}"), &[], "").await;
        note(&format!("POST /verifications/{{id}}/{verb}"), closed.status);
    }
    let bob = world.user("bob").await;
    let (id, session_id) = ids(&bob.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.5).await;
    let passed = bob.complete(&id, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", passed.status);
    let cancelled = bob.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await;
    note("POST /verifications/{id}/cancel", cancelled.status);

    for (of, query) in [(&id, "?aud=shop&nonce=1"), (&id, ""), (&last, "?aud=shop&nonce=1")] {
        let result = bob.send(Method::GET, &format!("/verifications/{of}/result{query}"), &[], "").await;
        note("GET /verifications/{id}/result", result.status);
    }

    let service = world.caller("shop", "open").await;
    let body = json!({ "clientToken": {} }).to_string();
    let json = ("content-type", "application/json");
    let invited = service.send(Method::POST, "/subjects/carol/verifications", &[json], body).await.expect(201);
    let visitor = world.with_token(invited["clientToken"]["token"].as_str().unwrap());
    for key in ["the-page", "a-thief", ""] {
        let exchanged = visitor.send(Method::POST, "/client-token", &[("idempotency-key", key)], "").await;
        note("POST /client-token", exchanged.status);
    }

    let walked = answers.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(walked, routes(), "every route of an end user is walked");
    for (route, statuses) in [
        ("POST /verifications", &[201, 400, 403, 422][..]),
        ("GET /verifications/{id}", &[200, 404]),
        ("GET /verifications/{id}/result", &[200, 400, 404]),
        ("POST /verifications/{id}/sessions", &[201, 409, 429]),
        ("POST /verifications/{id}/sessions/{sessionId}/complete", &[200, 202]),
        ("POST /client-token", &[200, 400, 410]),
        ("POST /verifications/{id}/cancel", &[200, 409]),
        ("POST /verifications/{id}/withdraw-consent", &[200]),
    ] {
        assert!(answers[route].iter().eq(statuses), "{route}: {:?}", answers[route]);
    }
    world.stop().await;
}
