//! Bad input at the HTTP API: a clear answer with a stable code, nothing half-written, and the server goes on.

use crate::world::{World, ids};
use http::Method;
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn tokens_are_asked_for() {
    let world = World::start().await;
    let (verify, admin) = (world.token("alice", "verify").await, world.token("alice", "admin").await);
    let tampered = verify.replacen("ey", "eY", 1);
    // Where client tokens are taken as well, the gateway looks only whether there is one, and the rest is a refusal of ours.
    let (missing, ours) = ((401, "Unauthorized"), (401, "unauthenticated"));
    for (authorization, expected, by_function) in [
        (None, missing, missing),
        (Some(String::new()), missing, missing),
        (Some("Bearer nonsense".to_owned()), missing, ours),
        (Some(format!("Bearer {tampered}")), missing, ours),
        (Some("Bearer plct_nonsense".to_owned()), missing, ours),
        (Some(format!("Bearer {admin}")), (403, "Forbidden"), (403, "scope_missing")),
    ] {
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        for (method, path) in [
            (Method::POST, "/api/verifications"),
            (Method::POST, "/api/verifications/ver_0/sessions"),
            (Method::POST, "/api/verifications/ver_0/sessions/s/complete"),
            (Method::GET, "/api/verifications/ver_0"),
        ] {
            let reply = world.send(method.clone(), path, &headers, "").await;
            let expected = if path == "/api/verifications" { expected } else { by_function };
            assert_eq!(reply.refusal(), expected, "{method} {path} with {authorization:?}");
        }
    }
    assert!(world.items().await.is_empty(), "nothing was written");
    world.stop().await;
}

#[tokio::test]
async fn bodies_are_checked() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let too_large = json!({"metadata": {"note": "x".repeat(17 * 1024)}}).to_string();
    let most = json!({"deviceId": "d".repeat(128)}).to_string();
    for (headers, body, expected) in [
        (vec![JSON], "{".to_owned(), (400, "malformed")),
        (vec![JSON], "[]".to_owned(), (400, "malformed")),
        (vec![JSON], r#"["bot-check",null,null,null]"#.to_owned(), (400, "malformed")),
        (vec![JSON], r#"{"polcy":"liveness"}"#.to_owned(), (400, "malformed")),
        (vec![JSON], r#"{"policy":7}"#.to_owned(), (400, "malformed")),
        // A list of an object's values in their order is no object.
        (vec![JSON], r#"{"consent":["2026-11"]}"#.to_owned(), (400, "malformed")),
        (vec![JSON], "\u{0}".to_owned(), (400, "malformed")),
        (vec![JSON], too_large, (413, "body_too_large")),
        (vec![JSON], r#"{"policy":"nothing"}"#.to_owned(), (422, "policy_unknown")),
        (vec![JSON], r#"{"policy":"onboarding"}"#.to_owned(), (403, "policy_not_openable")),
        (vec![JSON], r#"{"policy":"age-gate"}"#.to_owned(), (403, "policy_not_openable")),
        (vec![("content-type", "text/plain")], "{}".to_owned(), (415, "unsupported_media_type")),
        (vec![], "{}".to_owned(), (415, "unsupported_media_type")),
        (vec![JSON, ("idempotency-key", "")], "{}".to_owned(), (400, "malformed")),
        (vec![JSON, ("idempotency-key", "a b")], "{}".to_owned(), (400, "malformed")),
    ] {
        let reply = alice.send(Method::POST, "/verifications", &headers, body.clone()).await;
        assert_eq!(reply.refusal(), expected, "{body:.80}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        assert_eq!(reply.body["status"], expected.0);
        assert!(reply.body["type"].is_string() && reply.body["title"].is_string() && reply.body["requestId"].is_string());
        assert!(!reply.body.to_string().contains("nothing"), "the input is not echoed");
    }
    for path in ["/verifications/ver_0/sessions", "/verifications/ver_0/sessions/s/complete"] {
        for (body, expected) in
            [("x".repeat(17 * 1024), (413, "body_too_large")), ("[]".into(), (400, "malformed")), (r#"{"a":1}"#.into(), (400, "malformed"))]
        {
            assert_eq!(alice.send(Method::POST, path, &[JSON], body).await.refusal(), expected, "{path}");
        }
    }
    assert!(world.items().await.is_empty(), "nothing was written");
    alice.send(Method::POST, "/verifications", &[JSON], most).await.expect(201);
    alice.send(Method::POST, "/verifications", &[], "").await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn another_subjects_verification_looks_like_none() {
    let world = World::start().await;
    let (alice, mallory) = (world.user("alice").await, world.user("mallory").await);
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    let none = "ver_00000000000000000000000000000000";
    let mut bodies = std::collections::BTreeSet::new();
    for (id, session_id) in [
        (id.as_str(), session_id.as_str()),
        (none, session_id.as_str()),
        ("nonsense", "nonsense"),
        ("..%2F..%2Fetc", "x"),
        ("ver_%00", "x"),
    ] {
        for mut reply in [mallory.get(id).await, mallory.next(id).await, mallory.complete(id, session_id).await] {
            assert_eq!(reply.refusal(), (404, "not_found"), "{id}");
            reply.body["requestId"] = json!("");
            bodies.insert(reply.body.to_string());
        }
    }
    assert_eq!(bodies.len(), 1, "unknown, foreign and malformed ids answer alike: {bodies:?}");
    assert_eq!(alice.complete(&id, "0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e6f").await.refusal(), (404, "not_found"), "another session");
    alice.get(&id).await.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn the_gateway_answers_for_itself() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    assert_eq!(alice.send(Method::GET, "/nothing", &[], "").await.refusal(), (404, "Not Found"));
    assert_eq!(alice.send(Method::DELETE, "/verifications", &[], "").await.refusal(), (404, "Not Found"));
    world.stop().await;
}
