//! Every route that an end user's token opens, walked with everything that it can answer.

use crate::harmless::assert_harmless;
use crate::world::{World, ids};
use http::Method;
use prooflight_local::gateway::{Access, Deployment, Stack, TEMPLATE};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The routes that an end user's token opens, as the template has them.
fn routes() -> BTreeSet<String> {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let parameters = BTreeMap::from([
        text("JwtIssuer", "https://issuer.example/"),
        text("JwtAudience", "prooflight"),
        text("AllowedOrigins", "https://page.example"),
    ]);
    let stack = Stack::read(TEMPLATE, &parameters).unwrap();
    let deployment = Deployment::read(&stack, |_| Ok("0123456789abcdef0123456789abcdef".to_owned())).unwrap();
    let opens = |access: &Access| match access {
        Access::Open => true,
        Access::Token { scopes } => scopes.iter().any(|scope| scope == "verify"),
    };
    deployment.routes.iter().filter(|route| opens(&route.access)).map(|route| route.key.clone()).collect()
}

/// Every route with everything that it can answer an end user: the fields of each answer as one snapshot.
#[tokio::test]
async fn every_answer_on_every_route_holds_what_is_known_and_nothing_else() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |route: &str, status: u16, body: &Value| {
        assert_harmless(route, body);
        answers.entry(route.to_owned()).or_default().insert(format!("{status} {}", shape(body)));
    };

    let opened = alice.open(&json!({}), Some("k")).await;
    note("POST /verifications", opened.status, &opened.body);
    let (id, session_id) = ids(&opened.body);
    for body in [json!({"policy": "nothing"}), json!({"policy": "onboarding"}), json!({"nonsense": 1}), json!({"deviceId": "other"})] {
        let refused = alice.open(&body, Some("k")).await;
        note("POST /verifications", refused.status, &refused.body);
    }
    let read = alice.get(&id).await;
    note("GET /verifications/{id}", read.status, &read.body);
    let missing = alice.get("ver_00000000000000000000000000000000").await;
    note("GET /verifications/{id}", missing.status, &missing.body);
    let pending = alice.complete(&id, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", pending.status, &pending.body);
    for number in 0..4 {
        let next = alice.next(&id).await;
        note("POST /verifications/{id}/sessions", next.status, &next.body);
        let (_, session_id) = ids(&next.body);
        world
            .outcome(&json!({"sessionId": session_id, "status": "SUCCEEDED", "confidence": 12.5, "feedback": ["LOW_LIGHTING_DETECTED"]}))
            .await;
        let failed = alice.complete(&id, &session_id).await;
        assert_eq!(failed.body["attemptsLeft"], 3 - number);
        note("POST /verifications/{id}/sessions/{sessionId}/complete", failed.status, &failed.body);
    }
    let closed = alice.next(&id).await;
    note("POST /verifications/{id}/sessions", closed.status, &closed.body);
    let denied = alice.get(&id).await;
    note("GET /verifications/{id}", denied.status, &denied.body);
    let (last, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 12.5).await;
    let locked = alice.complete(&last, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", locked.status, &locked.body);
    for reply in [alice.next(&last).await, alice.open(&json!({}), None).await] {
        assert_eq!(reply.refusal(), (429, "locked_out"));
        note("POST /verifications/{id}/sessions", reply.status, &reply.body);
    }
    let waiting = alice.get(&last).await;
    note("GET /verifications/{id}", waiting.status, &waiting.body);
    for (verb, verification) in [("cancel", &last), ("withdraw-consent", &id)] {
        let closed = alice.send(Method::POST, &format!("/verifications/{verification}/{verb}"), &[], "").await;
        note(&format!("POST /verifications/{{id}}/{verb}"), closed.status, &closed.body);
    }
    let bob = world.user("bob").await;
    let (id, session_id) = ids(&bob.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.5).await;
    let passed = bob.complete(&id, &session_id).await;
    note("POST /verifications/{id}/sessions/{sessionId}/complete", passed.status, &passed.body);
    let cancelled = bob.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await;
    note("POST /verifications/{id}/cancel", cancelled.status, &cancelled.body);

    assert_eq!(answers.keys().cloned().collect::<BTreeSet<_>>(), routes(), "every route of an end user is walked");
    let lines = answers.iter().map(|(route, shapes)| format!("{route}\n  {}", shapes.iter().cloned().collect::<Vec<_>>().join("\n  ")));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    world.stop().await;
}

/// The fields of a body, and of what is in it.
fn shape(body: &Value) -> String {
    let Value::Object(fields) = body else { return String::new() };
    let field = |(name, value): (&String, &Value)| match value {
        Value::Object(_) => format!("{name}{{{}}}", shape(value)),
        Value::Array(_) => format!("{name}[]"),
        _ => name.clone(),
    };
    fields.iter().map(field).collect::<Vec<_>>().join(" ")
}
