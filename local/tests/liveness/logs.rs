//! What the server writes to its log while a check runs, at the finest level: never whose check it is or what it found.

use crate::client::{Request, Said};
use crate::streams::{movement_session, recording};
use crate::world::World;
use prooflight_local::aws::credentials::{Caller, Credential};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::EnvFilter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_tells_whose_check_it_is_or_what_it_found() {
    let log = Log::default();
    // The SDK in this process is the client; what it logs is its own affair.
    let filter =
        EnvFilter::new("prooflight_local=trace,prooflight_vision=trace,hyper=trace,axum=trace,tokio_tungstenite=trace,tungstenite=trace");
    let writer = log.clone();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).with_ansi(false).init();

    let world = World::in_memory();
    let port = world.serve_stream().await;
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*"}]});
    let caller = Caller::AssumedRole {
        role_arn: "arn:aws:iam::000000000000:role/s".to_owned(),
        session_policy: Some(policy.to_string()),
        role: None,
    };
    let credential = Credential {
        secret_access_key: "a-vended-secret".to_owned(),
        session_token: Some("a-vended-token".to_owned()),
        expires_at: None,
        caller,
    };
    world.credentials.insert("ASIAVENDED", credential);
    let id = movement_session(&world).await;
    let request = || Request {
        access_key_id: "ASIAVENDED".to_owned(),
        secret_access_key: "a-vended-secret".to_owned(),
        session_token: Some("a-vended-token".to_owned()),
        ..Request::new(&id)
    };
    let mut client = request().open(port).await;
    client.challenge().await;
    client.movement_check(&recording("movement-live/video.webm"), 1462).await;
    assert!(matches!(client.hear().await, Said::Event(name, _) if name == "DisconnectionEvent"));
    assert_eq!(request().open(port).await.hear().await.code(), "SessionAlreadyUsed");
    let results = world.sdk.get_face_liveness_session_results().session_id(&id).send().await.unwrap();

    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("a liveness check has ended") && written.contains("SessionAlreadyUsed"), "{written}");
    let confidence = format!("{}", results.confidence().unwrap());
    for secret in [id.as_str(), "ASIAVENDED", "a-vended-secret", "a-vended-token", "X-Amz-Signature", confidence.as_str(), "/9j/"] {
        assert!(!written.contains(secret), "{secret} is in the log:\n{written}");
    }
}
