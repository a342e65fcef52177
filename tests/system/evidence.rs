//! What a reviewer is shown, over the wire, what is written down before he is, and what of him reaches others.

use crate::reviews::{in_review, look, put};
use crate::world::{World, ids};
use http::Method;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prooflight_shared::domain::StoredImage;
use serde_json::{Value, json};

async fn fetch(url: &str) -> (u16, Bytes) {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(url.parse().unwrap()).await.unwrap();
    (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_reviewer_sees_everything_that_was_judged() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, first) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.outcome(&json!({"sessionId": first, "status": "SUCCEEDED", "confidence": 12.5, "feedback": ["LOW_LIGHTING_DETECTED"]})).await;
    alice.complete(&id, &first).await.expect(200);
    let rita = world.caller("rita", "review").await;
    let (before, _) = look(&rita, &id).await;
    let (_, second) = ids(&alice.next(&id).await.expect(201));
    world.succeeded(&second, 97.5).await;
    alice.complete(&id, &second).await.expect(200);

    let (etag, seen) = look(&rita, &id).await;
    assert_ne!(etag, before, "another judged session is other evidence");
    assert_eq!((&seen["subject"], &seen["status"], &seen["policyVersion"]), (&json!("alice"), &json!("approved"), &json!("2026-11-1")));
    let thresholds = json!({
        "approveAt": 80.0, "reviewFrom": null, "challenge": "FaceMovementAndLightChallenge", "match": {"kind": "none"}, "minimumAge": null
    });
    assert_eq!(seen["thresholds"], thresholds);
    let sessions = seen["sessions"].as_array().unwrap();
    let told = |at: usize| (&sessions[at]["outcome"], &sessions[at]["reasons"], &sessions[at]["confidence"], &sessions[at]["feedback"]);
    assert_eq!(told(0), (&json!("failed"), &json!(["confidence_too_low"]), &json!(12.5), &json!(["LOW_LIGHTING_DETECTED"])));
    assert_eq!(told(1), (&json!("passed"), &json!([]), &json!(97.5), &json!([])));
    assert_eq!(sessions[1]["challenge"]["type"], "FaceMovementAndLightChallenge");
    assert_eq!((&seen["review"], &seen["source"]), (&Value::Null, &Value::Null), "nothing is asked and nothing was compared");
    let kinds: Vec<&str> = sessions[1]["images"].as_array().unwrap().iter().map(|image| image["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reference", "audit", "audit"]);
    for image in sessions[1]["images"].as_array().unwrap() {
        let url = image["url"].as_str().unwrap();
        assert!(url.contains("X-Amz-Expires=60"), "{url}");
        let (status, bytes) = fetch(url).await;
        assert_eq!((status, image["size"].as_u64()), (200, Some(bytes.len() as u64)));
        assert_eq!(StoredImage::of(&bytes).sha256, image["sha256"].as_str().unwrap());
        assert_eq!(fetch(&url.replace("X-Amz-Expires=60", "X-Amz-Expires=3600")).await.0, 403, "a link is good for what was signed");
    }
    let serve_until: jiff::Timestamp = seen["linksExpireAt"].as_str().unwrap().parse().unwrap();
    assert!(serve_until > seen["createdAt"].as_str().unwrap().parse().unwrap());

    // Under a policy that keeps no images there is nothing to look at, but what they were.
    let (bare, session_id) = ids(&world.user("bob").await.open(&json!({"policy": "bot-check"}), None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    world.user("bob").await.complete(&bare, &session_id).await.expect(200);
    let (_, seen) = look(&rita, &bare).await;
    let image = &seen["sessions"][0]["images"][0];
    assert_eq!((&image["kind"], &image["url"], image["sha256"].as_str().map(str::len)), (&json!("reference"), &Value::Null, Some(64)));
    world.stop().await;
}

#[tokio::test]
async fn a_look_is_written_down_whether_or_not_a_verdict_follows() {
    let world = World::start().await;
    let id = in_review(&world, "alice").await;
    let rita = world.caller("rita", "review").await;
    let (first, _) = look(&rita, &id).await;
    look(&rita, &id).await;
    let items = world.items().await;
    let text =
        |item: &std::collections::HashMap<_, aws_sdk_dynamodb::types::AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
    let looks: Vec<_> = items.iter().filter(|item| text(item, "sk").starts_with("look#")).collect();
    assert_eq!(looks.len(), 2, "each is an item of its own, even of the same moment");
    let document = items.iter().find(|item| text(item, "sk") == "verification").unwrap();
    for look in looks {
        assert_eq!(text(look, "pk"), format!("verification#{id}"));
        assert_eq!(format!("\"{}\"", text(look, "evidenceTag")), first);
        assert_eq!(look["reviewer"].as_m().unwrap()["subject"].as_s().unwrap(), "rita");
        assert_eq!(look["expiresAt"], document["expiresAt"], "it is kept as long as what was looked at");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_shown() {
    let world = World::start().await;
    let id = in_review(&world, "alice").await;
    let items = world.items().await;
    let document = items.iter().find(|item| item["sk"].as_s().unwrap() == "verification").unwrap();
    // As long as a subject is being erased, nothing more is written of him.
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
    let tombstone = format!("tombstone#{}", document["subjectKey"].as_s().unwrap());
    client.put_item().table_name(table).item("pk", text(&tombstone)).item("sk", text("tombstone")).send().await.unwrap();
    let rita = world.caller("rita", "review").await;
    let refused = rita.send(Method::GET, &format!("/verifications/{id}/evidence"), &[], "").await;
    assert_eq!((refused.refusal(), refused.headers.get("etag")), ((404, "not_found"), None));
    assert!(!world.items().await.iter().any(|item| item["sk"].as_s().unwrap().starts_with("look#")));
    world.stop().await;
}

#[tokio::test]
async fn images_that_are_gone_have_no_link() {
    let world = World::start().await;
    let (withdrawn, kept) = (in_review(&world, "alice").await, in_review(&world, "bob").await);
    let rita = world.caller("rita", "review").await;
    let links = |seen: &Value| {
        let images = seen["sessions"][0]["images"].as_array().unwrap().clone();
        images.iter().filter(|image| image["url"].is_string()).count()
    };
    assert_eq!(links(&look(&rita, &withdrawn).await.1), 3);
    let alice = world.user("alice").await;
    alice.send(Method::POST, &format!("/verifications/{withdrawn}/withdraw-consent"), &[], "").await.expect(200);
    assert_eq!(links(&look(&rita, &withdrawn).await.1), 0);

    world.advance(30 * 86_400 - 60).await;
    assert_eq!(links(&look(&rita, &kept).await.1), 3);
    world.advance(61).await;
    let seen = look(&rita, &kept).await.1;
    assert_eq!((links(&seen), &seen["status"], &seen["sessions"][0]["confidence"]), (0, &json!("expired"), &json!(70.5)));
    world.advance(336 * 86_400).await;
    let gone = rita.send(Method::GET, &format!("/verifications/{kept}/evidence"), &[], "").await;
    assert_eq!(gone.refusal(), (404, "not_found"), "the table may take days to delete what is over; it is not shown any more");
    world.stop().await;
}

#[tokio::test]
async fn the_picture_that_was_compared_is_shown_and_no_other() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let body = json!({"policy": "onboarding", "consent": {"version": "2026-11"}, "source": {"contentType": "image/png"}}).to_string();
    let json_body = [("content-type", "application/json")];
    let opened = service.send(Method::POST, "/subjects/alice/verifications", &json_body, body).await.expect(201);
    let id = opened["verificationId"].as_str().unwrap();
    let key = opened["sourceUpload"]["fields"]["key"].as_str().unwrap();
    let (bucket, name) = world.bucket().await;
    let upload = async |bytes: &'static [u8]| {
        bucket.put_object().bucket(&name).key(key).body(bytes.to_vec().into()).send().await.unwrap();
    };
    upload(b"the picture").await;
    let rita = world.caller("rita", "review").await;
    assert_eq!(look(&rita, id).await.1["source"], Value::Null, "nothing was compared with it yet");

    let pinned = StoredImage::of(b"the picture").sha256;
    put(&world, id, &["document", "source", "sha256"], aws_sdk_dynamodb::types::AttributeValue::S(pinned.clone())).await;
    let source = look(&rita, id).await.1["source"].clone();
    assert_eq!(source["sha256"], json!(pinned));
    assert_eq!(fetch(source["url"].as_str().unwrap()).await, (200, Bytes::from_static(b"the picture")));

    upload(b"another picture").await;
    assert_eq!(look(&rita, id).await.1["source"], Value::Null);
    bucket.delete_object().bucket(&name).key(key).send().await.unwrap();
    assert_eq!(look(&rita, id).await.1["source"], Value::Null);
    world.stop().await;
}

#[tokio::test]
async fn nothing_of_a_reviewers_name_reaches_anybody_else() {
    let world = World::start().await;
    let id = in_review(&world, "alice").await;
    let name = "a-reviewer-that-can-be-found-again";
    let rita = world.caller(name, "review").await;
    let ralf = world.caller("ralf", "review").await;
    let alice = world.user("alice").await;
    let service = world.caller("shop", "read").await;
    let send = async |user: &crate::world::User<'_>, method, path: &str| user.send(method, path, &[], "").await.body.to_string();
    let (verification, evidence, claim) =
        (format!("/verifications/{id}"), format!("/verifications/{id}/evidence"), format!("/verifications/{id}/claim"));
    send(&rita, Method::POST, &claim).await;
    let mut told = vec![send(&ralf, Method::GET, "/reviews").await, send(&ralf, Method::POST, &claim).await];
    let (etag, seen) = look(&rita, &id).await;
    told.push(seen.to_string());
    let body = json!({"verdict": "denied", "reason": "different_person"}).to_string();
    let headers = [("content-type", "application/json"), ("if-match", etag.as_str())];
    let path = format!("/verifications/{id}/review");
    rita.send(Method::POST, &path, &headers, body.clone()).await.expect(200);
    let lost = ralf.send(Method::POST, &path, &headers, body).await;
    assert_eq!(lost.refusal(), (409, "already_reviewed"));
    told.push(lost.body.to_string());
    for (user, path) in [(&ralf, &evidence), (&service, &verification), (&alice, &verification)] {
        told.push(send(user, Method::GET, path).await);
    }
    for body in &told {
        assert!(!body.contains(name), "{body}");
    }
    let end_user = told.last().unwrap();
    for inside in ["different_person", "review", "confidence", "70.5"] {
        assert!(!end_user.replace("in_review", "").contains(inside), "{inside} is in {end_user}");
    }
    world.stop().await;
}
