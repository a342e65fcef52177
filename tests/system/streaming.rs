//! The door of the stream, with whatever credentials and whichever session somebody has: whether he is let in.

use crate::world::World;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_eventstream::frame::read_message_from;
use futures_util::StreamExt as _;
use http::Method;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Whoever is let in is sent his challenge, unasked.
pub(crate) const LET_IN: &str = "ServerSessionInformationEvent";

const UPGRADE: [(&str, &str); 4] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// What is said to whoever comes to a session's stream with those credentials: the name of the first event, or the code of the refusal.
pub(crate) async fn knock(world: &World, credentials: &Value, session_id: &str) -> String {
    let text = |name: &str| credentials[name].as_str().unwrap();
    let key = Credentials::new(text("accessKeyId"), text("secretAccessKey"), Some(text("sessionToken").to_owned()), None, "a browser");
    let target = format!(
        "/start-face-liveness-session-websocket?challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0.0\
         &session-id={session_id}&video-height=360&video-width=480"
    );
    let target = presigned(&target, key);
    let answer = world.begin(Method::GET, &target, &UPGRADE, "").await;
    assert_eq!(answer.status(), 101, "every upgrade is accepted");
    let stream = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let Some(Ok(Message::Binary(mut bytes))) = socket.next().await else { panic!("nothing was said") };
    let said = read_message_from(&mut bytes).unwrap();
    let payload: Value = serde_json::from_slice(said.payload()).unwrap();
    let event = said.headers().iter().find(|header| header.name().as_str() == ":event-type");
    let event = event.map(|header| header.value().as_string().unwrap().as_str().to_owned());
    event.unwrap_or_else(|| payload["Code"].as_str().unwrap().to_owned())
}

/// Signed as the component signs: for the host without its port.
fn presigned(target: &str, key: Credentials) -> String {
    let identity = key.into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(299));
    let params = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("rekognition");
    let at = prooflight_local::clock::wall_now();
    let params = params.time(at.into()).settings(settings).build().unwrap().into();
    let url = format!("https://localhost{target}");
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let added = instructions.params().iter().map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    format!("{target}{}", added.collect::<String>())
}
