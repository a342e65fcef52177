//! The whole table of transitions as one snapshot: a new one shows in review.

use super::client::{Talk, admission, at, findings, movement_check, video};
use crate::rekognition::ChallengeType::FaceMovementChallenge as Movement;
use crate::rekognition::SettleError;
use crate::stream::machine::{AnalysisError, Input, Machine, Output};
use crate::stream::message::{ServerMessage, StreamException};
use bytes::Bytes;
use prooflight_vision::VideoError;
use std::fmt::Write as _;

#[test]
fn the_table_of_transitions() {
    let mut table = String::new();
    for (phase, begin) in phases() {
        for (name, input) in inputs() {
            let mut talk = begin();
            assert_eq!(talk.machine.phase(), phase);
            let input = match input {
                Some(input) => input,
                None => Input::Message(talk.signed("VideoEvent", video(b"next").1.to_string().as_bytes())),
            };
            let outputs: Vec<String> = talk.machine.handle(input, at(5)).iter().map(short).collect();
            writeln!(table, "{phase:16} {name:18} -> {:16} {}", talk.machine.phase(), outputs.join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!(table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
}

type Begin = fn() -> Talk;

fn phases() -> [(&'static str, Begin); 7] {
    [
        ("opening", || {
            let mut talk = Talk::open(Movement);
            talk.machine = Machine::default();
            talk
        }),
        ("streaming", || Talk::open(Movement)),
        ("analysing", Talk::recorded),
        ("analysing alone", || with(Talk::recorded(), Input::Dropped)),
        ("settling", || with(Talk::recorded(), Input::Analysed(Ok(findings())))),
        ("settling alone", || with(with(Talk::recorded(), Input::Dropped), Input::Analysed(Ok(findings())))),
        ("over", || with(Talk::open(Movement), Input::Dropped)),
    ]
}

fn with(mut talk: Talk, input: Input) -> Talk {
    talk.input(input, 4);
    talk
}

fn inputs() -> Vec<(&'static str, Option<Input>)> {
    let exception = StreamException::validation("SessionNotFound", "session not found");
    assert_eq!(movement_check().len(), 5);
    vec![
        ("opened", Some(Input::Opened(Ok(admission(Movement))))),
        ("refused", Some(Input::Opened(Err(exception)))),
        ("signed video", None),
        ("garbage", Some(Input::Message(Bytes::from_static(b"garbage")))),
        ("not binary", Some(Input::NotBinary)),
        ("too long", Some(Input::TooLong)),
        ("too many pings", Some(Input::TooMany)),
        ("closed", Some(Input::Closed)),
        ("dropped", Some(Input::Dropped)),
        ("findings", Some(Input::Analysed(Ok(findings())))),
        ("no video", Some(Input::Analysed(Err(AnalysisError::Video(VideoError::NoFrames))))),
        ("analysis broken", Some(Input::Analysed(Err(AnalysisError::Broken)))),
        ("settled", Some(Input::Settled(Ok(())))),
        ("settled too late", Some(Input::Settled(Err(SettleError::Expired)))),
        ("not stored", Some(Input::Settled(Err(SettleError::NotStored)))),
        ("tick", Some(Input::Tick)),
    ]
}

pub(super) fn short(output: &Output) -> String {
    match output {
        Output::Send(ServerMessage::Exception(exception)) => format!("send {}/{}", exception.name.as_str(), exception.code),
        Output::Send(message) => format!("send {}", message.name()),
        Output::Analyse(chunk) => format!("analyse {} bytes", chunk.len()),
        Output::Finish(_) => "finish".to_owned(),
        Output::Settle(Some(_)) => "settle SUCCEEDED".to_owned(),
        Output::Settle(None) => "settle FAILED".to_owned(),
        Output::Close { code, .. } => format!("close {code}"),
        Output::AnswerClose => "answer close".to_owned(),
    }
}
