//! What the client has sent so far: the chain of its signatures, the order of its events, the limits, and its account of the challenge.

use super::chain::SignatureChain;
use super::event::{ClientEvent, Happened};
use super::frames::{EventFrame, SignedFrame};
use super::machine::{Admission, Heard, IDLE};
use super::message::StreamException;
use crate::rekognition::ChallengeType;
use bytes::Bytes;
use jiff::Timestamp;
use prooflight_vision::Account;

/// "Max video size: 10 MB" (page "API_rekognitionstreaming_StartFaceLivenessSession").
const MOST_VIDEO_BYTES: usize = 10_000_000;

/// A check has about twenty messages; ten megabytes in chunks of a few kilobytes still fit.
const MOST_MESSAGES: u32 = 4096;

/// The model numbers colours from 0 to 50.
const MOST_COLORS: usize = 51;

/// A conversation while the client sends.
#[derive(Debug)]
pub(super) struct Conversation {
    kind: ChallengeType,
    expires_at: Timestamp,
    chain: SignatureChain,
    heard_at: Timestamp,
    messages: u32,
    video_bytes: usize,
    challenge_id: Option<String>,
    order: Order,
    account: Account,
}

/// How far the client's account has come. Video may arrive before the start is told (the recorder's first second does) and after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    NotStarted,
    Started,
    Ended,
}

impl Conversation {
    pub(super) fn new(admission: Admission, now: Timestamp) -> Self {
        Self {
            kind: admission.kind,
            expires_at: admission.expires_at,
            chain: admission.chain,
            heard_at: now,
            messages: 0,
            video_bytes: 0,
            challenge_id: None,
            order: Order::NotStarted,
            account: Account::default(),
        }
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.messages > 0 && now.duration_since(self.heard_at) >= IDLE
    }

    /// Takes one message. The signature is checked before anything inside is read.
    pub(super) fn hear(&mut self, bytes: Bytes, now: Timestamp) -> Result<Heard, StreamException> {
        self.heard_at = now;
        self.messages += 1;
        if self.messages > MOST_MESSAGES {
            return Err(StreamException::validation("TooManyMessages", "the client has sent more than 4096 messages"));
        }
        let frame = SignedFrame::decode(bytes).map_err(|error| StreamException::validation("Frame", error.to_string()))?;
        self.chain.follow(&frame).map_err(|error| StreamException::validation("ChunkSignature", error.to_string()))?;
        let event = EventFrame::decode(frame.payload).map_err(|error| StreamException::validation("Frame", error.to_string()))?;
        match ClientEvent::parse(&event).map_err(|error| StreamException::validation("Event", error.to_string()))? {
            ClientEvent::Video(chunk) if chunk.is_empty() => self.end(),
            ClientEvent::Video(chunk) => self.video(chunk),
            ClientEvent::Information { kind, challenge_id, happened } => self.information(kind, challenge_id, happened),
        }
    }

    fn video(&mut self, chunk: Bytes) -> Result<Heard, StreamException> {
        self.video_bytes = self.video_bytes.saturating_add(chunk.len());
        if self.video_bytes > MOST_VIDEO_BYTES {
            return Err(StreamException::validation("VideoTooLarge", "the video is larger than 10 MB"));
        }
        Ok(Heard::Video(chunk))
    }

    fn end(&mut self) -> Result<Heard, StreamException> {
        if self.order != Order::Ended {
            return Err(out_of_order("the stream ended before the end of the recording was told"));
        }
        if self.video_bytes == 0 {
            return Err(StreamException::validation("NoVideo", "the stream ended without any video"));
        }
        Ok(Heard::End(std::mem::take(&mut self.account)))
    }

    fn information(&mut self, kind: ChallengeType, challenge_id: String, happened: Happened) -> Result<Heard, StreamException> {
        if kind != self.kind {
            return Err(StreamException::validation("OtherChallenge", "the client reports another challenge than it was put"));
        }
        if *self.challenge_id.get_or_insert_with(|| challenge_id.clone()) != challenge_id {
            return Err(StreamException::validation("OtherChallenge", "the client has changed its ChallengeId"));
        }
        match (self.order, happened) {
            (Order::NotStarted, Happened::Started { at_ms }) => {
                self.order = Order::Started;
                self.account.video_start_ms = at_ms;
            }
            (Order::Started, Happened::ColorShown(color)) => {
                if self.account.colors.len() >= MOST_COLORS {
                    return Err(StreamException::validation("TooManyColors", "more than 51 colours were reported"));
                }
                // A colour other than the one asked for is kept as it is: what it means is for the analysis to judge.
                self.account.colors.push(color);
            }
            (Order::Started, Happened::Ended { at_ms, target_reached_ms }) => {
                if at_ms < self.account.video_start_ms {
                    return Err(out_of_order("the recording ends before it starts"));
                }
                self.order = Order::Ended;
                self.account.video_end_ms = at_ms;
                self.account.target_reached_ms = target_reached_ms;
            }
            (Order::NotStarted, _) => return Err(out_of_order("a colour or the end was told before the start")),
            (Order::Started, Happened::Started { .. }) => return Err(out_of_order("the start was told twice")),
            (Order::Ended, _) => return Err(out_of_order("the client went on after the end of the recording")),
        }
        Ok(Heard::Nothing)
    }
}

fn out_of_order(message: &'static str) -> StreamException {
    StreamException::validation("Order", message)
}
