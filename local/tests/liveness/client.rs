//! A client of the stream on a socket: it presigns its URL and signs its frames with AWS's own signer, not with the code under test.

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::event_stream::sign_message;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as EventMessage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use prooflight_local::clock::wall_now;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What the component sends, to be changed where a test needs it.
pub(crate) struct Request {
    pub(crate) session_id: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: &'static str,
    pub(crate) signed_at: SystemTime,
    /// Everything after `session-id`.
    pub(crate) query: String,
}

impl Request {
    pub(crate) fn new(session_id: &str) -> Self {
        let query = "attempt-count=1&challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0.0\
                     &precheck-view-enabled=1&video-height=360&video-width=480\
                     &x-amz-user-agent=aws-sdk-js%2F3.1112.0%20aws-amplify%2F6.22.1-framework%2F0-ui-react-liveness%2F3.6.8";
        Self {
            session_id: session_id.to_owned(),
            access_key_id: "local".to_owned(),
            secret_access_key: "local-secret".to_owned(),
            session_token: None,
            region: crate::world::REGION.to_owned(),
            service: "rekognition",
            signed_at: wall_now().into(),
            query: query.to_owned(),
        }
    }

    /// Opens the websocket.
    pub(crate) async fn open(self, port: u16) -> Client {
        let identity: Identity = self.credentials().into();
        let (target, signature) = self.presigned(&identity);
        self.open_at(port, &target, signature, identity).await
    }

    /// Opens the websocket at a target that may be another than the signed one.
    pub(crate) async fn open_at(self, port: u16, target: &str, signature: String, identity: Identity) -> Client {
        let request = format!("ws://localhost:{port}{target}").into_client_request().unwrap();
        let (socket, response) = connect_async(request).await.unwrap();
        assert_eq!(response.status(), 101, "every upgrade is accepted");
        Client { socket, identity, region: self.region, prior: signature }
    }

    pub(crate) fn credentials(&self) -> SdkCredentials {
        SdkCredentials::new(&self.access_key_id, &self.secret_access_key, self.session_token.clone(), None, "tests")
    }

    /// Path and query with the signature, as the component signs: for the host without its port.
    pub(crate) fn presigned(&self, identity: &Identity) -> (String, String) {
        let target = format!("/start-face-liveness-session-websocket?session-id={}&{}", self.session_id, self.query);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(299));
        let params = v4::SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name(self.service)
            .time(self.signed_at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let request = SignableRequest::new("GET", &target, [("host", "localhost")].into_iter(), SignableBody::empty()).unwrap();
        let (instructions, signature) = sign(request, &params).unwrap().into_parts();
        let added = instructions
            .params()
            .iter()
            .map(|(name, value)| format!("&{name}={}", percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)));
        (format!("{target}{}", added.collect::<String>()), signature)
    }
}

/// An open stream.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    identity: Identity,
    region: String,
    prior: String,
}

/// What the server said.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Event(String, Value),
    Exception(String, Value),
    Close(u16),
    Gone,
}

impl Said {
    /// The code of an exception.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Exception(_, payload) => payload["Code"].as_str().unwrap(),
            other => panic!("no exception but {other:?}"),
        }
    }
}

impl Client {
    /// Waits for what the server says next.
    pub(crate) async fn hear(&mut self) -> Said {
        match tokio::time::timeout(Duration::from_mins(1), self.socket.next()).await.expect("the server says something") {
            Some(Ok(Message::Binary(bytes))) => said(bytes),
            Some(Ok(Message::Close(frame))) => Said::Close(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(other)) => panic!("unexpected {other:?}"),
            Some(Err(_)) | None => Said::Gone,
        }
    }

    /// The challenge, which comes unasked.
    pub(crate) async fn challenge(&mut self) -> Value {
        match self.hear().await {
            Said::Event(name, payload) if name == "ServerSessionInformationEvent" => payload["SessionInformation"]["Challenge"].clone(),
            other => panic!("no challenge but {other:?}"),
        }
    }

    pub(crate) async fn video(&mut self, chunk: &[u8]) {
        let payload = json!({"VideoChunk": BASE64.encode(chunk), "TimestampMillis": now_ms()});
        self.say("VideoEvent", &payload).await;
    }

    pub(crate) async fn account(&mut self, kind: &str, account: Value) {
        self.say("ClientSessionInformationEvent", &json!({"Challenge": {kind: account}})).await;
    }

    pub(crate) async fn say(&mut self, event_type: &str, payload: &Value) {
        let bytes = self.signed(event_type, payload);
        self.send(Message::Binary(bytes)).await;
    }

    pub(crate) fn signed(&mut self, event_type: &str, payload: &Value) -> Bytes {
        let text = |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
        let message = EventMessage::new(payload.to_string())
            .add_header(text(":event-type", event_type))
            .add_header(text(":message-type", "event"))
            .add_header(text(":content-type", "application/json"));
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("rekognition")
            .time(wall_now().into())
            .settings(())
            .build()
            .unwrap();
        let (signed, signature) = sign_message(&message, &self.prior, &params).unwrap().into_parts();
        self.prior = signature;
        let mut bytes = Vec::new();
        write_message_to(&signed, &mut bytes).unwrap();
        bytes.into()
    }

    /// Sends a message. The server may have closed already; what it said then is still there to be heard.
    pub(crate) async fn send(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.socket.close(Some(frame)).await.unwrap();
    }

    /// A whole movement check with a recording, up to the empty chunk.
    pub(crate) async fn movement_check(&mut self, video: &[u8], lasting_ms: i64) {
        const KIND: &str = "FaceMovementChallenge";
        let begin = now_ms();
        let face = json!({"Width": 0.22, "Height": 0.43, "Left": 0.39, "Top": 0.25});
        let initial = json!({"BoundingBox": face, "InitialFaceDetectedTimestamp": begin});
        let (first, second) = video.split_at(video.len() / 2);
        self.video(first).await;
        self.account(KIND, json!({"ChallengeId": "c", "VideoStartTimestamp": begin, "InitialFace": initial})).await;
        self.video(second).await;
        let reached = begin + lasting_ms - 30;
        let target = json!({
            "BoundingBox": face,
            "FaceDetectedInTargetPositionStartTimestamp": reached, "FaceDetectedInTargetPositionEndTimestamp": reached,
        });
        let end = json!({"ChallengeId": "c", "VideoEndTimestamp": begin + lasting_ms, "InitialFace": initial, "TargetFace": target});
        self.account(KIND, end).await;
        self.video(b"").await;
    }
}

fn said(mut bytes: Bytes) -> Said {
    let message = read_message_from(&mut bytes).unwrap();
    let header = |name: &str| {
        message
            .headers()
            .iter()
            .find(|header| header.name().as_str() == name)
            .map(|header| header.value().as_string().unwrap().as_str().to_owned())
    };
    let payload = serde_json::from_slice(message.payload()).unwrap();
    match header(":message-type").as_deref() {
        Some("event") => Said::Event(header(":event-type").unwrap(), payload),
        Some("exception") => Said::Exception(header(":exception-type").unwrap(), payload),
        other => panic!("message type {other:?}"),
    }
}

pub(crate) fn now_ms() -> i64 {
    wall_now().as_millisecond()
}
