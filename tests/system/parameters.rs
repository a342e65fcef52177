//! What a deployment decides by parameters: what the issuer writes before the names of scopes, and which policies are switched off. Each as
//! `prooflight-local --parameter` deploys it.

use crate::world::{World, ids};
use http::Method;
use prooflight_local::{Local, Options};
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

fn deployed_with(name: &str, value: &str) -> Options {
    Options { parameters: [(name.to_owned(), value.to_owned())].into(), ..Options::ephemeral() }
}

#[tokio::test]
async fn scopes_are_those_that_the_issuer_writes() {
    for prefix in ["https://api.example.com/", "prooflight/"] {
        let world = World::with(deployed_with("ScopePrefix", prefix)).await;
        let alice = world.caller("alice", &format!("{prefix}verify")).await;
        let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
        let service = world.caller("shop", &format!("{prefix}open {prefix}read")).await;
        assert_eq!(service.get(&id).await.expect(200)["subject"], "alice", "the function reads what the service may");
        assert_eq!(alice.get(&id).await.expect(200)["subject"], json!(null), "and what the subject may");

        for wrong in ["verify", "https://api.example.com.evil.example/verify", &format!("{prefix}{prefix}verify"), &format!("{prefix}read")]
        {
            let stranger = world.caller("alice", wrong).await;
            assert_eq!(stranger.open(&json!({}), None).await.refusal(), (403, "Forbidden"), "{wrong}");
        }
        // The gateway passes what has one of a route's scopes; it is the function that knows which.
        let mallory = world.caller("mallory", &format!("{prefix}verify open")).await;
        let cancelled = mallory.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await;
        assert_eq!(cancelled.refusal(), (404, "not_found"), "another issuer's `open` is not ours");
        world.stop().await;
    }
}

#[tokio::test]
async fn a_policy_that_is_switched_off_opens_nothing_and_lends_no_session() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |disabled| Options { data_dir: Some(folder.path().to_owned()), ..deployed_with("DisabledPolicies", disabled) };
    let for_subject = json!({"policy": "onboarding", "consent": {"version": "2026-11"}}).to_string();

    let world = World::with(kept("")).await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), Some("before")).await.expect(201));
    let service = world.caller("shop", "open read").await;
    let opened = service.send(Method::POST, "/subjects/bob/verifications", &[JSON, ("idempotency-key", "before")], for_subject.clone());
    let opened = opened.await.expect(201)["verificationId"].clone();
    drop((alice, service));
    world.stop().await;

    let world = World::with(kept("liveness,onboarding")).await;
    let alice = world.user("alice").await;
    let disabled = (403, "policy_disabled");
    assert_eq!(alice.open(&json!({}), None).await.refusal(), disabled);
    assert_eq!(alice.open(&json!({}), Some("before")).await.refusal(), disabled, "credentials are not lent again either");
    assert_eq!(alice.next(&id).await.refusal(), disabled, "nor for the session that is there");
    alice.open(&json!({"policy": "bot-check"}), None).await.expect(201);

    let service = world.caller("shop", "open read").await;
    let open =
        async |key| service.send(Method::POST, "/subjects/bob/verifications", &[JSON, ("idempotency-key", key)], for_subject.clone()).await;
    assert_eq!(open("after").await.refusal(), disabled);
    assert_eq!(open("before").await.expect(200)["verificationId"], opened, "what is there is found");
    let bob = world.user("bob").await;
    assert_eq!(bob.next(opened.as_str().unwrap()).await.refusal(), disabled);

    world.succeeded(&session_id, 97.0).await;
    assert_eq!(alice.complete(&id, &session_id).await.expect(200)["status"], "approved", "what ran is decided");
    assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"));
    world.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_not_there_cannot_be_switched_off() {
    for (name, value, named) in [("DisabledPolicies", "liveness,livenes", "livenes"), ("DisabledPolicy", "liveness", "DisabledPolicy")] {
        let error = Local::start(deployed_with(name, value)).await.expect_err(value);
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let told = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        assert!(told.contains(named), "{told}");
    }
}
