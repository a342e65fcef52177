//! Outcomes without a camera, as `/dev/outcome` asks for them.

use crate::world::World;
use aws_sdk_rekognition::operation::create_face_liveness_session::CreateFaceLivenessSessionError as CreateError;
use aws_sdk_rekognition::operation::get_face_liveness_session_results::GetFaceLivenessSessionResultsError as GetError;
use aws_sdk_rekognition::types::{ChallengeType, FeedbackCode};
use prooflight_local::rekognition::{ScriptError, ScriptedOutcome};
use serde_json::json;

#[tokio::test]
async fn a_scripted_success_is_there_at_once() {
    let world = World::in_memory();
    let id = world.create().await;
    let script = json!({
        "sessionId": id, "status": "SUCCEEDED", "confidence": 97.5, "feedback": ["LOW_LIGHTING_DETECTED"],
        "referenceImage": true, "auditImages": 2,
    });
    world.script(script).await.unwrap();
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!((results.status().as_str(), results.confidence()), ("SUCCEEDED", Some(97.5)));
    assert_eq!(results.feedback()[0].code(), &FeedbackCode::LowLightingDetected);
    assert!(!results.feedback()[0].message().is_empty());
    let reference = results.reference_image().unwrap();
    let jpeg = reference.bytes().unwrap().as_ref();
    assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.len() <= 204_800);
    assert!(reference.bounding_box().unwrap().width().unwrap() > 0.1);
    assert_eq!(results.audit_images().len(), 2);
    assert_eq!(results.challenge().unwrap().r#type(), &ChallengeType::FaceMovementAndLightChallenge);
    assert_eq!(results.challenge().unwrap().version(), "2.0.0");
}

#[tokio::test]
async fn what_a_script_leaves_out_suits_its_status() {
    let world = World::in_memory();
    for (script, status, confidence, reference, challenge) in [
        (json!({"status": "SUCCEEDED"}), "SUCCEEDED", Some(99.0), true, true),
        (json!({"status": "SUCCEEDED", "confidence": null}), "SUCCEEDED", None, true, true),
        (json!({"status": "SUCCEEDED", "referenceImage": false}), "SUCCEEDED", Some(99.0), false, true),
        (json!({"status": "FAILED"}), "FAILED", None, false, true),
        (json!({"status": "IN_PROGRESS"}), "IN_PROGRESS", None, false, true),
        (json!({"status": "EXPIRED"}), "EXPIRED", None, false, false),
        (json!({"status": "CREATED", "auditImages": 0, "feedback": []}), "CREATED", None, false, false),
    ] {
        let id = world.create().await;
        let mut body = script.clone();
        body["sessionId"] = json!(id);
        world.script(body).await.unwrap();
        let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
        let seen = (results.status().as_str(), results.confidence(), results.reference_image.is_some(), results.challenge.is_some());
        assert_eq!(seen, (status, confidence, reference, challenge), "{script}");
        assert_eq!(results.feedback.is_some(), status == "SUCCEEDED", "{script}");
    }
}

#[tokio::test]
async fn a_downgrade_can_be_scripted() {
    let world = World::in_memory();
    for (text, kind, version) in [
        ("FaceMovementChallenge", ChallengeType::FaceMovementChallenge, "1.0.0"),
        ("FaceMovementAndLightChallenge_1.0.0", ChallengeType::FaceMovementAndLightChallenge, "1.0.0"),
    ] {
        let id = world.create().await;
        world.script(json!({"sessionId": id, "status": "SUCCEEDED", "challenge": text})).await.unwrap();
        let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
        let challenge = results.challenge().unwrap();
        assert_eq!((challenge.r#type(), challenge.version()), (&kind, version));
    }
}

#[tokio::test]
async fn a_scripted_error_lasts_for_its_number_of_calls() {
    let world = World::in_memory();
    let id = world.create().await;
    world.script(json!({"sessionId": id, "error": "ThrottlingException", "times": 2})).await.unwrap();
    for _ in 0..2 {
        let error = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap_err().into_service_error();
        assert!(matches!(error, GetError::ThrottlingException(_)));
    }
    assert_eq!(world.status(&id).await, "CREATED");
    let other = world.create().await;
    world.script(json!({"sessionId": id, "error": "SessionNotFoundException"})).await.unwrap();
    assert_eq!(world.status(&other).await, "CREATED");
    let error = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap_err().into_service_error();
    assert!(matches!(error, GetError::SessionNotFoundException(_)));

    world.script(json!({"sessionId": null, "error": "ProvisionedThroughputExceededException"})).await.unwrap();
    let error = world.sdk.create_face_liveness_session().send().await.unwrap_err().into_service_error();
    assert!(matches!(error, CreateError::ProvisionedThroughputExceededException(_)));
    world.create().await;
    for name in ["AccessDeniedException", "InternalServerError", "InvalidParameterException"] {
        world.script(json!({"error": name})).await.unwrap();
        let error = world.sdk.create_face_liveness_session().send().await.unwrap_err().into_service_error();
        assert!(format!("{error:?}").starts_with(name), "{error:?}");
    }
}

#[tokio::test]
async fn what_a_status_does_not_show_is_ignored() {
    let world = World::in_memory();
    for status in ["IN_PROGRESS", "FAILED"] {
        let id = world.create().await;
        let script = json!({"sessionId": id, "status": status, "confidence": 97.5, "feedback": ["LOW_LIGHTING_DETECTED"], "referenceImage": true, "auditImages": 2});
        world.script(script).await.unwrap();
        let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
        assert_eq!(results.status().as_str(), status);
        assert_eq!((results.confidence(), results.reference_image(), results.audit_images().len()), (None, None, 0));
        assert!(results.feedback().is_empty());
    }
}

#[tokio::test]
async fn senseless_scripts_are_refused_and_change_nothing() {
    let world = World::in_memory();
    let id = world.create().await;
    for (script, words) in [
        (json!({}), "`sessionId` is needed"),
        (json!({"sessionId": id}), "`status` or `error`"),
        (json!({"status": "FAILED"}), "`sessionId` is needed"),
        (json!({"sessionId": id, "status": "CREATED", "challenge": "FaceMovementChallenge"}), "shows no challenge"),
        (json!({"sessionId": id, "status": "SUCCEEDED", "confidence": 100.5}), "0 to 100"),
        (json!({"sessionId": id, "status": "SUCCEEDED", "auditImages": 5}), "0 to 4"),
        (json!({"sessionId": id, "status": "SUCCEEDED", "challenge": "HeadTurn"}), "not a challenge type"),
        (json!({"sessionId": id, "status": "SUCCEEDED", "times": 2}), "`error` only"),
        (json!({"sessionId": id, "error": "ThrottlingException", "status": "FAILED"}), "an exception or a result"),
        (json!({"sessionId": id, "error": "ThrottlingException", "times": 0}), "1 to 1000"),
        (json!({"error": "SessionNotFoundException"}), "does not answer this exception"),
        (json!({"sessionId": id, "error": "SerializationException"}), "does not answer this exception"),
    ] {
        let refused = world.script(script.clone()).await.unwrap_err();
        assert!(matches!(refused, ScriptError::Invalid(_)) && refused.to_string().contains(words), "{script}: {refused}");
    }
    assert_eq!(world.status(&id).await, "CREATED");
    let unknown = json!({"sessionId": "973a8cfe-529a-439b-a8f2-3eba1b341e44", "status": "FAILED"});
    assert_eq!(world.script(unknown).await, Err(ScriptError::SessionNotFound));
    world.clock.advance(180).unwrap();
    assert_eq!(world.script(json!({"sessionId": id, "status": "FAILED"})).await, Err(ScriptError::SessionExpired));
}

#[test]
fn unknown_fields_and_values_do_not_parse() {
    for body in [
        json!({"session": "x"}),
        json!({"status": "DONE"}),
        json!({"error": "TeapotException"}),
        json!({"feedback": ["TOO_PRETTY"]}),
        json!({"confidence": "97"}),
        json!({"auditImages": -1}),
    ] {
        assert!(serde_json::from_value::<ScriptedOutcome>(body.clone()).is_err(), "{body}");
    }
}
