//! `CreateFaceLivenessSession` and `GetFaceLivenessSessionResults` through the official SDK.

use crate::world::{BUCKET, World};
use aws_sdk_rekognition::error::ProvideErrorMetadata;
use aws_sdk_rekognition::operation::create_face_liveness_session::CreateFaceLivenessSessionError as CreateError;
use aws_sdk_rekognition::operation::get_face_liveness_session_results::GetFaceLivenessSessionResultsError as GetError;
use aws_sdk_rekognition::types::{
    ChallengePreference, ChallengeType, CreateFaceLivenessSessionRequestSettings as Settings, LivenessOutputConfig, Versions,
};
use bytes::Bytes;
use prooflight_local::aws::credentials::{Caller, Credential};
use prooflight_local::clock::Clock;
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn a_new_session_is_created_and_says_nothing_more() {
    let world = World::in_memory();
    let id = world.create().await;
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().to_string(), id, "a lower-case UUID");
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!((results.session_id(), results.status().as_str()), (id.as_str(), "CREATED"));
    assert!(results.confidence.is_none() && results.reference_image.is_none() && results.audit_images.is_none());
    assert!(results.challenge.is_none() && results.feedback.is_none() && results.metadata.is_none());
}

#[tokio::test]
async fn a_token_gets_the_same_session_while_it_lives() {
    let world = World::in_memory();
    let create = |token: &str, images| {
        let settings = Settings::builder().audit_images_limit(images).build();
        world.sdk.create_face_liveness_session().client_request_token(token).settings(settings).send()
    };
    let first = create("token-1", 2).await.unwrap().session_id;
    assert_eq!(create("token-1", 2).await.unwrap().session_id, first);
    assert_ne!(create("token-2", 2).await.unwrap().session_id, first);
    let other = create("token-1", 3).await.unwrap_err().into_service_error();
    assert!(matches!(&other, CreateError::InvalidParameterException(error) if error.message().unwrap().contains("other parameters")));
    world.clock.advance(179).unwrap();
    assert_eq!(create("token-1", 2).await.unwrap().session_id, first);
    world.clock.advance(1).unwrap();
    assert_ne!(create("token-1", 2).await.unwrap().session_id, first);
}

#[tokio::test]
async fn one_token_at_once_makes_one_session() {
    let world = Arc::new(World::in_memory());
    let mut creating = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let world = Arc::clone(&world);
        creating
            .spawn(async move { world.sdk.create_face_liveness_session().client_request_token("same").send().await.unwrap().session_id });
    }
    let mut ids = creating.join_all().await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_session_expires_after_180_seconds_and_is_forgotten_after_a_day() {
    let world = World::in_memory();
    let id = world.create().await;
    world.script(json!({"sessionId": id, "status": "SUCCEEDED", "auditImages": 2})).await.unwrap();
    world.clock.advance(179).unwrap();
    assert_eq!(world.status(&id).await, "SUCCEEDED");
    world.clock.advance(1).unwrap();
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!(results.status().as_str(), "EXPIRED");
    assert!(results.confidence.is_none() && results.reference_image.is_none() && results.challenge.is_none());
    world.clock.advance(24 * 3600 - 180).unwrap();
    let gone = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap_err().into_service_error();
    assert!(matches!(gone, GetError::SessionNotFoundException(_)));
}

#[tokio::test]
async fn sessions_survive_a_restart_and_their_pictures_do_not_outlive_them() {
    let data = tempfile::tempdir().unwrap();
    let clock = || Arc::new(Clock::kept_in(&data.path().join("clock")).unwrap());
    let stored = |id: &str| std::fs::read_to_string(data.path().join("rekognition").join(format!("{id}.json")));
    let before = World::open(Some(data.path()), clock());
    let id = before.create().await;
    let token = before.sdk.create_face_liveness_session().client_request_token("kept").send().await.unwrap().session_id;
    before.script(json!({"sessionId": id, "status": "SUCCEEDED", "confidence": 91.25})).await.unwrap();
    std::fs::write(data.path().join("rekognition/half-written.new"), "{").unwrap();
    drop(before);

    let after = World::open(Some(data.path()), clock());
    let results = after.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!((results.status().as_str(), results.confidence()), ("SUCCEEDED", Some(91.25)));
    assert_eq!(after.sdk.create_face_liveness_session().client_request_token("kept").send().await.unwrap().session_id, token);
    assert!(stored(&id).unwrap().len() > 10_000, "the picture is kept with its session");
    after.clock.advance(180).unwrap();
    after.rekognition.sweep();
    assert!(stored(&id).unwrap().len() < 1000, "the picture is gone with its time");
    after.clock.advance(24 * 3600).unwrap();
    after.rekognition.sweep();
    assert!(stored(&id).is_err());
}

#[test]
fn a_damaged_file_is_named() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("rekognition")).unwrap();
    std::fs::write(data.path().join("rekognition/damaged.json"), "{").unwrap();
    let world = World::in_memory();
    let opened = prooflight_local::rekognition::Rekognition::open(Some(data.path()), world.clock, world.endpoint.buckets(), "us-east-1");
    assert!(opened.err().unwrap().to_string().contains("damaged.json"));
}

#[tokio::test]
async fn images_go_to_the_bucket_that_the_session_names() {
    let world = World::in_memory();
    let output = LivenessOutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix("checks/").build().unwrap();
    let settings = Settings::builder().output_config(output).audit_images_limit(2).build();
    let id = world.sdk.create_face_liveness_session().settings(settings).send().await.unwrap().session_id;
    world.script(json!({"sessionId": id, "status": "SUCCEEDED"})).await.unwrap();
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    let reference = results.reference_image().unwrap();
    assert!(reference.bytes.is_none() && reference.bounding_box.is_some());
    let images = std::iter::once(reference).chain(results.audit_images());
    let places: Vec<_> =
        images.map(|image| image.s3_object().unwrap()).map(|place| (place.bucket().unwrap(), place.name().unwrap())).collect();
    let key = |file: &str| format!("checks/{id}/{file}");
    let keys = [key("reference.jpg"), key("audit-1.jpg"), key("audit-2.jpg")];
    assert_eq!(places, keys.iter().map(|key| (BUCKET, key.as_str())).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_output_bucket_must_exist_and_be_the_callers_to_write() {
    let world = World::in_memory();
    let settings = |bucket: &str| {
        let output = LivenessOutputConfig::builder().s3_bucket(bucket).build().unwrap();
        Settings::builder().output_config(output).build()
    };
    let missing = world.sdk.create_face_liveness_session().settings(settings("no-such-bucket")).send().await;
    assert!(matches!(missing.unwrap_err().into_service_error(), CreateError::InvalidParameterException(_)));

    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "rekognition:*", "Resource": "*"}]});
    let caller = Caller::AssumedRole {
        role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
        session_policy: Some(policy.to_string()),
        role: None,
    };
    let credential =
        Credential { secret_access_key: "local-secret".to_owned(), session_token: Some("t".to_owned()), expires_at: None, caller };
    world.credentials.insert("ASIATEST", credential);
    let denied = world.sdk_for("ASIATEST", Some("t")).create_face_liveness_session().settings(settings(BUCKET)).send().await;
    assert!(matches!(denied.unwrap_err().into_service_error(), CreateError::AccessDeniedException(_)));
}

#[tokio::test]
async fn what_the_sdk_lets_through_is_checked_here() {
    let world = World::in_memory();
    let versions = |minimum: &str, maximum: &str| Versions::builder().minimum(minimum).maximum(maximum).build();
    let preference = |kind, versions| ChallengePreference::builder().r#type(kind).versions(versions).build().unwrap();
    let output = |bucket: &str, prefix: &str| LivenessOutputConfig::builder().s3_bucket(bucket).s3_key_prefix(prefix).build().unwrap();
    let light = || ChallengeType::FaceMovementAndLightChallenge;
    for settings in [
        Settings::builder().audit_images_limit(5).build(),
        Settings::builder().audit_images_limit(-1).build(),
        Settings::builder().output_config(output("b", "")).build(),
        Settings::builder().output_config(output("bad bucket", "")).build(),
        Settings::builder().output_config(output(BUCKET, "a b")).build(),
        Settings::builder().output_config(output(BUCKET, &"p".repeat(951))).build(),
        Settings::builder().challenge_preferences(preference(ChallengeType::from("HeadTurnChallenge"), versions("1.0.0", "1.0.0"))).build(),
        Settings::builder().challenge_preferences(preference(light(), versions("one", "2.0.0"))).build(),
        Settings::builder().challenge_preferences(preference(light(), versions("2.0.0", "1.0.0"))).build(),
        Settings::builder().challenge_preferences(preference(light(), versions("9.0.0", "9.9.9"))).build(),
    ] {
        let refused = world.sdk.create_face_liveness_session().settings(settings.clone()).send().await.unwrap_err().into_service_error();
        assert!(matches!(refused, CreateError::InvalidParameterException(_)), "{settings:?}");
    }
    for token in [String::new(), "t".repeat(65), "to ken".to_owned(), "t\u{e4}g".to_owned()] {
        let refused = world.sdk.create_face_liveness_session().client_request_token(&token).send().await.unwrap_err().into_service_error();
        assert!(matches!(refused, CreateError::InvalidParameterException(_)), "{token:?}");
    }
    let accepted = world.sdk.create_face_liveness_session().kms_key_id("alias/liveness").client_request_token("t".repeat(64)).send().await;
    assert!(accepted.is_ok());
    let refused = world.sdk.create_face_liveness_session().kms_key_id("/alias").send().await.unwrap_err().into_service_error();
    assert!(matches!(refused, CreateError::InvalidParameterException(_)));
    for id in ["", "short", &"A".repeat(36), "973A8CFE-529A-439B-A8F2-3EBA1B341E44", "973a8cfe-529a-439b-a8f2-3eba1b341e4g"] {
        let refused = world.sdk.get_face_liveness_session_results().session_id(id).send().await.unwrap_err().into_service_error();
        assert!(matches!(refused, GetError::InvalidParameterException(_)), "{id:?}");
    }
    let unknown = world.sdk.get_face_liveness_session_results().session_id("973a8cfe-529a-439b-a8f2-3eba1b341e44").send().await;
    let unknown = unknown.unwrap_err().into_service_error();
    assert!(matches!(unknown, GetError::SessionNotFoundException(_)));
}

#[tokio::test]
async fn other_operations_are_named_in_the_refusal() {
    let world = World::in_memory();
    let refused = world.sdk.list_stream_processors().send().await.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("UnknownOperationException"));
    assert_eq!(refused.message(), Some("prooflight-local does not implement rekognition:ListStreamProcessors"));
}

/// What no SDK sends, straight to the service: the shape of each answer on the wire.
#[tokio::test]
async fn bodies_and_answers_on_the_wire() {
    let world = World::in_memory();
    let cases: [(&str, &str, u16, &str); 9] = [
        ("CreateFaceLivenessSession", "", 400, "SerializationException"),
        ("CreateFaceLivenessSession", "[]", 400, "SerializationException"),
        ("CreateFaceLivenessSession", "{\"ClientRequestToken\":7}", 400, "SerializationException"),
        ("CreateFaceLivenessSession", "{\"Settings\":{\"AuditImagesLimit\":2.5}}", 400, "SerializationException"),
        ("CreateFaceLivenessSession", "{\"Settings\":{\"OutputConfig\":{}}}", 400, "InvalidParameterException"),
        ("CreateFaceLivenessSession", "{\"Settings\":{\"ChallengePreferences\":[{}]}}", 400, "InvalidParameterException"),
        ("GetFaceLivenessSessionResults", "{}", 400, "InvalidParameterException"),
        ("GetFaceLivenessSessionResults", "\u{0}", 400, "SerializationException"),
        ("DetectLabels", "{}", 400, "UnknownOperationException"),
    ];
    for (operation, body, status, code) in cases {
        let response = world.rekognition.answer(operation, Bytes::from(body), &Caller::Developer).await;
        assert_eq!(response.status(), status, "{operation} {body}");
        assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
        let answer: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(answer["__type"], code, "{operation} {body}");
        assert!(answer["Message"].as_str().or(answer["message"].as_str()).is_some_and(|message| message.len() > 10));
    }
    // Unknown members are skipped, as every awsJson service does, and an explicit null is nothing.
    let response =
        world.rekognition.answer("CreateFaceLivenessSession", Bytes::from("{\"New\":1,\"Settings\":null}"), &Caller::Developer).await;
    assert_eq!(response.status(), 200);
    assert_eq!(serde_json::from_slice::<Value>(response.body()).unwrap().as_object().unwrap().keys().collect::<Vec<_>>(), ["SessionId"]);
}
