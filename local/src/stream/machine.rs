//! The conversation of one liveness stream as a machine without I/O: what happened and the time go in, what to do comes out. It knows the
//! order of events, the limits and the pitfalls of the client; sockets, the analysis and the session store are elsewhere.
//!
//! INVARIANT: it closes with 1000 only after `DisconnectionEvent` or in answer to the client's own close: the component takes an earlier
//! 1000 or 1001 for the normal end of the stream and then waits for ever.
//! INVARIANT: it says `DisconnectionEvent` only after the result has been recorded, for the page fetches it at once.

use super::chain::SignatureChain;
use super::conversation::Conversation;
use super::message::{ServerMessage, StreamException, StreamExceptionName};
use crate::rekognition::{ChallengeType, SettleError};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use prooflight_vision::{Account, Challenge, Findings, VideoError};

/// One conversation.
#[derive(Debug, Default)]
pub(super) struct Machine {
    phase: Phase,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Input {
    /// The websocket is open, and the request was admitted or refused.
    Opened(Result<Admission, StreamException>),
    /// A binary message arrived.
    Message(Bytes),
    /// A message arrived that is not binary.
    NotBinary,
    /// A message is larger than the socket takes.
    TooLong,
    /// More pings than anybody needs have arrived.
    TooMany,
    /// The client has begun the closing handshake, or answered ours.
    Closed,
    /// The connection is gone.
    Dropped,
    /// The analysis ended; it may do so before the video does when that cannot be read.
    Analysed(Result<Findings, AnalysisError>),
    /// The end of the check was recorded, or could not be.
    Settled(Result<(), SettleError>),
    /// Time has passed.
    Tick,
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    /// Send a message.
    Send(ServerMessage),
    /// Hand the next bytes of the recording to the analysis.
    Analyse(Bytes),
    /// The recording is whole: finish the analysis.
    Finish(Account),
    /// Record that the check ran (`Some`) or could not be completed (`None`), and report `Settled`.
    Settle(Option<Box<Findings>>),
    /// Begin the closing handshake.
    Close {
        /// The close code.
        code: u16,
        /// The reason.
        reason: &'static str,
    },
    /// Answer the client's close with 1000, whatever its code: to an echo of its own code the component reports a second error.
    AnswerClose,
}

/// A stream that may begin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Admission {
    /// The type that was agreed on.
    pub kind: ChallengeType,
    /// What was drawn.
    pub challenge: Challenge,
    /// When the session's time is over.
    pub expires_at: Timestamp,
    /// Begins with the URL's signature.
    pub chain: SignatureChain,
}

/// Why an analysis gave no findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnalysisError {
    /// The video is at fault.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// The analysis is at fault.
    #[error("the analysis failed")]
    Broken,
}

/// A client that has begun to send and then says nothing for this long is gone. Before that it waits for the person at the start
/// screen, and sends nothing at all.
pub(super) const IDLE: SignedDuration = SignedDuration::from_secs(30);

const NORMAL: u16 = 1000;
/// "Policy violation" and "internal error" of RFC 6455; the exception before them says more.
const REFUSED: u16 = 1008;
const BROKEN: u16 = 1011;
/// The service's own codes, as the component's source names them.
const IDLE_TIMEOUT: u16 = 4001;
const SESSION_EXPIRED: u16 = 4003;

#[derive(Debug, Default)]
enum Phase {
    /// Not open yet.
    #[default]
    Opening,
    /// The client sends.
    Streaming(Box<Conversation>),
    /// The recording is whole. A client that leaves now does not lose its result.
    Analysing { expires_at: Timestamp, listening: bool },
    /// The end is being recorded; what is said then, if anyone listens.
    Settling { farewell: Option<Farewell> },
    /// Nothing more can happen.
    Over,
}

#[derive(Debug)]
enum Farewell {
    Result,
    Exception(StreamException),
}

impl Machine {
    /// Takes one input at `now`, which is the time that sessions go by.
    pub(super) fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Output> {
        match (std::mem::replace(&mut self.phase, Phase::Over), input) {
            (Phase::Opening, Input::Opened(Ok(admission))) => {
                let message = ServerMessage::SessionInformation { kind: admission.kind, challenge: admission.challenge.clone() };
                self.phase = Phase::Streaming(Box::new(Conversation::new(admission, now)));
                vec![Output::Send(message)]
            }
            // The component cannot see why an upgrade is refused, so that every refusal is said here; and as it does not close the
            // socket before it has begun to record, we do.
            (Phase::Opening, Input::Opened(Err(exception))) => self.refuse(exception),
            (Phase::Streaming(conversation), Input::Message(bytes)) => self.hear(conversation, bytes, now),
            (Phase::Streaming(_), Input::NotBinary) => self.fail(StreamException::validation("NotBinary", "messages must be binary")),
            (Phase::Streaming(_), Input::TooLong) => self.fail(StreamException::validation("TooLong", "the message is too long")),
            (Phase::Streaming(_) | Phase::Analysing { listening: true, .. }, Input::TooMany) => {
                self.fail(StreamException::validation("TooManyMessages", "the client has sent more than 4096 pings and pongs"))
            }
            (Phase::Streaming(_), Input::Analysed(Err(error))) => self.fail(said(error)),
            (Phase::Streaming(_), Input::Analysed(Ok(_))) => {
                tracing::error!("an analysis ended before its video");
                self.fail(StreamException::internal("AnalysisBroken"))
            }
            (Phase::Streaming(conversation), Input::Tick) => self.watch(conversation, now),
            (Phase::Analysing { listening: true, .. }, Input::Message(_) | Input::NotBinary | Input::TooLong) => {
                self.fail(StreamException::validation("AfterEnd", "an event follows the empty video chunk that ends the stream"))
            }
            (Phase::Analysing { listening, .. }, Input::Analysed(result)) => self.analysed(result, listening),
            (Phase::Analysing { expires_at, listening: true }, Input::Tick) if now >= expires_at => self.expire(),
            (Phase::Analysing { expires_at, .. }, Input::Dropped) => self.rest(Phase::Analysing { expires_at, listening: false }),
            (Phase::Analysing { expires_at, listening: true }, Input::Closed) => {
                self.phase = Phase::Analysing { expires_at, listening: false };
                vec![Output::AnswerClose]
            }
            (Phase::Settling { farewell }, Input::Settled(result)) => self.settled(farewell, result, now),
            (Phase::Streaming(_), Input::Closed) => vec![Output::AnswerClose],
            // Whoever leaves before the end leaves the session in progress until it expires.
            (Phase::Streaming(_), Input::Dropped) => Vec::new(),
            (phase, _) => self.rest(phase),
        }
    }

    /// Whether nothing more can come out.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    fn hear(&mut self, mut conversation: Box<Conversation>, bytes: Bytes, now: Timestamp) -> Vec<Output> {
        if now >= conversation.expires_at() {
            return self.expire();
        }
        match conversation.hear(bytes, now) {
            Err(exception) => self.fail(exception),
            Ok(Heard::Nothing) => self.rest(Phase::Streaming(conversation)),
            Ok(Heard::Video(chunk)) => {
                self.phase = Phase::Streaming(conversation);
                vec![Output::Analyse(chunk)]
            }
            Ok(Heard::End(account)) => {
                self.phase = Phase::Analysing { expires_at: conversation.expires_at(), listening: true };
                vec![Output::Finish(account)]
            }
        }
    }

    fn watch(&mut self, conversation: Box<Conversation>, now: Timestamp) -> Vec<Output> {
        if now >= conversation.expires_at() {
            self.expire()
        } else if conversation.is_idle(now) {
            self.say_and_close(StreamException::validation("Idle", "nothing was received for too long"), IDLE_TIMEOUT, "StreamIdleTimeout")
        } else {
            self.rest(Phase::Streaming(conversation))
        }
    }

    fn analysed(&mut self, result: Result<Findings, AnalysisError>, listening: bool) -> Vec<Output> {
        let (findings, farewell) = match result {
            Ok(findings) => (Some(Box::new(findings)), Farewell::Result),
            Err(error) => (None, Farewell::Exception(said(error))),
        };
        self.phase = Phase::Settling { farewell: listening.then_some(farewell) };
        vec![Output::Settle(findings)]
    }

    fn settled(&mut self, farewell: Option<Farewell>, result: Result<(), SettleError>, now: Timestamp) -> Vec<Output> {
        match (farewell, result) {
            (None, _) => Vec::new(),
            // The check has failed for a reason of its own; that is what the client is told, recorded or not.
            (Some(Farewell::Exception(exception)), _) => self.refuse(exception),
            (Some(Farewell::Result), Err(SettleError::Expired)) => self.expire(),
            (Some(Farewell::Result), Err(SettleError::NotStored)) => self.refuse(StreamException::internal("NotStored")),
            (Some(Farewell::Result), Ok(())) => {
                let goodbye = ServerMessage::Disconnection { at_ms: now.as_millisecond() };
                vec![Output::Send(goodbye), Output::Close { code: NORMAL, reason: "" }]
            }
        }
    }

    /// The check cannot be completed: that is recorded first, then said.
    fn fail(&mut self, exception: StreamException) -> Vec<Output> {
        self.phase = Phase::Settling { farewell: Some(Farewell::Exception(exception)) };
        vec![Output::Settle(None)]
    }

    fn expire(&mut self) -> Vec<Output> {
        self.say_and_close(StreamException::validation("SessionExpired", "session expired"), SESSION_EXPIRED, "SessionExpired")
    }

    fn refuse(&mut self, exception: StreamException) -> Vec<Output> {
        let code = if exception.name == StreamExceptionName::InternalServer { BROKEN } else { REFUSED };
        self.say_and_close(exception, code, "")
    }

    fn say_and_close(&mut self, exception: StreamException, code: u16, reason: &'static str) -> Vec<Output> {
        self.phase = Phase::Over;
        vec![Output::Send(ServerMessage::Exception(exception)), Output::Close { code, reason }]
    }

    fn rest(&mut self, phase: Phase) -> Vec<Output> {
        self.phase = phase;
        Vec::new()
    }
}

/// What a message of the client amounts to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    /// Nothing to do.
    Nothing,
    /// The next bytes of the recording.
    Video(Bytes),
    /// The recording is whole, and this is the client's account of it.
    End(Account),
}

fn said(error: AnalysisError) -> StreamException {
    match error {
        AnalysisError::Video(error) => StreamException::validation("Video", error.to_string()),
        AnalysisError::Broken => StreamException::internal("AnalysisBroken"),
    }
}

#[cfg(test)]
impl Machine {
    /// The phase's name, for the table of transitions.
    pub(super) fn phase(&self) -> &'static str {
        match self.phase {
            Phase::Opening => "opening",
            Phase::Streaming(_) => "streaming",
            Phase::Analysing { listening: true, .. } => "analysing",
            Phase::Analysing { listening: false, .. } => "analysing alone",
            Phase::Settling { farewell: Some(_) } => "settling",
            Phase::Settling { farewell: None } => "settling alone",
            Phase::Over => "over",
        }
    }
}
