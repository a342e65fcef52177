//! What the unmodified component sent and signed, verified bit for bit; the files are described in `tests/data/captures`.

use super::client::{inner, outer};
use crate::aws::credentials::{Caller, Credential, Credentials};
use crate::aws::signature::verify_presigned;
use crate::rekognition::ChallengeType;
use crate::stream::chain::SignatureChain;
use crate::stream::event::{ClientEvent, Happened};
use crate::stream::frames::{EventFrame, SignedFrame, encode};
use crate::stream::message::ServerMessage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use prooflight_vision::{Challenge, ColorStep, Oval, Size};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// The five recorded sessions and what they hold.
pub(super) const CAPTURES: [(&str, &str); 5] = [
    ("light-live", "video.webm"),
    ("light-photo", "video.webm"),
    ("light-replay", "video.webm"),
    ("light-live-mkv-h264", "video.mkv"),
    ("movement-live", "video.webm"),
];

/// One recorded session.
pub(super) struct Captured {
    pub(super) url: String,
    /// Whole websocket messages.
    pub(super) frames: Vec<Bytes>,
    /// When they arrived, milliseconds from the opening.
    pub(super) rel_ms: Vec<i64>,
    pub(super) kind: ChallengeType,
    pub(super) challenge: Challenge,
}

impl Captured {
    pub(super) fn load(name: &str, video: &str) -> Self {
        let folder = captures().join(name);
        let text = std::fs::read(folder.join("events.json")).unwrap();
        let events: Value = serde_json::from_slice(&text).unwrap();
        let written: Written = serde_json::from_slice(&text).unwrap();
        let mut video = Bytes::from(std::fs::read(folder.join(video)).unwrap());
        let listed = events["frames"].as_array().unwrap();
        let (kind, challenge) = challenge(&events);
        let captured = Self {
            url: events["request"]["url"].as_str().unwrap().to_owned(),
            frames: listed
                .iter()
                .zip(&written.frames)
                .map(|(frame, written)| match frame["hex"].as_str() {
                    Some(hex) => from_hex(hex),
                    None => rebuilt(frame, &written.payload(), &frame["outerHeaders"], &mut video),
                })
                .collect(),
            rel_ms: listed.iter().map(|frame| frame["rel"].as_i64().unwrap()).collect(),
            kind,
            challenge,
        };
        assert!(video.is_empty(), "{name}: the chunks are the whole video");
        captured
    }

    /// The chain at its beginning.
    pub(super) fn chain(&self) -> SignatureChain {
        SignatureChain::new("local-secret".to_owned(), "us-east-1".to_owned(), url_signature(&self.url))
    }
}

#[test]
fn the_test_vector_verifies_bit_for_bit() {
    let text = std::fs::read(captures().join("testvector-movement.json")).unwrap();
    let vector: Value = serde_json::from_slice(&text).unwrap();
    let written: Written = serde_json::from_slice(&text).unwrap();
    let url = vector["url"].as_str().unwrap();

    // The URL, though the client signed the host without the port that it then sent.
    let verified = verify_presigned(&get(url, "localhost:8443"), &keys(), signed_at(url)).unwrap();
    assert_eq!(verified.signature, url_signature(url));
    assert!(verify_presigned(&get(url, "localhost"), &keys(), signed_at(url)).is_ok());
    assert!(verify_presigned(&get(url, "otherhost:8443"), &keys(), signed_at(url)).is_err());

    // Every frame: the video chunks are rebuilt from the recording, the others are in the vector as they were sent.
    let mut video = Bytes::from(std::fs::read(captures().join("movement-live/video.webm")).unwrap());
    let mut chain = SignatureChain::new(vector["secret"].as_str().unwrap().to_owned(), "us-east-1".to_owned(), verified.signature);
    let frames = vector["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 5);
    for (listed, written) in frames.iter().zip(&written.frames) {
        let headers = serde_json::json!({":date": listed["date"], ":chunk-signature": listed["chunk_signature"]});
        let bytes = rebuilt(listed, &written.payload(), &headers, &mut video);
        assert_eq!(bytes.len(), usize::try_from(listed["ws_bytes"].as_u64().unwrap()).unwrap());
        if let Some(hex) = listed["hex"].as_str() {
            assert_eq!(to_hex(&bytes), hex, "our encoding of the same frame");
        }
        let frame = SignedFrame::decode(bytes).unwrap();
        assert_eq!(to_hex(&frame.signature), listed["chunk_signature"].as_str().unwrap());
        assert_eq!(chain.signature(frame.date_ms, &frame.payload).unwrap(), listed["chunk_signature"].as_str().unwrap());
        chain.follow(&frame).unwrap();
    }

    // What the server said.
    let goodbye = encode(&ServerMessage::Disconnection { at_ms: 1_795_345_959_795 }).unwrap();
    assert_eq!(to_hex(&goodbye), vector["server_frames"][1]["hex"].as_str().unwrap());
}

#[test]
fn every_captured_frame_verifies_and_reads() {
    for (name, video) in CAPTURES {
        let captured = Captured::load(name, video);
        verify_presigned(&get(&captured.url, "localhost:8443"), &keys(), signed_at(&captured.url)).unwrap();
        let mut chain = captured.chain();
        let (mut video_bytes, mut colors, mut ends) = (0, 0, 0);
        for bytes in &captured.frames {
            let frame = SignedFrame::decode(bytes.clone()).unwrap();
            chain.follow(&frame).unwrap();
            match ClientEvent::parse(&EventFrame::decode(frame.payload).unwrap()).unwrap() {
                ClientEvent::Video(chunk) if chunk.is_empty() => ends += 1,
                ClientEvent::Video(chunk) => video_bytes += chunk.len(),
                ClientEvent::Information { kind, happened, .. } => {
                    assert_eq!(kind, captured.kind);
                    colors += usize::from(matches!(happened, Happened::ColorShown(_)));
                }
            }
        }
        assert_eq!(ends, 1, "{name}");
        assert_eq!(colors, captured.challenge.colors.len(), "{name}");
        assert_eq!(video_bytes as u64, std::fs::metadata(captures().join(name).join(video)).unwrap().len(), "{name}");
    }
}

#[test]
fn a_chain_is_broken_by_any_change_of_order_time_or_content() {
    let captured = Captured::load("movement-live", "video.webm");
    let frames: Vec<_> = captured.frames.iter().map(|bytes| SignedFrame::decode(bytes.clone()).unwrap()).collect();
    let follow = |frames: &[SignedFrame]| {
        let mut chain = captured.chain();
        frames.iter().all(|frame| chain.follow(frame).is_ok())
    };
    assert!(follow(&frames));
    let changed = |change: &dyn Fn(&mut Vec<SignedFrame>)| {
        let mut frames = frames.clone();
        change(&mut frames);
        follow(&frames)
    };
    assert!(!changed(&|frames| drop(frames.remove(1))), "one left out");
    assert!(!changed(&|frames| frames.insert(1, frames[0].clone())), "one repeated");
    assert!(!changed(&|frames| frames.swap(1, 2)), "two swapped");
    assert!(!changed(&|frames| frames[3].date_ms += 1), "a millisecond later");
    assert!(!changed(&|frames| frames[1].payload = frames[3].payload.clone()), "another payload");
    let mut other = SignatureChain::new("local-secret".to_owned(), "eu-west-1".to_owned(), url_signature(&captured.url));
    assert!(other.follow(&frames[0]).is_err(), "another region");
    let mut other = SignatureChain::new("another-secret".to_owned(), "us-east-1".to_owned(), url_signature(&captured.url));
    assert!(other.follow(&frames[0]).is_err(), "another secret");
}

#[test]
fn our_challenge_has_the_shape_that_the_component_completes_with() {
    for (name, video) in CAPTURES {
        let captured = Captured::load(name, video);
        let events: Value = serde_json::from_slice(&std::fs::read(captures().join(name).join("events.json")).unwrap()).unwrap();
        let ours = ServerMessage::SessionInformation { kind: captured.kind, challenge: captured.challenge }.payload();
        let theirs: Value = serde_json::from_str(events["server"][0]["payload"].as_str().unwrap()).unwrap();
        assert_same_numbers(&ours, &theirs);
    }
}

/// Equal but for `203` and `203.0`, and for the last digits of a single-precision number.
fn assert_same_numbers(ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
            ours.iter().for_each(|(key, value)| assert_same_numbers(value, &theirs[key]));
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| assert_same_numbers(ours, theirs));
        }
        (Value::Number(ours), Value::Number(theirs)) => {
            assert!((ours.as_f64().unwrap() - theirs.as_f64().unwrap()).abs() < 1e-6, "{ours} is not {theirs}");
        }
        (ours, theirs) => assert_eq!(ours, theirs),
    }
}

/// A frame built again: a video chunk with the next bytes of the recording, anything else from the text of its listing.
fn rebuilt(listed: &Value, written: &str, outer_headers: &Value, video: &mut Bytes) -> Bytes {
    let (event_type, payload) = match listed["payload"]["VideoChunk"].as_str() {
        Some(text) => {
            let length: usize = text.trim_start_matches("<base64 of ").trim_end_matches(" bytes>").parse().unwrap();
            let chunk = BASE64.encode(video.split_to(length));
            ("VideoEvent", format!(r#"{{"VideoChunk":"{chunk}","TimestampMillis":{}}}"#, listed["payload"]["TimestampMillis"]))
        }
        None => ("ClientSessionInformationEvent", written.to_owned()),
    };
    let date: Timestamp = outer_headers[":date"].as_str().unwrap().parse().unwrap();
    outer(date.as_millisecond(), outer_headers[":chunk-signature"].as_str().unwrap(), inner(event_type, payload.as_bytes()))
}

/// The listing's own text, which keeps the order of members and the digits of numbers as the component wrote them.
#[derive(Deserialize)]
struct Written {
    frames: Vec<WrittenFrame>,
}

#[derive(Deserialize)]
struct WrittenFrame {
    payload: Box<RawValue>,
}

impl WrittenFrame {
    /// Without the listing's indentation; no string in it holds a blank.
    fn payload(&self) -> String {
        self.payload.get().chars().filter(|character| !character.is_ascii_whitespace()).collect()
    }
}

fn challenge(events: &Value) -> (ChallengeType, Challenge) {
    let (name, body) = events["challenge"].as_object().unwrap().iter().next().unwrap();
    let float = |value: &Value| value.as_f64().unwrap() as f32;
    let oval = &body["OvalParameters"];
    let query = |name: &str| events["request"]["query"][name].as_str().unwrap().parse().unwrap();
    let colors = body["ColorSequences"].as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|step| ColorStep {
        rgb: serde_json::from_value(step["FreshnessColor"]["RGB"].clone()).unwrap(),
        downscroll_ms: serde_json::from_value(step["DownscrollDuration"].clone()).unwrap(),
        flat_ms: serde_json::from_value(step["FlatDisplayDuration"].clone()).unwrap(),
    });
    let challenge = Challenge {
        frame: Size { width: query("video-width"), height: query("video-height") },
        oval: Oval {
            width: float(&oval["Width"]),
            height: float(&oval["Height"]),
            center_x: float(&oval["CenterX"]),
            center_y: float(&oval["CenterY"]),
        },
        colors: colors.collect(),
    };
    (name.parse().unwrap(), challenge)
}

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures")
}

fn keys() -> Credentials {
    let credentials = Credentials::default();
    let key = Credential { secret_access_key: "local-secret".to_owned(), session_token: None, expires_at: None, caller: Caller::Developer };
    credentials.insert("AKIDLOCAL", key);
    credentials
}

fn get(url: &str, host: &str) -> Parts {
    http::Request::get(url).header("host", host).body(()).unwrap().into_parts().0
}

/// A second after the URL was signed.
fn signed_at(url: &str) -> Timestamp {
    let date = url.split("X-Amz-Date=").nth(1).unwrap().split('&').next().unwrap();
    let date = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).unwrap();
    date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp() + SignedDuration::from_secs(1)
}

fn url_signature(url: &str) -> String {
    url.split("X-Amz-Signature=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn from_hex(hex: &str) -> Bytes {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
