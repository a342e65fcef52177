//! A client that signs as the component does, for conversations with the machine alone.

use crate::rekognition::ChallengeType;
use crate::stream::chain::SignatureChain;
use crate::stream::draw::draw;
use crate::stream::machine::{Admission, Input, Machine, Output};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use prooflight_vision::{Findings, Size};
use serde_json::{Value, json};

/// When every conversation here begins.
pub(super) const BEGIN: i64 = 1_795_345_970_000;

/// The time `seconds` after the beginning.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(BEGIN).unwrap() + SignedDuration::from_secs(seconds)
}

/// The client's side of one conversation, and the machine.
pub(super) struct Talk {
    pub(super) machine: Machine,
    chain: SignatureChain,
    sent: i64,
}

impl Talk {
    /// Opened and greeted, at the beginning; the session lives 180 seconds from there.
    pub(super) fn open(kind: ChallengeType) -> Self {
        let mut talk = Self { machine: Machine::default(), chain: chain(), sent: 0 };
        let outputs = talk.machine.handle(Input::Opened(Ok(admission(kind))), at(0));
        assert!(matches!(outputs.as_slice(), [Output::Send(message)] if message.name() == "ServerSessionInformationEvent"));
        talk
    }

    /// A movement check up to and with the empty chunk.
    pub(super) fn recorded() -> Self {
        let mut talk = Self::open(ChallengeType::FaceMovementChallenge);
        for event in movement_check() {
            talk.say(event, 2);
        }
        talk
    }

    /// Signs an event and hands it to the machine.
    pub(super) fn say(&mut self, (event_type, payload): Event, seconds: i64) -> Vec<Output> {
        let bytes = self.signed(event_type, payload.to_string().as_bytes());
        self.machine.handle(Input::Message(bytes), at(seconds))
    }

    /// Signs an event as the chain's next link.
    pub(super) fn signed(&mut self, event_type: &str, payload: &[u8]) -> Bytes {
        self.sent += 1;
        let date_ms = BEGIN + self.sent;
        let payload = inner(event_type, payload);
        let signature = self.chain.signature(date_ms, &payload).unwrap();
        let frame = outer(date_ms, &signature, payload);
        self.chain = begun_with(signature);
        frame
    }

    pub(super) fn input(&mut self, input: Input, seconds: i64) -> Vec<Output> {
        self.machine.handle(input, at(seconds))
    }
}

/// An event's type and payload.
pub(super) type Event = (&'static str, Value);

pub(super) fn admission(kind: ChallengeType) -> Admission {
    Admission { kind, challenge: draw(kind, Size { width: 480, height: 360 }, &[7; 32]), expires_at: at(180), chain: chain() }
}

fn chain() -> SignatureChain {
    begun_with("0".repeat(64))
}

fn begun_with(signature: String) -> SignatureChain {
    SignatureChain::new("local-secret".to_owned(), "us-east-1".to_owned(), signature)
}

/// The events of a whole movement check, in the component's order.
pub(super) fn movement_check() -> Vec<Event> {
    let kind = ChallengeType::FaceMovementChallenge;
    vec![video(b"first"), start(kind), video(b"second"), end(kind), video(b"")]
}

pub(super) fn video(chunk: &[u8]) -> Event {
    ("VideoEvent", json!({"VideoChunk": BASE64.encode(chunk), "TimestampMillis": BEGIN}))
}

pub(super) fn start(kind: ChallengeType) -> Event {
    information(kind, json!({"ChallengeId": "c", "VideoStartTimestamp": BEGIN, "InitialFace": initial_face()}))
}

pub(super) fn color(sequence: u32, rgb: [u32; 3]) -> Event {
    let shown = json!({
        "CurrentColor": {"RGB": rgb}, "PreviousColor": {"RGB": [0, 0, 0]}, "SequenceNumber": sequence, "CurrentColorStartTimestamp": BEGIN,
    });
    information(ChallengeType::FaceMovementAndLightChallenge, json!({"ChallengeId": "c", "ColorDisplayed": shown}))
}

pub(super) fn end(kind: ChallengeType) -> Event {
    let target = json!({
        "BoundingBox": face_box(),
        "FaceDetectedInTargetPositionStartTimestamp": BEGIN + 900, "FaceDetectedInTargetPositionEndTimestamp": BEGIN + 900,
    });
    let account = json!({"ChallengeId": "c", "VideoEndTimestamp": BEGIN + 1500, "InitialFace": initial_face(), "TargetFace": target});
    information(kind, account)
}

#[expect(clippy::needless_pass_by_value, reason = "callers hand over what `json!` has just made")]
pub(super) fn information(kind: ChallengeType, account: Value) -> Event {
    ("ClientSessionInformationEvent", json!({"Challenge": {kind.as_str(): account}}))
}

fn initial_face() -> Value {
    json!({"BoundingBox": face_box(), "InitialFaceDetectedTimestamp": BEGIN})
}

fn face_box() -> Value {
    json!({"Width": 0.2, "Height": 0.4, "Left": 0.4, "Top": 0.3})
}

/// What an analysis may find.
pub(super) fn findings() -> Findings {
    Findings {
        confidence: 97.5,
        feedback: Vec::new(),
        reference: None,
        audit: Vec::new(),
        cues: Vec::new(),
        light: None,
        strip: Vec::new(),
        frames: 40,
    }
}

/// An inner message, with its headers in the component's order.
pub(super) fn inner(event_type: &str, payload: &[u8]) -> Bytes {
    let text = |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    encoded(
        &Message::new(Bytes::copy_from_slice(payload))
            .add_header(text(":event-type", event_type))
            .add_header(text(":message-type", "event"))
            .add_header(text(":content-type", "application/json")),
    )
}

/// An outer message.
pub(super) fn outer(date_ms: i64, signature: &str, payload: Bytes) -> Bytes {
    let signature = from_hex(signature);
    encoded(
        &Message::new(payload)
            .add_header(Header::new(":date", HeaderValue::Timestamp(DateTime::from_millis(date_ms))))
            .add_header(Header::new(":chunk-signature", HeaderValue::ByteArray(signature))),
    )
}

fn encoded(message: &Message) -> Bytes {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).unwrap();
    bytes.into()
}

pub(super) fn from_hex(hex: &str) -> Bytes {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
