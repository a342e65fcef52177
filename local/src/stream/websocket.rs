//! The server's end of a websocket. It is not axum's: when the client closes, that one echoes the client's code, to which the
//! component reports a second error; here the answer is 1000, as a server that has nothing to object sends it.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// A message may hold the whole video of 10 MB in base64, and an eleventh, so that one which is too large is refused in words.
pub(super) const MOST_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Whoever was not let in has nothing to say; what he says nevertheless, before he hears of it, is not kept.
pub(super) const MOST_REFUSED_BYTES: usize = 64 * 1024;

/// What may wait to be sent to a client that reads nothing: there are no more than the answers to its pings.
const MOST_UNSENT_BYTES: usize = 1024 * 1024;

/// Pings and pongs in all. A browser sends none by itself.
const MOST_CONTROLS: u32 = 4096;

/// How long a client may take for its side of the closing handshake, or for taking what we send.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an oversized message is still read: closing with unread bytes would reset the connection and lose our last words.
const MOST_DISCARDED_BYTES: u64 = 64 * 1024 * 1024;

/// An open websocket.
pub(super) struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    /// Set once a message was too long: the rest of it is still to come.
    overfull: bool,
    controls: u32,
}

/// What a client did.
#[derive(Debug)]
pub(super) enum Received {
    /// A binary message.
    Binary(Bytes),
    /// A text message.
    Text,
    /// A message beyond the limit; nothing can be received after it.
    TooLong,
    /// Pings without end.
    TooMany,
    /// The closing handshake.
    Close,
    /// The end of the connection.
    Gone,
}

/// The answer to a request to upgrade, and the upgrade to wait for; the reason why not when it asks for no websocket.
pub(super) fn upgrade<Body>(request: &mut Request<Body>) -> Result<(Response<axum::body::Body>, OnUpgrade), &'static str> {
    let key = asked_for(request.method(), request.headers())?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| "the key of the websocket is not text")?;
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok((response, hyper::upgrade::on(request)))
}

fn asked_for<'headers>(method: &Method, headers: &'headers HeaderMap) -> Result<&'headers HeaderValue, &'static str> {
    let has = |name, token: &str| {
        let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    };
    if method != Method::GET || !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err("this address speaks websocket only");
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err("the websocket version must be 13");
    }
    headers.get(header::SEC_WEBSOCKET_KEY).ok_or("the websocket has no key")
}

impl Socket {
    /// A socket whose messages have at most so many bytes.
    pub(super) async fn new(upgraded: Upgraded, most: usize) -> Self {
        let config =
            WebSocketConfig::default().max_message_size(Some(most)).max_frame_size(Some(most)).max_write_buffer_size(MOST_UNSENT_BYTES);
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        Self { stream, overfull: false, controls: 0 }
    }

    /// Waits for the client; cancelling this loses nothing. Pings are answered on the way.
    pub(super) async fn receive(&mut self) -> Received {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
                Some(Ok(Message::Text(_))) => Received::Text,
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) if self.controls < MOST_CONTROLS => {
                    self.controls += 1;
                    continue;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::TooMany,
                Some(Ok(Message::Close(_))) => Received::Close,
                Some(Err(Error::Capacity(_))) => {
                    self.overfull = true;
                    Received::TooLong
                }
                Some(Err(_)) | None => Received::Gone,
            };
        }
    }

    /// Sends a binary message; whether the client is still there shows at the next `receive`.
    pub(super) async fn send(&mut self, bytes: Bytes) {
        let _ = timeout(PATIENCE, self.stream.send(Message::Binary(bytes))).await;
    }

    /// Closes with a code and waits a little for the client's answer.
    pub(super) async fn close(mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let farewell = async {
            self.stream.send(Message::Close(Some(frame))).await?;
            while let Some(received) = self.stream.next().await {
                match received {
                    Ok(_) => {}
                    Err(error) => {
                        self.overfull |= matches!(error, Error::Capacity(_));
                        break;
                    }
                }
            }
            let mut connection = self.stream.into_inner();
            if self.overfull {
                tokio::io::copy(&mut (&mut connection).take(MOST_DISCARDED_BYTES), &mut tokio::io::sink()).await?;
            }
            Ok::<_, Error>(connection)
        };
        if let Ok(Ok(mut connection)) = timeout(PATIENCE, farewell).await {
            let _ = timeout(PATIENCE, connection.shutdown()).await;
        }
    }

    /// Answers the client's close with 1000.
    ///
    /// The library has its echo ready but sends it only with the next read or write; taking the connection away from it comes first.
    /// Nothing else is pending: every `send` has been flushed.
    pub(super) async fn answer_close(self) {
        const CLOSE_1000: [u8; 4] = [0x88, 0x02, 0x03, 0xe8];
        let mut connection = self.stream.into_inner();
        let farewell = async {
            connection.write_all(&CLOSE_1000).await?;
            connection.flush().await?;
            connection.shutdown().await?;
            Ok::<_, io::Error>(())
        };
        let _ = timeout(PATIENCE, farewell).await;
    }
}
