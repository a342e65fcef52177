//! Carries what happens on a websocket to the machine and does what the machine says. It decides nothing.

use super::LivenessStream;
use super::admission::{Admitted, admit};
use super::analysis::RunningAnalysis;
use super::frames::encode;
use super::machine::{Input, Machine, Output};
use super::message::{ServerMessage, StreamException};
use super::websocket::{MOST_MESSAGE_BYTES, MOST_REFUSED_BYTES, Received, Socket};
use crate::aws::entropy;
use crate::clock::wall_now;
use http::request::Parts;
use hyper::upgrade::Upgraded;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval};

/// How often the machine is told the time. Time-outs are tens of seconds, and go by a clock that can be moved.
const TICK: Duration = Duration::from_millis(500);

/// Holds one conversation to its end.
pub(super) async fn converse(upgraded: Upgraded, request: Parts, stream: Arc<LivenessStream>) {
    let (opened, session) = open(&request, &stream);
    let socket = Socket::new(upgraded, if session.is_some() { MOST_MESSAGE_BYTES } else { MOST_REFUSED_BYTES }).await;
    let mut pump = Pump { stream, session, socket: Some(socket) };
    let mut machine = Machine::default();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut input = opened;
    loop {
        pump.feed(&mut machine, input).await;
        if machine.is_over() {
            return;
        }
        input = tokio::select! {
            received = receive(&mut pump.socket) => received,
            result = analysed(&mut pump.session) => result,
            _ = ticks.tick() => Input::Tick,
        };
    }
}

/// What stands behind a conversation that was admitted.
struct Session {
    id: String,
    analysis: RunningAnalysis,
    seed: u64,
    /// Among the streams that there may be at a time.
    _place: OwnedSemaphorePermit,
}

struct Pump {
    stream: Arc<LivenessStream>,
    session: Option<Session>,
    socket: Option<Socket>,
}

fn open(request: &Parts, stream: &Arc<LivenessStream>) -> (Input, Option<Session>) {
    let (Ok(entropy), Ok(seed)) = (entropy::bytes(), entropy::bytes()) else {
        tracing::error!("the system's random generator failed");
        return (Input::Opened(Err(StreamException::internal("NoRandomness"))), None);
    };
    match admit(request, stream, &entropy, wall_now()) {
        Ok(Admitted { admission, session_id, audit_images, place }) => {
            let analysis = stream.analyses.begin(admission.challenge.clone(), audit_images);
            (Input::Opened(Ok(admission)), Some(Session { id: session_id, analysis, seed: u64::from_le_bytes(seed), _place: place }))
        }
        Err(exception) => (Input::Opened(Err(exception)), None),
    }
}

impl Pump {
    /// Feeds one input, and what follows from it at once.
    async fn feed(&mut self, machine: &mut Machine, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            for output in machine.handle(input, self.stream.clock.now()) {
                next = self.act(output).await.or(next);
            }
        }
    }

    async fn act(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Send(message) => {
                if let ServerMessage::Exception(exception) = &message {
                    tracing::info!(name = exception.name.as_str(), code = exception.code, "a liveness stream ends with an exception");
                }
                match (encode(&message), &mut self.socket) {
                    (Ok(bytes), Some(socket)) => socket.send(bytes).await,
                    (Err(error), _) => tracing::error!(%error, "a message could not be encoded"),
                    (Ok(_), None) => {}
                }
            }
            Output::Analyse(chunk) => {
                if let Some(session) = &self.session {
                    session.analysis.push(chunk);
                }
            }
            Output::Finish(account) => {
                if let Some(session) = &self.session {
                    session.analysis.finish(account, session.seed);
                }
            }
            Output::Settle(findings) => {
                let session = self.session.as_ref()?;
                tracing::info!(ran = findings.is_some(), "a liveness check has ended");
                let found = findings.map(|findings| (*findings).into());
                return Some(Input::Settled(self.stream.rekognition.settle(&session.id, found).await));
            }
            Output::Close { code, reason } => {
                if let Some(socket) = self.socket.take() {
                    socket.close(code, reason).await;
                }
            }
            Output::AnswerClose => {
                if let Some(socket) = self.socket.take() {
                    socket.answer_close().await;
                }
            }
        }
        None
    }
}

/// The next thing that the client does; nothing any more once it has left.
async fn receive(open: &mut Option<Socket>) -> Input {
    let Some(socket) = open else { return std::future::pending().await };
    match socket.receive().await {
        Received::Binary(bytes) => Input::Message(bytes),
        Received::Text => Input::NotBinary,
        Received::TooLong => Input::TooLong,
        Received::TooMany => Input::TooMany,
        Received::Close => Input::Closed,
        Received::Gone => {
            *open = None;
            Input::Dropped
        }
    }
}

async fn analysed(session: &mut Option<Session>) -> Input {
    let Some(session) = session else { return std::future::pending().await };
    Input::Analysed(session.analysis.result().await)
}
