//! The stream on a socket, with the engine behind it.

use crate::client::{Client, Request, Said};
use crate::world::World;
use aws_sdk_rekognition::types::{ChallengePreference, ChallengeType, CreateFaceLivenessSessionRequestSettings as Settings};
use serde_json::json;
use std::path::Path;
use tokio_tungstenite::tungstenite::Message;

/// Makes a message that breaks the protocol.
type Break = fn(&mut Client, &serde_json::Value) -> Message;

pub(crate) fn recording(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures").join(name)).unwrap()
}

pub(crate) async fn movement_session(world: &World) -> String {
    let preference = ChallengePreference::builder().r#type(ChallengeType::FaceMovementChallenge).build().unwrap();
    let settings = Settings::builder().challenge_preferences(preference).audit_images_limit(2).build();
    world.sdk.create_face_liveness_session().settings(settings).send().await.unwrap().session_id
}

#[tokio::test]
async fn a_movement_check_runs_from_upgrade_to_result() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = movement_session(&world).await;
    let mut client = Request::new(&id).open(port).await;
    let challenge = client.challenge().await;
    assert!(challenge["FaceMovementChallenge"]["OvalParameters"]["Width"].as_f64().unwrap() > 100.0);
    assert_eq!(world.status(&id).await, "IN_PROGRESS");
    client.movement_check(&recording("movement-live/video.webm"), 1462).await;
    let goodbye = client.hear().await;
    assert!(matches!(&goodbye, Said::Event(name, _) if name == "DisconnectionEvent"), "{goodbye:?}");
    assert_eq!(client.hear().await, Said::Close(1000));

    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!(results.status().as_str(), "SUCCEEDED");
    assert!((0.0..=100.0).contains(&results.confidence().unwrap()));
    assert_eq!(results.challenge().unwrap().r#type(), &ChallengeType::FaceMovementChallenge);
    assert_eq!(results.metadata().unwrap().sdk_type(), "ui-react-liveness/3.6.8");
    let reference = results.reference_image().unwrap();
    assert!(reference.bytes().unwrap().as_ref().starts_with(&[0xff, 0xd8]) && reference.bounding_box().is_some());
    assert_eq!(results.audit_images().len(), 2);
}

#[tokio::test]
async fn a_verdict_is_explained_to_the_developer_alone_and_as_long_as_the_session_lives() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = movement_session(&world).await;
    assert_eq!(world.rekognition.explain(&id), None, "nothing was checked yet");
    let mut client = Request::new(&id).open(port).await;
    client.challenge().await;
    client.movement_check(&recording("movement-live/video.webm"), 1462).await;
    assert!(matches!(client.hear().await, Said::Event(name, _) if name == "DisconnectionEvent"));

    let explanation = world.rekognition.explain(&id).unwrap();
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    let apart = explanation["confidence"].as_f64().unwrap() - f64::from(results.confidence().unwrap());
    assert!(apart.abs() < 0.001, "{apart}");
    assert_eq!((&explanation["sessionId"], &explanation["frames"]), (&json!(id), &json!(37)));
    let cues = explanation["cues"].as_array().unwrap();
    let product: f64 = cues.iter().map(|cue| cue["contribution"].as_f64().unwrap()).product();
    assert!((100.0 * product - explanation["confidence"].as_f64().unwrap()).abs() < 0.01, "what the cues leave is the confidence");
    assert!(cues.iter().all(|cue| cue["explanation"].as_str().unwrap().ends_with('.')), "{cues:?}");
    assert_eq!(explanation["light"], serde_json::Value::Null, "a check of movement has no colours");
    assert!(explanation["strip"].as_array().unwrap().iter().all(|picture| picture["jpeg"].as_str().unwrap().starts_with("/9j/")));
    assert!(!format!("{results:?}").contains("movement.growth"), "the operation answers nothing of it");

    world.clock.advance(181).unwrap();
    assert_eq!(world.rekognition.explain(&id), None, "it goes with the session's data");
}

#[tokio::test]
async fn a_light_session_is_put_a_new_order_of_colours_each_time() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let mut orders = Vec::new();
    for _ in 0..4 {
        let mut client = Request::new(&world.create().await).open(port).await;
        let challenge = client.challenge().await["FaceMovementAndLightChallenge"].clone();
        assert_eq!(challenge["ColorSequences"].as_array().unwrap().len(), 8);
        orders.push(challenge["ColorSequences"].to_string());
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 2, "{orders:?}");
}

#[tokio::test]
async fn a_session_is_used_once_and_the_first_client_is_unharmed() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = movement_session(&world).await;
    let mut first = Request::new(&id).open(port).await;
    first.challenge().await;
    let mut second = Request::new(&id).open(port).await;
    let refused = second.hear().await;
    assert!(
        matches!(&refused, Said::Exception(name, payload) if name == "ValidationException" && payload["Message"] == "session already used")
    );
    assert_eq!(second.hear().await, Said::Close(1008));
    first.movement_check(&recording("movement-live/video.webm"), 1462).await;
    assert!(matches!(first.hear().await, Said::Event(name, _) if name == "DisconnectionEvent"));
    assert_eq!(world.status(&id).await, "SUCCEEDED");
}

#[tokio::test]
async fn an_expired_session_is_refused_and_one_that_expires_meanwhile_is_let_go() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let (late, waiting) = (world.create().await, world.create().await);
    let mut client = Request::new(&waiting).open(port).await;
    client.challenge().await;
    world.clock.advance(180).unwrap();
    assert_eq!(Request::new(&late).open(port).await.hear().await.code(), "SessionExpired");
    assert_eq!(client.hear().await.code(), "SessionExpired");
    assert_eq!(client.hear().await, Said::Close(4003));
}

#[tokio::test]
async fn the_clients_close_is_answered_with_1000_whatever_its_code() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let video = recording("movement-live/video.webm");
    for code in [1000, 4000, 4001, 4003, 4005, 4007] {
        for chunk in [None, Some(&video[..60_000])] {
            let id = movement_session(&world).await;
            let mut client = Request::new(&id).open(port).await;
            client.challenge().await;
            if let Some(chunk) = chunk {
                client.video(chunk).await;
            }
            client.close(code).await;
            assert_eq!(client.hear().await, Said::Close(1000), "to {code}");
            assert_eq!(client.hear().await, Said::Gone, "to {code}");
            assert_eq!(world.status(&id).await, "IN_PROGRESS");
        }
    }
}

#[tokio::test]
async fn a_connection_that_drops_leaves_the_session_in_progress() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = world.create().await;
    let mut client = Request::new(&id).open(port).await;
    client.challenge().await;
    drop(client);
    assert_eq!(world.status(&id).await, "IN_PROGRESS");
    assert_eq!(Request::new(&id).open(port).await.hear().await.code(), "SessionAlreadyUsed");
    world.clock.advance(180).unwrap();
    assert_eq!(world.status(&id).await, "EXPIRED");
}

#[tokio::test]
async fn bad_recordings_fail_in_words_and_the_server_goes_on() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let video = recording("movement-live/video.webm");
    let header_only = &video[..200];
    for (name, bytes, lasting_ms) in [
        ("garbage", vec![7; 50_000], 1462),
        ("text", b"this is no video at all".repeat(100), 1462),
        ("a header without frames", header_only.to_vec(), 1462),
        ("shorter than claimed", video.clone(), 20_000),
    ] {
        let id = movement_session(&world).await;
        let mut client = Request::new(&id).open(port).await;
        client.challenge().await;
        client.movement_check(&bytes, lasting_ms).await;
        let said = client.hear().await;
        assert_eq!(said.code(), "Video", "{name}: {said:?}");
        assert_eq!(client.hear().await, Said::Close(1008), "{name}");
        assert_eq!(world.status(&id).await, "FAILED", "{name}");
    }
    let mut client = Request::new(&movement_session(&world).await).open(port).await;
    client.challenge().await;
    client.movement_check(&video, 1462).await;
    assert!(matches!(client.hear().await, Said::Event(name, _) if name == "DisconnectionEvent"));
}

#[tokio::test]
async fn messages_that_break_the_protocol_fail_the_session() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let huge = json!({"VideoChunk": "A".repeat(15_000_000), "TimestampMillis": 1_795_345_970_000_i64});
    let cases: [(&str, Break); 5] = [
        ("Frame", |_, _| Message::Binary("garbage".into())),
        ("NotBinary", |_, _| Message::Text("hello".into())),
        ("VideoTooLarge", |client, huge| Message::Binary(client.signed("VideoEvent", huge))),
        ("TooLong", |_, _| Message::Binary(vec![0; 17 * 1024 * 1024].into())),
        ("ChunkSignature", |client, _| {
            client.signed("VideoEvent", &json!({}));
            Message::Binary(client.signed("VideoEvent", &json!({})))
        }),
    ];
    for (code, message) in cases {
        let id = movement_session(&world).await;
        let mut client = Request::new(&id).open(port).await;
        client.challenge().await;
        let message = message(&mut client, &huge);
        client.send(message).await;
        let said = client.hear().await;
        assert_eq!(said.code(), code, "{said:?}");
        assert_eq!(world.status(&id).await, "FAILED", "{code}");
        if code != "TooLong" {
            assert_eq!(client.hear().await, Said::Close(1008), "{code}");
        }
    }
}

#[tokio::test]
async fn a_script_has_the_last_word_over_a_running_check() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = movement_session(&world).await;
    let mut client = Request::new(&id).open(port).await;
    client.challenge().await;
    world.script(json!({"sessionId": id, "status": "SUCCEEDED", "confidence": 12.5})).await.unwrap();
    client.movement_check(&recording("movement-live/video.webm"), 1462).await;
    assert!(matches!(client.hear().await, Said::Event(name, _) if name == "DisconnectionEvent"));
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();
    assert_eq!(results.confidence(), Some(12.5));
    assert_eq!(results.metadata().unwrap().sdk_type(), "ui-react-liveness/3.6.8");
}
