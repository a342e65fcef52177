//! What a stranger's bytes go through first on the stream, for the fuzzers in `fuzz/` and for the test that replays what they found: the frames, and the
//! conversation, which is driven with well-signed messages so that a fuzzer gets behind the signatures.

use super::chain::SignatureChain;
use super::draw::draw;
use super::event::ClientEvent;
use super::frames::{EventFrame, SignedFrame};
use super::machine::{Admission, AnalysisError, Input, Machine, Output};
use super::message::{ServerMessage, StreamException};
use crate::rekognition::{ChallengeType, SettleError};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use prooflight_vision::{Findings, Size, VideoError};
use std::fmt::Write as _;

/// Reads a websocket message to its innermost event. Half of the inputs are given the lengths and checksums of a valid message, and what is in the payload of
/// an event is read as either event as well: a fuzzer finds no checksum by chance.
///
/// # Panics
///
/// When a chunk is longer than its base64, which is what a fuzzer looks for.
pub fn frames(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else { return };
    let message = if form % 2 == 0 { Some(Bytes::copy_from_slice(rest)) } else { framed(rest) };
    if let Some(message) = message {
        if let Ok(signed) = SignedFrame::decode(message.clone()) {
            let _ = EventFrame::decode(signed.payload);
        }
        if let Ok(event) = EventFrame::decode(message) {
            let _ = ClientEvent::parse(&event);
        }
    }
    for event_type in ["VideoEvent", "ClientSessionInformationEvent"] {
        let event = EventFrame { event_type: event_type.to_owned(), payload: Bytes::copy_from_slice(rest) };
        if let Ok(ClientEvent::Video(chunk)) = ClientEvent::parse(&event) {
            assert!(chunk.len() < rest.len(), "base64 is longer than what it says");
        }
    }
}

/// A message of the headers and the payload in `bytes`, the headers after their length in one byte.
fn framed(bytes: &[u8]) -> Option<Bytes> {
    let (length, rest) = bytes.split_first()?;
    let (headers, payload) = rest.split_at_checked(usize::from(*length))?;
    let mut message = Vec::new();
    message.extend(u32::try_from(bytes.len() - 1 + 16).ok()?.to_be_bytes());
    message.extend(u32::from(*length).to_be_bytes());
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message.extend(headers);
    message.extend(payload);
    message.extend(crc32fast::hash(&message).to_be_bytes());
    Some(message.into())
}

/// Lives through one conversation: each step of it is a byte that says what happens, and what that needs.
///
/// # Panics
///
/// When the machine breaks what it promises, which is what a fuzzer looks for.
pub fn conversation(mut bytes: &[u8]) {
    let kind = if take(&mut bytes).is_multiple_of(2) {
        ChallengeType::FaceMovementChallenge
    } else {
        ChallengeType::FaceMovementAndLightChallenge
    };
    let Some(mut talk) = Talk::begin(kind) else { return };
    while !bytes.is_empty() && !talk.machine.is_over() {
        let step = take(&mut bytes);
        let Some(input) = talk.input(step, &mut bytes) else { return };
        talk.now += SignedDuration::from_secs(i64::from(step >> 5));
        let outputs = talk.machine.handle(input.clone(), talk.now);
        talk.promised.hold(&input, &outputs);
    }
    if talk.machine.is_over() {
        assert!(talk.machine.handle(Input::Tick, talk.now).is_empty(), "nothing comes after the end");
    }
}

struct Talk {
    kind: ChallengeType,
    machine: Machine,
    signature: String,
    now: Timestamp,
    promised: Promised,
}

impl Talk {
    fn begin(kind: ChallengeType) -> Option<Self> {
        let now = Timestamp::from_second(1_795_345_970).ok()?;
        let signature = "0".repeat(64);
        let challenge = draw(kind, Size { width: 480, height: 360 }, &[7; 32]);
        let expires_at = now + SignedDuration::from_secs(180);
        let mut machine = Machine::default();
        machine.handle(Input::Opened(Ok(Admission { kind, challenge, expires_at, chain: chain(&signature) })), now);
        Some(Self { kind, machine, signature, now, promised: Promised::default() })
    }

    /// What the step with this number is. The five upper bits of a step are seconds that pass, and change nothing here.
    fn input(&mut self, step: u8, bytes: &mut &[u8]) -> Option<Input> {
        let kind = self.kind.as_str();
        let information = |account: &str| format!(r#"{{"Challenge":{{"{kind}":{{"ChallengeId":"c",{account}}}}}}}"#);
        let face = r#"{"BoundingBox":{"Width":0.2,"Height":0.4,"Left":0.4,"Top":0.3},"InitialFaceDetectedTimestamp":1795345970009}"#;
        Some(match step & 31 {
            0 => self.says(
                "ClientSessionInformationEvent",
                &information(&format!(r#""VideoStartTimestamp":1795345970{:03},"InitialFace":{face}"#, take(bytes))),
            )?,
            1 => {
                let color = format!(
                    r#""ColorDisplayed":{{"CurrentColor":{{"RGB":[{0},{0},0]}},"SequenceNumber":{1},"CurrentColorStartTimestamp":1795345970{1:03}}}"#,
                    take(bytes),
                    take(bytes),
                );
                self.says("ClientSessionInformationEvent", &information(&color))?
            }
            2 => {
                let target = r#"{"BoundingBox":{"Width":0.2,"Height":0.4,"Left":0.4,"Top":0.3},"FaceDetectedInTargetPositionStartTimestamp":1795345970009,"FaceDetectedInTargetPositionEndTimestamp":1795345970009}"#;
                let account = format!(r#""VideoEndTimestamp":1795345970{:03},"InitialFace":{face},"TargetFace":{target}"#, take(bytes));
                self.says("ClientSessionInformationEvent", &information(&account))?
            }
            3 => self.says("VideoEvent", r#"{"VideoChunk":"GkXfow==","TimestampMillis":1795345970009}"#)?,
            4 => self.says("VideoEvent", r#"{"VideoChunk":"","TimestampMillis":1795345970009}"#)?,
            5 => {
                let text = String::from_utf8_lossy(some(bytes)).into_owned();
                self.says("ClientSessionInformationEvent", &text)?
            }
            6 => {
                let account = String::from_utf8_lossy(some(bytes)).into_owned();
                self.says("ClientSessionInformationEvent", &information(&account))?
            }
            7 => Input::Message(Bytes::copy_from_slice(some(bytes))),
            8 => Input::NotBinary,
            9 => Input::TooLong,
            10 => Input::Closed,
            11 => Input::Dropped,
            12 => Input::Analysed(Ok(nothing_found())),
            13 => Input::Analysed(Err(AnalysisError::Video(VideoError::NoFrames))),
            14 => Input::Analysed(Err(AnalysisError::Broken)),
            15 => Input::Settled(Ok(())),
            16 => Input::Settled(Err(SettleError::Expired)),
            17 => Input::Settled(Err(SettleError::NotStored)),
            18 => Input::Opened(Err(StreamException::internal("Again"))),
            19 => Input::TooMany,
            _ => Input::Tick,
        })
    }

    fn says(&mut self, event_type: &'static str, payload: &str) -> Option<Input> {
        let text = |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
        let event = encoded(
            &Message::new(payload.as_bytes().to_vec())
                .add_header(text(":event-type", event_type))
                .add_header(text(":message-type", "event"))
                .add_header(text(":content-type", "application/json")),
        )?;
        let date_ms = self.now.as_millisecond();
        self.signature = chain(&self.signature).signature(date_ms, &event).ok()?;
        let digits = self.signature.as_bytes().chunks(2);
        let signature: Vec<u8> = digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        let signed = Message::new(event)
            .add_header(Header::new(":date", HeaderValue::Timestamp(DateTime::from_millis(date_ms))))
            .add_header(Header::new(":chunk-signature", HeaderValue::ByteArray(signature.into())));
        encoded(&signed).map(Input::Message)
    }
}

/// What has come out of a machine so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "a list of what was seen")]
struct Promised {
    finished: bool,
    settled: Option<bool>,
    recorded: bool,
    goodbye: bool,
    closed: bool,
    video_bytes: usize,
}

impl Promised {
    fn hold(&mut self, input: &Input, outputs: &[Output]) {
        if matches!(input, Input::Settled(Ok(()))) {
            self.recorded = self.settled == Some(true);
        }
        for output in outputs {
            let mut told = String::new();
            let _ = write!(told, "{output:?} after {input:?}");
            match output {
                Output::Analyse(chunk) => {
                    self.video_bytes += chunk.len();
                    assert!(!self.finished && self.video_bytes <= 10_000_000, "{told}");
                }
                Output::Finish(account) => {
                    assert!(!self.finished && self.settled.is_none() && account.video_end_ms >= account.video_start_ms, "{told}");
                    self.finished = true;
                }
                Output::Settle(findings) => {
                    assert!(self.settled.is_none() && !self.closed, "{told}");
                    assert!(findings.is_none() || self.finished, "a success that was not earned: {told}");
                    self.settled = Some(findings.is_some());
                }
                Output::Send(ServerMessage::Disconnection { .. }) => {
                    assert!(self.recorded && !self.closed, "goodbye before the result is there: {told}");
                    self.goodbye = true;
                }
                Output::Send(_) => assert!(!self.closed && !self.goodbye, "{told}"),
                Output::Close { code, .. } => {
                    assert!(!self.closed && (*code != 1000 || self.goodbye), "{told}");
                    self.closed = true;
                }
                Output::AnswerClose => assert!(matches!(input, Input::Closed), "{told}"),
            }
        }
    }
}

fn nothing_found() -> Findings {
    let pictures = Vec::new();
    Findings {
        confidence: 0.0,
        feedback: Vec::new(),
        reference: None,
        audit: pictures,
        cues: Vec::new(),
        light: None,
        strip: Vec::new(),
        frames: 0,
    }
}

fn chain(signature: &str) -> SignatureChain {
    SignatureChain::new("local-secret".to_owned(), "us-east-1".to_owned(), signature.to_owned())
}

fn encoded(message: &Message) -> Option<Bytes> {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).ok()?;
    Some(bytes.into())
}

/// The next byte; zero where there is none.
fn take(bytes: &mut &[u8]) -> u8 {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    *bytes = rest;
    *first
}

/// The next bytes, after their number in one byte.
fn some<'bytes>(bytes: &mut &'bytes [u8]) -> &'bytes [u8] {
    let length = usize::from(take(bytes)).min(bytes.len());
    let (some, rest) = bytes.split_at(length);
    *bytes = rest;
    some
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What the fuzzers were given and what they found, once more with the toolchain that everybody has.
    #[test]
    fn the_corpora_are_survived() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        for (target, run) in [("frames", super::frames as fn(&[u8])), ("conversation", super::conversation)] {
            let files: Vec<_> = std::fs::read_dir(folder.join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(files.len() > 5, "{target}: a corpus");
            for file in files {
                let bytes = std::fs::read(&file).unwrap();
                assert!(std::panic::catch_unwind(|| run(&bytes)).is_ok(), "{}", file.display());
            }
        }
    }

    /// The watchful eye sees: a whole check, in the steps of the fuzzer, ends with a goodbye.
    #[test]
    fn a_whole_check_can_be_told_in_steps() {
        let mut talk = super::Talk::begin(crate::rekognition::ChallengeType::FaceMovementChallenge).unwrap();
        let mut bytes: &[u8] = &[3, 0, 1, 3, 2, 9, 4, 12, 15];
        while !bytes.is_empty() {
            let step = super::take(&mut bytes);
            let input = talk.input(step, &mut bytes).unwrap();
            let outputs = talk.machine.handle(input.clone(), talk.now);
            talk.promised.hold(&input, &outputs);
        }
        assert!(talk.promised.goodbye && talk.promised.closed && talk.machine.is_over());
    }
}
