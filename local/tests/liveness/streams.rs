//! The stream on a socket, with the engine behind it.

use crate::client::{Request, Said};
use crate::world::World;
use aws_sdk_rekognition::types::{ChallengePreference, ChallengeType, CreateFaceLivenessSessionRequestSettings as Settings};
use prooflight_local::aws::credentials::{Caller, Credential};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

fn recording(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures").join(name)).unwrap()
}

async fn movement_session(world: &World) -> String {
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
async fn refusals_are_frames_on_an_accepted_socket() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    world.key("AKIAFUNCTION", Caller::Function("create-session".to_owned()));
    let role = |access_key_id: &str, token: &str, policy: Option<serde_json::Value>, expires_at| {
        let session_policy = policy.map(|policy| policy.to_string());
        let caller = Caller::AssumedRole { role_arn: "arn:aws:iam::000000000000:role/streaming".to_owned(), session_policy };
        let session_token = Some(token.to_owned());
        let credential = Credential { secret_access_key: "local-secret".to_owned(), session_token, expires_at, caller };
        world.credentials.insert(access_key_id, credential);
    };
    let allow = |action: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    let streaming = || Some(allow("rekognition:StartFaceLivenessSession"));
    let now = prooflight_local::clock::wall_now();
    role("ASIAGOOD", "token", streaming(), None);
    role("ASIAOTHER", "token", Some(allow("rekognition:DetectFaces")), None);
    role("ASIABARE", "token", None, None);
    role("ASIAOLD", "token", streaming(), Some(now - jiff::SignedDuration::from_secs(1)));
    let ended = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
    }]});
    role("ASIAENDED", "token", Some(ended), None);

    type Change = Box<dyn Fn(&mut Request)>;
    let key = |access_key_id: &'static str, token: Option<&'static str>| -> Change {
        Box::new(move |request| {
            request.access_key_id = access_key_id.to_owned();
            request.session_token = token.map(str::to_owned);
        })
    };
    let query =
        |from: &'static str, to: &'static str| -> Change { Box::new(move |request| request.query = request.query.replace(from, to)) };
    let ago = |seconds| -> Change { Box::new(move |request| request.signed_at = SystemTime::now() - Duration::from_secs(seconds)) };
    let cases: Vec<(&str, Change)> = vec![
        ("UnknownKey", key("nobody", None)),
        ("InvalidSignature", Box::new(|request| request.secret_access_key = "wrong".to_owned())),
        ("InvalidToken", key("ASIAGOOD", None)),
        ("InvalidToken", key("ASIAGOOD", Some("other"))),
        ("ExpiredToken", key("ASIAOLD", Some("token"))),
        ("AccessDenied", key("ASIAOTHER", Some("token"))),
        ("AccessDenied", key("ASIABARE", Some("token"))),
        ("AccessDenied", key("ASIAENDED", Some("token"))),
        ("ExpiredUrl", ago(310)),
        ("ClockSkew", Box::new(|request| request.signed_at = SystemTime::now() + Duration::from_secs(400))),
        ("WrongService", Box::new(|request| request.service = "s3")),
        ("WrongRegion", Box::new(|request| request.region = "eu-west-1".to_owned())),
        ("Request", query("video-width=480", "video-width=48")),
        ("Request", query("video-height=360", "video-height=00360")),
        ("Request", query("video-height=360", "video-height=abc")),
        ("Request", query("&video-height=360", "")),
        (
            "Request",
            Box::new(|request| {
                request.query = request.query.replace(
                    "challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0.0",
                    "challenge-versions=none",
                )
            }),
        ),
        ("Request", Box::new(|request| request.session_id = "no-id".to_owned())),
        ("SessionNotFound", Box::new(|request| request.session_id = "973a8cfe-529a-439b-a8f2-3eba1b341e44".to_owned())),
        ("ChallengeUnsupported", query("FaceMovementAndLightChallenge_2.0.0%2C", "")),
    ];
    for (index, (code, change)) in cases.into_iter().enumerate() {
        let id = world.create().await;
        let mut request = Request::new(&id);
        change(&mut request);
        let mut client = request.open(port).await;
        let said = client.hear().await;
        assert_eq!(said.code(), code, "case {index}: {said:?}");
        let expected = if code == "WrongRegion" { "InvalidSignatureException" } else { "ValidationException" };
        assert!(matches!(&said, Said::Exception(name, _) if name == expected), "case {index}: {said:?}");
        assert_eq!(client.hear().await, Said::Close(1008), "case {index}");
        assert_eq!(world.status(&id).await, "CREATED", "case {index}: a refusal uses no session");
    }

    let mut good = Request::new(&world.create().await);
    key("ASIAGOOD", Some("token"))(&mut good);
    good.open(port).await.challenge().await;
}

#[tokio::test]
async fn a_tampered_url_and_an_unsigned_one_are_refused() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let id = world.create().await;
    let request = || Request::new(&id);
    let identity: aws_smithy_runtime_api::client::identity::Identity = request().credentials().into();
    let (target, signature) = request().presigned(&identity);
    let unsigned = format!("/start-face-liveness-session-websocket?session-id={id}");
    for (target, code) in [
        (target.replace("video-width=480", "video-width=640"), "InvalidSignature"),
        (target.replace(&signature, &"0".repeat(64)), "InvalidSignature"),
        (unsigned, "SignatureIncomplete"),
        ("/start-face-liveness-session-websocket".to_owned(), "SignatureIncomplete"),
    ] {
        let mut client = request().open_at(port, &target, signature.clone(), identity.clone()).await;
        assert_eq!(client.hear().await.code(), code, "{code}");
    }
    assert_eq!(world.status(&id).await, "CREATED");
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
    type Break = fn(&mut crate::client::Client, &serde_json::Value) -> Message;
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
async fn what_asks_for_no_websocket_is_told_so() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    for headers in
        ["", "Connection: upgrade\r\nUpgrade: h2c\r\n", "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n"]
    {
        let mut connection = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET /start-face-liveness-session-websocket HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 426", "{headers:?}");
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
