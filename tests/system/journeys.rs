//! What becomes of a verification, from its opening to its end, with outcomes scripted at the local Rekognition.

use crate::world::{World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

/// The item's attribute as text, whatever its type.
fn text(item: &std::collections::HashMap<String, AttributeValue>, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_live_person_is_approved_with_images_and_one_decision() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let opened = alice.open(&json!({}), None).await;
    assert_eq!(opened.headers["cache-control"], "no-store");
    assert!(opened.headers.contains_key("x-request-id"));
    let opened = opened.expect(201);
    let (id, session_id) = ids(&opened);
    assert_eq!(opened["status"], "open");
    assert_eq!(opened["policy"], "liveness");
    assert_eq!(opened["attemptsLeft"], 4);
    assert_eq!(opened["session"]["challenge"], "FaceMovementAndLightChallenge");
    assert_eq!(opened["session"]["region"], "us-east-1");
    for part in ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"] {
        assert!(opened["session"]["credentials"][part].is_string(), "{part}");
    }

    let pending = alice.complete(&id, &session_id).await;
    assert!(pending.headers.contains_key("retry-after"));
    assert_eq!(pending.expect(202)["session"], "pending");
    assert_eq!(alice.get(&id).await.expect(200)["currentSession"]["sessionId"], session_id.as_str());

    world.succeeded(&session_id, 97.5).await;
    let done = alice.complete(&id, &session_id).await.expect(200);
    assert_eq!((&done["status"], &done["session"], &done["nextStep"]), (&json!("approved"), &json!("passed"), &json!("none")));
    let read = alice.get(&id).await.expect(200);
    assert_eq!((&read["status"], &read["nextStep"]), (&json!("approved"), &json!("none")));
    assert!(read["decidedAt"].is_string() && read["currentSession"].is_null());

    let keys = world.image_keys().await;
    assert_eq!(keys.len(), 3, "the reference image and the two audit images: {keys:?}");
    assert!(keys.iter().all(|key| key.starts_with("evidence/r30/") && key.contains(&format!("/{id}/1/"))), "{keys:?}");
    let decisions: Vec<_> = world.items().await.into_iter().filter(|item| text(item, "sk").starts_with("decision#")).collect();
    assert_eq!(decisions.len(), 1);
    assert_eq!(text(&decisions[0], "policyVersion"), "2026-11-1");
    assert_eq!(text(&decisions[0], "evidenceDigest").len(), 64);
    assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"));
    world.stop().await;
}

#[tokio::test]
async fn what_a_session_yields_decides_what_follows() {
    let world = World::start().await;
    let cases = [
        ("liveness", json!({"status": "SUCCEEDED", "confidence": 80.0}), "passed", "approved"),
        ("liveness", json!({"status": "SUCCEEDED", "confidence": 79.9}), "failed", "open"),
        ("liveness", json!({"status": "SUCCEEDED", "confidence": null}), "failed", "open"),
        ("liveness", json!({"status": "SUCCEEDED", "confidence": 99.0, "referenceImage": false}), "failed", "open"),
        ("liveness", json!({"status": "SUCCEEDED", "confidence": 99.0, "auditImages": 0}), "passed", "approved"),
        ("liveness", json!({"status": "SUCCEEDED", "confidence": 99.0, "challenge": "FaceMovementChallenge"}), "failed", "open"),
        ("liveness", json!({"status": "FAILED"}), "failed", "open"),
        ("liveness", json!({"status": "EXPIRED"}), "lapsed", "open"),
        ("bot-check", json!({"status": "SUCCEEDED", "confidence": 50.0}), "passed", "approved"),
        ("bot-check", json!({"status": "SUCCEEDED", "confidence": 49.9}), "failed", "open"),
    ];
    for (at, (policy, outcome, session, status)) in cases.into_iter().enumerate() {
        // Somebody else each time: nobody may fail so often.
        let alice = world.user(&format!("alice{at}")).await;
        let (id, session_id) = ids(&alice.open(&json!({ "policy": policy }), None).await.expect(201));
        let mut script = outcome.clone();
        script["sessionId"] = json!(session_id);
        world.outcome(&script).await;
        let done = alice.complete(&id, &session_id).await.expect(200);
        assert_eq!((done["session"].as_str(), done["status"].as_str()), (Some(session), Some(status)), "{policy} {outcome}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_last_failure_denies_and_leads_to_another_way() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let mut session = alice.open(&json!({}), None).await.expect(201);
    for left in [3, 2, 1, 0] {
        let (id, session_id) = ids(&session);
        let script = json!({"sessionId": session_id, "status": "SUCCEEDED", "confidence": 12.0, "feedback": ["LOW_LIGHTING_DETECTED"]});
        world.outcome(&script).await;
        let done = alice.complete(&id, &session_id).await.expect(200);
        assert_eq!(done["tips"], json!(["MORE_LIGHT"]));
        let read = alice.get(&id).await.expect(200);
        assert_eq!(read["attemptsLeft"], left);
        if left > 0 {
            assert_eq!((&done["status"], &done["nextStep"]), (&json!("open"), &json!("retry")));
            session = alice.next(&id).await.expect(201);
            assert_ne!(ids(&session).1, session_id, "a session is used once");
            assert_eq!(session["attemptsLeft"], left);
        } else {
            assert_eq!((&done["status"], &done["nextStep"]), (&json!("denied"), &json!("alternative")));
            assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"));
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_repeated_completion_repeats_the_first_answer_without_asking() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, first) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&first, 20.0).await;
    let answer = alice.complete(&id, &first).await.expect(200);
    let (_, second) = ids(&alice.next(&id).await.expect(201));
    world.succeeded(&second, 99.0).await;
    assert_eq!(alice.complete(&id, &second).await.expect(200)["status"], "approved");
    // Whoever asked Rekognition now would fail.
    world.outcome(&json!({"sessionId": first, "error": "InternalServerError", "times": 5})).await;
    let again = alice.complete(&id, &first).await.expect(200);
    assert_eq!((&again["status"], &again["session"], &again["tips"]), (&answer["status"], &answer["session"], &answer["tips"]));
    world.stop().await;
}

#[tokio::test]
async fn one_session_lives_at_a_time() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let opened = alice.open(&json!({}), None).await.expect(201);
    let (id, first) = ids(&opened);

    let same = alice.next(&id).await.expect(201);
    assert_eq!(ids(&same).1, first, "a session that nobody has streamed into is handed out again");
    assert_ne!(same["session"]["credentials"], opened["session"]["credentials"], "with fresh credentials");
    assert_eq!(same["attemptsLeft"], 4);

    world.outcome(&json!({"sessionId": first, "status": "IN_PROGRESS"})).await;
    let (_, second) = ids(&alice.next(&id).await.expect(201));
    assert_ne!(second, first, "a browser that went away does not hold up the next session");
    assert_eq!(alice.get(&id).await.expect(200)["attemptsLeft"], 3);

    world.succeeded(&first, 99.0).await;
    let late = alice.complete(&id, &first).await.expect(200);
    assert_eq!((&late["session"], &late["status"]), (&json!("failed"), &json!("open")), "a superseded session cannot approve");

    world.succeeded(&second, 99.0).await;
    assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"), "asking again completes what has finished");
    assert_eq!(alice.get(&id).await.expect(200)["status"], "approved");
    world.stop().await;
}

#[tokio::test]
async fn time_ends_sessions_and_verifications() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, first) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.outcome(&json!({"sessionId": first, "status": "IN_PROGRESS"})).await;
    assert_eq!(alice.complete(&id, &first).await.expect(202)["session"], "pending");
    world.advance(181).await;
    assert_eq!(alice.complete(&id, &first).await.expect(200)["session"], "lapsed");
    assert_eq!(alice.get(&id).await.expect(200)["attemptsLeft"], 3, "it was streamed into, so it counts");

    let (_, second) = ids(&alice.next(&id).await.expect(201));
    world.advance(186).await;
    assert_eq!(alice.complete(&id, &second).await.expect(200)["session"], "lapsed");
    assert_eq!(alice.get(&id).await.expect(200)["attemptsLeft"], 3, "it was never used, so it does not");

    world.advance(30 * 60).await;
    let read = alice.get(&id).await.expect(200);
    assert_eq!((&read["status"], &read["nextStep"]), (&json!("expired"), &json!("retry")));
    assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"));
    world.stop().await;
}

#[tokio::test]
async fn the_last_attempt_is_not_given_away_while_it_runs() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let mut session = alice.open(&json!({}), None).await.expect(201);
    for _ in 0..3 {
        let (id, session_id) = ids(&session);
        world.outcome(&json!({"sessionId": session_id, "status": "IN_PROGRESS"})).await;
        session = alice.next(&id).await.expect(201);
    }
    let (id, last) = ids(&session);
    world.outcome(&json!({"sessionId": last, "status": "IN_PROGRESS"})).await;
    let refused = alice.next(&id).await;
    assert_eq!(refused.refusal(), (409, "session_in_progress"));
    assert!(refused.headers.contains_key("retry-after"));
    world.advance(186).await;
    assert_eq!(alice.complete(&id, &last).await.expect(200)["status"], "denied");
    world.stop().await;
}

#[tokio::test]
async fn a_repeated_opening_is_the_same_verification() {
    let world = World::start().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let body = json!({"policy": "liveness", "deviceId": "phone-1"});
    let first = alice.open(&body, Some("key-1")).await.expect(201);
    let again = alice.open(&body, Some("key-1")).await.expect(201);
    assert_eq!(ids(&first), ids(&again));
    assert_ne!(ids(&first).0, ids(&bob.open(&body, Some("key-1")).await.expect(201)).0, "a key is its caller's own");
    assert_ne!(ids(&first).0, ids(&alice.open(&body, Some("key-2")).await.expect(201)).0);
    assert_eq!(alice.open(&json!({}), Some("key-1")).await.refusal(), (422, "idempotency_mismatch"));

    world.advance(186).await;
    let later = alice.open(&body, Some("key-1")).await.expect(200);
    assert_eq!(later["verificationId"], first["verificationId"]);
    assert_eq!((&later["status"], &later["session"]), (&json!("open"), &Value::Null), "the state, without a session that is dead");

    world.advance(24 * 3600).await;
    let new = alice.open(&json!({}), Some("key-1")).await.expect(201);
    assert_ne!(new["verificationId"], first["verificationId"], "a key is kept for a day");
    world.stop().await;
}

#[tokio::test]
async fn errors_of_rekognition_use_no_attempt() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    for error in ["InternalServerError", "ThrottlingException", "ProvisionedThroughputExceededException", "AccessDeniedException"] {
        world.outcome(&json!({"sessionId": session_id, "error": error, "times": 3})).await;
        let refused = alice.complete(&id, &session_id).await;
        assert_eq!(refused.refusal(), (503, "liveness_unavailable"), "{error}");
        assert!(refused.headers.contains_key("retry-after"));
        // Whatever is left of the three would meet the next round.
        while alice.complete(&id, &session_id).await.status == 503 {}
    }
    world.succeeded(&session_id, 95.0).await;
    assert_eq!(alice.complete(&id, &session_id).await.expect(200)["status"], "approved");

    world.outcome(&json!({"error": "ThrottlingException", "times": 3})).await;
    let key = Some("while-throttled");
    assert_eq!(alice.open(&json!({}), key).await.refusal(), (503, "liveness_unavailable"));
    let opened = alice.open(&json!({}), key).await.expect(201);
    assert_eq!(opened["attemptsLeft"], 4, "the reservation is picked up");
    world.stop().await;
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || prooflight_local::Options { data_dir: Some(folder.path().to_owned()), ..prooflight_local::Options::ephemeral() };
    let world = World::with(kept()).await;
    let alice = world.user("alice").await;
    let unused = ids(&alice.open(&json!({}), Some("unused")).await.expect(201));
    let (id, session_id) = ids(&alice.open(&json!({}), Some("done")).await.expect(201));
    world.succeeded(&session_id, 95.0).await;
    world.advance(100).await;
    drop(alice);
    world.stop().await;

    let world = World::with(kept()).await;
    let alice = world.user("alice").await;
    assert_eq!(ids(&alice.open(&json!({}), Some("unused")).await.expect(201)), unused);
    let done = alice.open(&json!({}), Some("done")).await.expect(200);
    assert_eq!((&done["verificationId"], &done["session"]), (&json!(id), &Value::Null), "a session that was used is not handed out again");
    assert_eq!(alice.complete(&id, &session_id).await.expect(200)["status"], "approved");
    assert!(!world.image_keys().await.is_empty());
    world.stop().await;
}
