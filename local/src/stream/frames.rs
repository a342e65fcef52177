//! The frames on the wire. A websocket message holds exactly one `application/vnd.amazon.eventstream` message; the client's are nested,
//! a signed one around the event, the server's are not ("Event stream encoding" in the Amazon Transcribe guide describes both).

use super::message::ServerMessage;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;

/// The outer message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedFrame {
    /// The `:date` header, epoch milliseconds.
    pub date_ms: i64,
    /// The `:chunk-signature` header.
    pub signature: Bytes,
    /// The inner message, encoded.
    pub payload: Bytes,
}

/// The inner message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventFrame {
    /// The `:event-type` header.
    pub event_type: String,
    /// JSON.
    pub payload: Bytes,
}

/// A message that is not what the protocol asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct FrameError(&'static str);

impl SignedFrame {
    /// Decodes a whole websocket message.
    pub(super) fn decode(bytes: Bytes) -> Result<Self, FrameError> {
        let message = decode(bytes)?;
        let date = header(&message, ":date").and_then(|value| value.as_timestamp().ok()).and_then(|date| date.to_millis().ok());
        let signature = header(&message, ":chunk-signature").and_then(|value| value.as_byte_array().ok());
        Ok(Self {
            date_ms: date.ok_or(FrameError("the message has no header `:date` with a timestamp"))?,
            signature: signature.ok_or(FrameError("the message has no header `:chunk-signature` with bytes"))?.clone(),
            payload: message.payload().clone(),
        })
    }
}

impl EventFrame {
    /// Decodes the payload of a signed frame.
    pub(super) fn decode(bytes: Bytes) -> Result<Self, FrameError> {
        let message = decode(bytes)?;
        let text = |name| header(&message, name).and_then(|value| value.as_string().ok());
        if text(":message-type").map(|value| value.as_str()) != Some("event") {
            return Err(FrameError("the signed message is not an event"));
        }
        if text(":content-type").map(|value| value.as_str()) != Some("application/json") {
            return Err(FrameError("the event is not JSON"));
        }
        let event_type = text(":event-type").ok_or(FrameError("the event has no header `:event-type`"))?;
        Ok(Self { event_type: event_type.as_str().to_owned(), payload: message.payload().clone() })
    }
}

/// Encodes a message of the server; fails only for a payload beyond the protocol's 4 GiB.
pub(super) fn encode(message: &ServerMessage) -> Result<Bytes, FrameError> {
    let payload = serde_json::to_vec(&message.payload()).map_err(|_| FrameError("the payload is not JSON"))?;
    let (type_header, message_type) = match message {
        ServerMessage::Exception(_) => (":exception-type", "exception"),
        ServerMessage::SessionInformation { .. } | ServerMessage::Disconnection { .. } => (":event-type", "event"),
    };
    let text = |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(payload)
        .add_header(text(type_header, message.name()))
        .add_header(text(":content-type", "application/json"))
        .add_header(text(":message-type", message_type));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).map_err(|_| FrameError("the message is too long"))?;
    Ok(bytes.into())
}

fn decode(mut bytes: Bytes) -> Result<Message, FrameError> {
    let message = read_message_from(&mut bytes).map_err(|_| FrameError("the message is not an event stream message, or is damaged"))?;
    if bytes.is_empty() { Ok(message) } else { Err(FrameError("bytes follow the event stream message")) }
}

fn header<'message>(message: &'message Message, name: &str) -> Option<&'message HeaderValue> {
    message.headers().iter().find(|header| header.name().as_str() == name).map(Header::value)
}
