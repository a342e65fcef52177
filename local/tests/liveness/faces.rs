//! The face operations through the SDK, as far as one person can show them: a liveness check's reference image is compared with a portrait, the
//! person is enrolled and found, and a script may put somebody else in front of the camera.

use crate::world::{BUCKET, World};
use aws_sdk_rekognition::error::ProvideErrorMetadata as _;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{Attribute, Image, QualityFilter, S3Object};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prooflight_local::aws::credentials::Caller;
use serde_json::json;
use std::path::Path;

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn astronaut() -> Vec<u8> {
    file("../tests/data/photos/astronaut.png")
}

fn image(bytes: Vec<u8>) -> Image {
    Image::builder().bytes(Blob::new(bytes)).build()
}

/// The reference image of a session that a script has ended.
async fn reference(world: &World, script: serde_json::Value) -> (Vec<u8>, f32) {
    let id = world.create().await;
    let mut body = json!({"sessionId": id, "status": "SUCCEEDED", "confidence": 99.0});
    body.as_object_mut().unwrap().extend(script.as_object().unwrap().clone());
    world.script(body).await.unwrap();
    let results = world.sdk.get_face_liveness_session_results().session_id(id).send().await.unwrap();
    let reference = results.reference_image.unwrap();
    (reference.bytes.unwrap().into_inner(), reference.bounding_box.unwrap().width.unwrap())
}

#[tokio::test]
async fn the_bundled_portrait_is_the_astronaut() {
    let world = World::in_memory();
    let (reference, _) = reference(&world, json!({})).await;
    let compared = world.sdk.compare_faces().source_image(image(astronaut())).target_image(image(reference)).send().await.unwrap();
    let [found] = compared.face_matches() else { panic!("{compared:?}") };
    assert!(found.similarity.unwrap() > 95.0, "{found:?}");
    assert!(compared.unmatched_faces().is_empty());
}

#[tokio::test]
async fn another_portrait_takes_the_place_of_the_bundled_one() {
    let world = World::in_memory();
    let portrait = file("../web/src/presenters/portrait.jpg");
    assert!(portrait.len() <= 200_000, "the test needs another picture");
    let (reference, width) = reference(&world, json!({"portrait": BASE64.encode(&portrait)})).await;
    // All but the comment that tells the pictures apart.
    assert_eq!((&reference[..2], &reference[7..]), (&portrait[..2], &portrait[2..]));
    assert!((0.05..0.9).contains(&width), "the box is round the face: {width}");
}

#[tokio::test]
async fn a_portrait_has_to_be_a_jpeg_of_bounded_size() {
    let world = World::in_memory();
    let id = world.create().await;
    let large = [b"\xFF\xD8\xFF".to_vec(), vec![0; 200_000]].concat();
    for (name, portrait) in [
        ("not base64", "???".to_owned()),
        ("PNG", BASE64.encode(astronaut())),
        ("too large", BASE64.encode(large)),
        ("damaged", BASE64.encode(b"\xFF\xD8\xFF\xE0nothing")),
    ] {
        let refused = world.script(json!({"sessionId": id, "status": "SUCCEEDED", "portrait": portrait})).await.unwrap_err();
        assert!(refused.to_string().contains("`portrait`"), "{name}: {refused}");
    }
    assert_eq!(world.status(&id).await, "CREATED");
}

#[tokio::test]
async fn a_person_is_enrolled_found_and_forgotten_also_after_a_restart() {
    let scratch = tempfile::tempdir().unwrap();
    let clock = || std::sync::Arc::new(prooflight_local::clock::Clock::ephemeral());
    let face_id = {
        let world = World::open(Some(scratch.path()), clock());
        world.rekognition.ensure_collection("faces").unwrap();
        let indexed = world.sdk.index_faces().collection_id("faces").image(image(astronaut())).external_image_id("subject-1");
        let indexed = indexed.max_faces(1).quality_filter(QualityFilter::High).send().await.unwrap();
        indexed.face_records()[0].face().unwrap().face_id().unwrap().to_owned()
    };
    let world = World::open(Some(scratch.path()), clock());
    let (reference, _) = reference(&world, json!({})).await;
    let search =
        || world.sdk.search_faces_by_image().collection_id("faces").face_match_threshold(90.0).image(image(reference.clone())).send();
    let found = search().await.unwrap();
    let face = found.face_matches()[0].face().unwrap();
    assert_eq!((face.face_id(), face.external_image_id()), (Some(face_id.as_str()), Some("subject-1")));
    world.sdk.delete_faces().collection_id("faces").face_ids(&face_id).send().await.unwrap();
    assert!(search().await.unwrap().face_matches().is_empty());
    let kept = std::fs::read_dir(scratch.path().join("collections/collection-faces")).unwrap().count();
    assert_eq!(kept, 1, "only what the collection says about itself is left");
}

#[tokio::test]
async fn an_object_is_read_in_the_callers_name() {
    let world = World::in_memory();
    world.endpoint.buckets().put(BUCKET, "one.png", astronaut().into(), "image/png").await.unwrap();
    let statement = json!({"Effect": "Allow", "Action": "rekognition:DetectFaces", "Resource": "*"});
    let session_policy = Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string());
    world.key("limited", Caller::AssumedRole { role_arn: "arn:aws:sts::000000000000:assumed-role/r/s".into(), session_policy, role: None });
    let object = S3Object::builder().bucket(BUCKET).name("one.png").build();
    let detect = |sdk: aws_sdk_rekognition::Client, image: Image| async move {
        sdk.detect_faces()
            .image(image)
            .attributes(Attribute::AgeRange)
            .attributes(Attribute::EyesOpen)
            .attributes(Attribute::FaceOccluded)
            .send()
            .await
    };
    let stored = Image::builder().s3_object(object).build();
    let refused = detect(world.sdk_for("limited", None), stored.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    for (sdk, image) in [(world.sdk_for("limited", None), image(astronaut())), (world.sdk.clone(), stored)] {
        let found = detect(sdk, image).await.unwrap();
        let face = &found.face_details()[0];
        assert!(face.age_range().is_some());
        let (eyes, occluded) = (face.eyes_open().unwrap(), face.face_occluded().unwrap());
        assert_eq!((eyes.value(), occluded.value()), (true, false));
        assert!([eyes.confidence(), occluded.confidence()].iter().all(|sure| (50.0..=100.0).contains(&sure.unwrap())), "{face:?}");
    }
    let entries = world.endpoint.journal().entries();
    assert!(entries.iter().any(|entry| entry.action == "s3:GetObject" && entry.resource == format!("arn:aws:s3:::{BUCKET}/one.png")));
}
