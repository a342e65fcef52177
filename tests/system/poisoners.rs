//! Somebody wants the system to remember something wrong, or to forget something: another picture, another face, a clean slate.

use crate::enrolments::{checked, enrol};
use crate::erasures::erase;
use crate::faces::{opened_with_source, upload};
use crate::world::{Person, World, ids};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;
use serde_json::{Value, json};

/// The form for the picture of one person is used for another object, another type, or for more than a picture.
#[tokio::test]
async fn an_upload_form_takes_what_it_was_made_for() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let (_, form) = opened_with_source(&service, "alice").await;
    let (_, another) = opened_with_source(&service, "bob").await;
    let changed = |name: &str, value: &Value| {
        let mut form = form.clone();
        form["fields"][name] = value.clone();
        form
    };
    for (what, form) in [
        ("the picture of somebody else", changed("key", &another["fields"]["key"])),
        ("an image of evidence", changed("key", &json!("evidence/r30/2026-11-27/ver_0/1/reference-0.jpg"))),
        ("a page", changed("Content-Type", &json!("text/html"))),
        ("the permission of another form", changed("policy", &another["fields"]["policy"])),
        ("one more field", changed("x-amz-meta-note", &json!("mine"))),
    ] {
        assert_eq!(upload(&form, Person::Biden.photo()).await, 403, "{what}");
    }
    assert_eq!(upload(&form, &vec![0; 5 * 1024 * 1024 + 1]).await, 400, "more than five megabytes");
    assert_eq!(world.image_keys().await, [""; 0]);
    assert_eq!(upload(&form, Person::Obama.photo()).await, 204);
    world.stop().await;
}

/// Somebody reaches the collection, and puts his own face beside alice's, under her digest.
#[tokio::test]
async fn a_face_that_was_slipped_into_the_collection_opens_nothing() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    enrol(&service, &id).await.expect(200);
    let hers = world.faces().await.remove(0);
    let his = Image::builder().bytes(Blob::new(Person::Biden.photo())).build();
    let collection = aws_sdk_rekognition::Client::new(&world.sdk());
    collection.index_faces().collection_id("prooflight-local-faces").external_image_id(hers).image(his).send().await.unwrap();
    let (_, told) = checked(&world, "alice", "step-up", Person::Biden).await;
    assert_eq!((&told["status"], &told["session"]), (&json!("open"), &json!("failed")), "{told}");
    let (_, told) = checked(&world, "alice", "step-up", Person::Obama).await;
    assert_eq!(told["status"], "approved", "and hers opens what it did: {told}");
    world.stop().await;
}

/// Whoever has failed too often asks to be forgotten, and begins anew.
#[tokio::test]
async fn an_erasure_lifts_no_lockout() {
    let world = World::start().await;
    let mallory = world.user("mallory").await;
    for _ in 0..5 {
        let (id, session_id) = ids(&mallory.open(&json!({}), None).await.expect(201));
        world.succeeded(&session_id, 12.0).await;
        mallory.complete(&id, &session_id).await.expect(200);
    }
    assert_eq!(mallory.open(&json!({}), None).await.refusal(), (429, "locked_out"));
    erase(&world, "mallory").await;
    world.advance(601).await;
    assert_eq!(mallory.open(&json!({}), None).await.refusal(), (429, "locked_out"));
    world.stop().await;
}
