//! What services do: open verifications for their subjects, read and list them, call them off.

use crate::world::{World, ids};
use http::Method;
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_service_opens_and_reads_what_its_subject_answers() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    let body = json!({"policy": "liveness", "externalReference": "order-7", "metadata": {"shop": "north"}}).to_string();
    let open = async || service.send(Method::POST, "/subjects/alice/verifications", &[JSON, ("idempotency-key", "k1")], body.clone()).await;
    let reply = open().await;
    let location = reply.headers["location"].to_str().unwrap().to_owned();
    let opened = reply.expect(201);
    // Relative to the request's own path, /subjects/alice/verifications.
    assert_eq!(location, format!("../../verifications/{}", opened["verificationId"].as_str().unwrap()));
    assert_eq!((&opened["subject"], &opened["externalReference"]), (&json!("alice"), &json!("order-7")));
    assert_eq!((&opened["status"], &opened["attemptsLeft"], &opened["sessions"]), (&json!("open"), &json!(4), &json!([])));
    let again = open().await.expect(200);
    assert_eq!(again["verificationId"], opened["verificationId"], "a repeated request opens nothing more");
    let id = opened["verificationId"].as_str().unwrap();

    assert_eq!(world.user("bob").await.next(id).await.refusal(), (404, "not_found"), "it is alice's alone");
    let alice = world.user("alice").await;
    let (_, session_id) = ids(&alice.next(id).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    assert_eq!(alice.complete(id, &session_id).await.expect(200)["status"], "approved");
    let read = service.send(Method::GET, &format!("/verifications/{id}"), &[], "").await.expect(200);
    assert_eq!(
        (&read["status"], &read["metadata"], &read["sessions"][0]["outcome"]),
        (&json!("approved"), &json!({"shop": "north"}), &json!("passed"))
    );
    assert!(!alice.get(id).await.expect(200).to_string().contains("order-7"), "the service's notes are the service's");

    for (body, expected) in [
        (json!({"policy": "nothing"}), (422, "policy_unknown")),
        (json!({"policy": "onboarding"}), (422, "consent_required")),
        (json!({"policy": "age-gate", "consent": {"version": "1999-01"}}), (422, "consent_required")),
        (json!({"policy": "liveness", "consent": {"version": "1999-01"}}), (422, "consent_unknown")),
        (json!({"policy": "step-up"}), (422, "not_enrolled")),
        (json!({"policy": "liveness", "source": {"contentType": "image/jpeg"}}), (422, "source_not_used")),
        (json!({"policy": "onboarding", "source": {"contentType": "image/gif"}}), (400, "malformed")),
        (json!({"externalReference": ""}), (400, "malformed")),
    ] {
        let reply = service.send(Method::POST, "/subjects/alice/verifications", &[JSON], body.to_string()).await;
        assert_eq!(reply.refusal(), expected, "{body}");
    }
    let body = json!({"policy": "onboarding", "consent": {"version": "2026-11"}, "source": {"contentType": "image/jpeg"}}).to_string();
    let form = service.send(Method::POST, "/subjects/alice/verifications", &[JSON], body).await.expect(201)["sourceUpload"].clone();
    assert!(form["fields"]["key"].as_str().is_some_and(|key| key.starts_with("sources/ver_")), "{form}");
    world.stop().await;
}

#[tokio::test]
async fn a_list_goes_on_where_it_stopped_and_for_nobody_else() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    let mut opened = Vec::new();
    for _ in 0..5 {
        let reply = service.send(Method::POST, "/subjects/alice/verifications", &[JSON], "{}").await;
        opened.push(reply.expect(201)["verificationId"].as_str().unwrap().to_owned());
        world.advance(1).await;
    }
    opened.reverse();
    let list = async |query: &str| service.send(Method::GET, &format!("/verifications?{query}"), &[], "").await;
    let mut found: Vec<String> = Vec::new();
    let mut query = "subject=alice&limit=2".to_owned();
    loop {
        let page = list(&query).await.expect(200);
        found.extend(page["verifications"].as_array().unwrap().iter().map(|one| one["verificationId"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("subject=alice&limit=2&cursor={cursor}");
    }
    assert_eq!(found, opened, "newest first, each once");

    let other = world.caller("another-shop", "read").await;
    let stolen = list("subject=alice&limit=2").await.expect(200)["nextCursor"].as_str().unwrap().to_owned();
    let path = format!("/verifications?subject=alice&limit=2&cursor={stolen}");
    assert_eq!(other.send(Method::GET, &path, &[], "").await.refusal(), (400, "malformed"));
    assert_eq!(list(&format!("subject=bob&limit=2&cursor={stolen}")).await.refusal(), (400, "malformed"));
    for query in ["", "subject=alice&limit=0", "subject=alice&limit=51", "subject=alice&status=gone", "subject=alice&cursor=x"] {
        assert_eq!(list(query).await.refusal(), (400, "malformed"), "{query}");
    }
    assert_eq!(list("subject=alice&status=approved").await.expect(200), json!({"verifications": []}));
    assert_eq!(list("subject=nobody").await.expect(200), json!({"verifications": []}));
    world.stop().await;
}

#[tokio::test]
async fn what_is_called_off_takes_no_session_and_what_is_withdrawn_leaves_no_image() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    let cancel = format!("/verifications/{id}/cancel");
    assert_eq!(world.user("bob").await.send(Method::POST, &cancel, &[], "").await.refusal(), (404, "not_found"));
    for _ in 0..2 {
        assert_eq!(alice.send(Method::POST, &cancel, &[], "").await.expect(200)["status"], "expired");
    }
    assert_eq!(alice.next(&id).await.refusal(), (409, "verification_closed"));

    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    alice.complete(&id, &session_id).await.expect(200);
    world.put_object(&format!("sources/{id}/given.jpg")).await;
    assert_eq!(world.image_keys().await.len(), 4);
    assert_eq!(alice.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await.refusal(), (409, "verification_closed"));
    let withdraw = format!("/verifications/{id}/withdraw-consent");
    for _ in 0..2 {
        assert_eq!(alice.send(Method::POST, &withdraw, &[], "").await.expect(200)["status"], "approved", "what is closed never changes");
    }
    assert!(world.image_keys().await.is_empty());

    // What was on its way at that moment is removed by a second look, and the rest of the bucket stays.
    for late in [format!("evidence/r30/{}/{id}/1/reference-late.jpg", world.today()), format!("sources/{id}/late.jpg")] {
        world.put_object(&late).await;
    }
    world.put_object("evidence/r30/2026-01-01/ver_another/1/reference-kept.jpg").await;
    world.advance(601).await;
    assert_eq!(world.image_keys().await, ["evidence/r30/2026-01-01/ver_another/1/reference-kept.jpg"]);
    world.stop().await;
}
