//! Who is not let in, and how that is said: on the open socket, without using the session.

use crate::client::{Request, Said};
use crate::world::World;
use prooflight_local::aws::credentials::{Caller, Credential};
use prooflight_local::clock::wall_now;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Spoils what a good client would send.
type Change = Box<dyn Fn(&mut Request)>;

#[tokio::test]
async fn refusals_are_frames_on_an_accepted_socket() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    world.key("AKIAFUNCTION", Caller::Function { name: "create-session".to_owned(), role: Arc::default() });
    let role = |access_key_id: &str, token: &str, policy: Option<serde_json::Value>, expires_at| {
        let session_policy = policy.map(|policy| policy.to_string());
        let caller = Caller::AssumedRole { role_arn: "arn:aws:iam::000000000000:role/streaming".to_owned(), session_policy, role: None };
        let session_token = Some(token.to_owned());
        let credential = Credential { secret_access_key: "local-secret".to_owned(), session_token, expires_at, caller };
        world.credentials.insert(access_key_id, credential);
    };
    let allow = |action: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    let streaming = || Some(allow("rekognition:StartFaceLivenessSession"));
    let now = wall_now();
    role("ASIAGOOD", "token", streaming(), None);
    role("ASIAOTHER", "token", Some(allow("rekognition:DetectFaces")), None);
    role("ASIABARE", "token", None, None);
    role("ASIAOLD", "token", streaming(), Some(now - jiff::SignedDuration::from_secs(1)));
    let ended = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
    }]});
    role("ASIAENDED", "token", Some(ended), None);

    let key = |access_key_id: &'static str, token: Option<&'static str>| -> Change {
        Box::new(move |request| {
            request.access_key_id = access_key_id.to_owned();
            request.session_token = token.map(str::to_owned);
        })
    };
    let query =
        |from: &'static str, to: &'static str| -> Change { Box::new(move |request| request.query = request.query.replace(from, to)) };
    let ago =
        |seconds| -> Change { Box::new(move |request| request.signed_at = SystemTime::from(wall_now()) - Duration::from_secs(seconds)) };
    let cases: Vec<(&str, Change)> = vec![
        ("UnknownKey", key("nobody", None)),
        ("InvalidSignature", Box::new(|request| request.secret_access_key = "wrong".to_owned())),
        ("InvalidToken", key("ASIAGOOD", None)),
        ("InvalidToken", key("ASIAGOOD", Some("other"))),
        ("ExpiredToken", key("ASIAOLD", Some("token"))),
        ("AccessDenied", key("AKIAFUNCTION", None)),
        ("AccessDenied", key("ASIAOTHER", Some("token"))),
        ("AccessDenied", key("ASIABARE", Some("token"))),
        ("AccessDenied", key("ASIAENDED", Some("token"))),
        ("ExpiredUrl", ago(310)),
        ("ClockSkew", Box::new(|request| request.signed_at = SystemTime::from(wall_now()) + Duration::from_secs(400))),
        ("WrongService", Box::new(|request| request.service = "sts")),
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
                );
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
async fn a_stream_too_many_is_throttled_and_uses_no_session() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut client = Request::new(&world.create().await).open(port).await;
        client.challenge().await;
        open.push(client);
    }
    let id = world.create().await;
    let said = Request::new(&id).open(port).await.hear().await;
    assert!(matches!(&said, Said::Exception(name, _) if name == "ThrottlingException"), "{said:?}");
    assert_eq!(world.status(&id).await, "CREATED");
    let mut first = open.remove(0);
    first.close(1000).await;
    while first.hear().await != Said::Gone {}
    // The place is free once the server has noticed; until then it goes on refusing.
    let again = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let said = Request::new(&id).open(port).await.hear().await;
            if let Said::Event(name, _) = said {
                return name;
            }
        }
    });
    assert_eq!(again.await.unwrap(), "ServerSessionInformationEvent");
}
