//! The liveness stream, from the client's side: a signed URL, a websocket, signed frames, and the server's messages.

use super::CheckError;
use super::api::{Api, Opened};
use aws_credential_types::Credentials;
use aws_sigv4::event_stream::{SigningParams, sign_message};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use prooflight_vision::Size;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// An open stream.
pub(super) struct Stream {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    identity: Identity,
    region: String,
    /// Each frame's signature covers the one before.
    signature: String,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// The challenge.
    Challenge(Value),
    /// The check is over and its result is stored.
    Goodbye,
}

const PATH: &str = "/start-face-liveness-session-websocket";
const SERVICE: &str = "rekognition";

impl Stream {
    /// Connects to the stream of a session, for a camera of that size.
    pub(super) async fn open(api: &Api, opened: &Opened, size: Size) -> Result<Self, CheckError> {
        const WHAT: &str = "the stream";
        let authority = api.origin().trim_start_matches("https://");
        let (host, port) = authority.rsplit_once(':').map_or((authority, 443), |(host, port)| (host, port.parse().unwrap_or(443)));
        let credentials =
            Credentials::new(&opened.access_key_id, &opened.secret_access_key, Some(opened.session_token.clone()), None, "page");
        let identity = Identity::from(credentials);
        let (query, signature) = signed(&identity, &opened.region, host, &query(opened, size))?;
        let tcp = TcpStream::connect((host, port)).await.map_err(|error| CheckError::connection(WHAT, error))?;
        tcp.set_nodelay(true).map_err(|error| CheckError::connection(WHAT, error))?;
        let name = host.to_owned().try_into().map_err(|error| CheckError::connection(WHAT, error))?;
        let tls = TlsConnector::from(api.tls()).connect(name, tcp).await.map_err(|error| CheckError::connection(WHAT, error))?;
        let request =
            format!("wss://{authority}{PATH}?{query}").into_client_request().map_err(|error| CheckError::connection(WHAT, error))?;
        let (socket, _) = client_async(request, tls).await.map_err(|error| CheckError::connection(WHAT, error))?;
        Ok(Self { socket, identity, region: opened.region.clone(), signature })
    }

    /// Sends an event, signed as of that time.
    pub(super) async fn send(&mut self, kind: &'static str, payload: &Value, time: SystemTime) -> Result<(), CheckError> {
        const WHAT: &str = "sending on the stream";
        let text = |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
        let event = Message::new(Bytes::from(payload.to_string()))
            .add_header(text(":event-type", kind))
            .add_header(text(":message-type", "event"))
            .add_header(text(":content-type", "application/json"));
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(SERVICE)
            .time(time)
            .settings(())
            .build()
            .map_err(|error| CheckError::connection(WHAT, error))?;
        let signed = sign_message(&event, &self.signature, &params).map_err(|error| CheckError::connection(WHAT, error))?;
        let (frame, signature) = signed.into_parts();
        self.signature = signature;
        let mut bytes = Vec::new();
        write_message_to(&frame, &mut bytes).map_err(|error| CheckError::connection(WHAT, error))?;
        let sent = self.socket.send(tokio_tungstenite::tungstenite::Message::Binary(bytes.into())).await;
        match sent {
            Ok(()) => Ok(()),
            // A server that closes has said why before.
            Err(error) => Err(self.last_words().await.unwrap_or_else(|| CheckError::connection(WHAT, error))),
        }
    }

    /// Waits for the server's next message.
    pub(super) async fn receive(&mut self) -> Result<Said, CheckError> {
        loop {
            match self.socket.next().await {
                Some(Ok(tokio_tungstenite::tungstenite::Message::Binary(bytes))) => {
                    if let Some(said) = read(bytes)? {
                        return Ok(said);
                    }
                }
                Some(Ok(tokio_tungstenite::tungstenite::Message::Close(_))) | None => {
                    return Err(CheckError::connection("the stream", "it was closed before its end"));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(CheckError::connection("the stream", error)),
            }
        }
    }

    async fn last_words(&mut self) -> Option<CheckError> {
        tokio::time::timeout(Duration::from_secs(1), self.receive()).await.ok()?.err()
    }
}

/// The query, without its signature, as the component sends it.
fn query(opened: &Opened, Size { width, height }: Size) -> String {
    let agent = concat!("prooflight-simulate/", env!("CARGO_PKG_VERSION"));
    let (width, height) = (width.to_string(), height.to_string());
    let pairs = [
        ("attempt-count", "1"),
        ("challenge-versions", "FaceMovementAndLightChallenge_2.0.0,FaceMovementChallenge_1.0.0"),
        ("precheck-view-enabled", "1"),
        ("session-id", opened.session_id.as_str()),
        ("video-height", height.as_str()),
        ("video-width", width.as_str()),
        ("x-amz-user-agent", agent),
    ];
    pairs.map(|(name, value)| format!("{name}={}", encoded(value))).join("&")
}

fn encoded(value: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(value, KEPT).to_string()
}

/// The whole query and its signature. The component signs the host without its port.
fn signed(identity: &Identity, region: &str, host: &str, query: &str) -> Result<(String, String), CheckError> {
    let failed = |error: String| CheckError::connection("signing the stream's address", error);
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(299));
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name(SERVICE)
        .time(now())
        .settings(settings)
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let url = format!("https://{host}{PATH}?{query}");
    let request =
        SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[])).map_err(|error| failed(error.to_string()))?;
    let (instructions, signature) = sign(request, &params).map_err(|error| failed(error.to_string()))?.into_parts();
    let added = instructions.params().iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    Ok((format!("{query}{}", added.collect::<String>()), signature))
}

#[expect(clippy::disallowed_methods, reason = "the edge of the client: what it signs, it signs now")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// What a message of the server says; none for events that only newer clients know.
fn read(mut bytes: Bytes) -> Result<Option<Said>, CheckError> {
    const WHAT: &str = "the stream's messages";
    let message = read_message_from(&mut bytes).map_err(|_| CheckError::Unexpected(WHAT))?;
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name)?;
        found.value().as_string().ok().map(|value| value.as_str().to_owned())
    };
    let payload: Value = serde_json::from_slice(message.payload()).unwrap_or_default();
    if let Some(name) = header(":exception-type").or_else(|| header(":error-code")) {
        let message = payload["Message"].as_str().map(str::to_owned).or_else(|| header(":error-message")).unwrap_or_default();
        return Err(CheckError::Stream { name, message });
    }
    Ok(match header(":event-type").as_deref() {
        Some("ServerSessionInformationEvent") => Some(Said::Challenge(payload["SessionInformation"]["Challenge"].clone())),
        Some("DisconnectionEvent") => Some(Said::Goodbye),
        _ => None,
    })
}
