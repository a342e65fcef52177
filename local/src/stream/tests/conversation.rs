//! Whole conversations in virtual time, and each pitfall of the component by name.

use super::captured::{CAPTURES, Captured};
use super::client::{BEGIN, Event, Talk, at, color, end, findings, information, movement_check, start, video};
use crate::rekognition::ChallengeType::{self, FaceMovementAndLightChallenge as Light, FaceMovementChallenge as Movement};
use crate::rekognition::SettleError;
use crate::stream::machine::{Admission, AnalysisError, Input, Machine, Output};
use crate::stream::message::{ServerMessage, StreamException, StreamExceptionName};
use jiff::{SignedDuration, Timestamp};
use prooflight_vision::VideoError;
use serde_json::json;

#[test]
fn every_captured_session_runs_to_its_end() {
    for (name, video) in CAPTURES {
        let captured = Captured::load(name, video);
        let opened = Timestamp::from_millisecond(BEGIN).unwrap();
        let admission = Admission {
            kind: captured.kind,
            challenge: captured.challenge.clone(),
            expires_at: opened + SignedDuration::from_secs(180),
            chain: captured.chain(),
        };
        let mut machine = Machine::default();
        machine.handle(Input::Opened(Ok(admission)), opened);
        let (mut bytes, mut account) = (0, None);
        for (frame, rel_ms) in captured.frames.iter().zip(&captured.rel_ms) {
            for output in machine.handle(Input::Message(frame.clone()), opened + SignedDuration::from_millis(*rel_ms)) {
                match output {
                    Output::Analyse(chunk) => bytes += chunk.len(),
                    Output::Finish(whole) => account = Some(whole),
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
        let account = account.unwrap();
        let colors: Vec<_> = account.colors.iter().map(|color| (color.sequence as usize, color.current)).collect();
        let asked: Vec<_> = captured.challenge.colors.iter().map(|step| step.rgb).enumerate().collect();
        assert_eq!(colors, asked, "{name}");
        assert!(account.video_end_ms > account.video_start_ms + 1000, "{name}");
        assert!(bytes > 100_000, "{name}");

        let later = opened + SignedDuration::from_secs(9);
        let outputs = machine.handle(Input::Analysed(Ok(findings())), later);
        assert_eq!(outputs, [Output::Settle(Some(Box::new(findings())))], "{name}");
        let outputs = machine.handle(Input::Settled(Ok(())), later);
        let goodbye = ServerMessage::Disconnection { at_ms: later.as_millisecond() };
        assert_eq!(outputs, [Output::Send(goodbye), Output::Close { code: 1000, reason: "" }], "{name}");
        assert!(machine.is_over());
    }
}

#[test]
fn the_challenge_is_sent_before_the_client_says_anything() {
    Talk::open(Light);
}

#[test]
fn a_refusal_is_said_on_the_open_socket_and_the_server_closes() {
    let exception = StreamException::validation("SessionExpired", "session expired");
    let outputs = Machine::default().handle(Input::Opened(Err(exception.clone())), at(0));
    assert_eq!(outputs, [Output::Send(ServerMessage::Exception(exception)), Output::Close { code: 1008, reason: "Refused" }]);
}

#[test]
fn the_person_may_wait_at_the_start_screen() {
    let mut talk = Talk::open(Movement);
    assert_eq!(talk.input(Input::Tick, 179), []);
    assert_eq!(talk.machine.phase(), "streaming");
}

#[test]
fn a_session_expires_while_its_client_is_connected() {
    let mut talk = Talk::open(Movement);
    assert_closes(&talk.input(Input::Tick, 180), "SessionExpired", 4003);
    let mut talk = Talk::open(Movement);
    assert_closes(&talk.say(video(b"late"), 180), "SessionExpired", 4003);
    let mut talk = Talk::recorded();
    assert_closes(&talk.input(Input::Tick, 181), "SessionExpired", 4003);
    let mut talk = Talk::recorded();
    talk.input(Input::Analysed(Ok(findings())), 170);
    assert_closes(&talk.input(Input::Settled(Err(SettleError::Expired)), 180), "SessionExpired", 4003);
}

#[test]
fn a_client_that_stops_sending_is_let_go() {
    let mut talk = Talk::open(Movement);
    talk.say(video(b"first"), 10);
    assert_eq!(talk.input(Input::Tick, 39), []);
    assert_closes(&talk.input(Input::Tick, 40), "Idle", 4001);
}

#[test]
fn goodbye_waits_until_the_result_is_recorded() {
    let mut talk = Talk::recorded();
    assert_eq!(talk.machine.phase(), "analysing");
    assert_eq!(talk.input(Input::Analysed(Ok(findings())), 3), [Output::Settle(Some(Box::new(findings())))]);
    let outputs = talk.input(Input::Settled(Ok(())), 3);
    assert!(matches!(outputs.as_slice(), [Output::Send(ServerMessage::Disconnection { .. }), Output::Close { code: 1000, .. }]));
}

#[test]
fn a_result_that_cannot_be_recorded_is_no_goodbye() {
    let mut talk = Talk::recorded();
    talk.input(Input::Analysed(Ok(findings())), 3);
    assert_closes(&talk.input(Input::Settled(Err(SettleError::NotStored)), 3), "NotStored", 1011);
}

#[test]
fn the_clients_own_close_is_answered_and_leaves_the_session_in_progress() {
    let mut talk = Talk::open(Light);
    talk.say(video(b"first"), 1);
    assert_eq!(talk.input(Input::Closed, 2), [Output::AnswerClose]);
    assert!(talk.machine.is_over());
}

#[test]
fn a_dropped_connection_leaves_the_session_in_progress() {
    let mut talk = Talk::open(Light);
    assert_eq!(talk.input(Input::Dropped, 2), []);
    assert!(talk.machine.is_over());
}

#[test]
fn a_client_that_leaves_after_the_last_chunk_does_not_lose_its_result() {
    for leaves in [Input::Closed, Input::Dropped] {
        let mut talk = Talk::recorded();
        let answered = if leaves == Input::Closed { vec![Output::AnswerClose] } else { Vec::new() };
        assert_eq!(talk.input(leaves, 3), answered);
        assert_eq!(talk.input(Input::Analysed(Ok(findings())), 4), [Output::Settle(Some(Box::new(findings())))]);
        assert_eq!(talk.input(Input::Settled(Ok(())), 4), []);
        assert!(talk.machine.is_over());
    }
}

#[test]
fn a_video_that_cannot_be_read_fails_the_session_in_clear_words() {
    let error = AnalysisError::Video(VideoError::UnknownContainer);
    let mut talk = Talk::recorded();
    assert_fails(talk.input(Input::Analysed(Err(error.clone())), 3), &mut talk, "Video", "the video is neither WebM, Matroska nor MP4");
    // The analysis does not wait for the end of a recording that is no video.
    let mut talk = Talk::open(Movement);
    talk.say(video(b"no video"), 1);
    assert_fails(talk.input(Input::Analysed(Err(error)), 1), &mut talk, "Video", "the video is neither WebM, Matroska nor MP4");
}

#[test]
fn a_broken_analysis_is_our_fault() {
    let mut talk = Talk::recorded();
    talk.input(Input::Analysed(Err(AnalysisError::Broken)), 3);
    let outputs = talk.input(Input::Settled(Ok(())), 3);
    let [Output::Send(ServerMessage::Exception(exception)), Output::Close { code: 1008, .. }] = outputs.as_slice() else {
        panic!("{outputs:?}")
    };
    assert_eq!(exception.name, StreamExceptionName::InternalServerException);
}

#[test]
fn a_tampered_frame_fails_the_session() {
    let mut talk = Talk::open(Movement);
    talk.signed("VideoEvent", video(b"lost on the way").1.to_string().as_bytes());
    let outputs = talk.say(video(b"second"), 1);
    assert_fails(outputs, &mut talk, "ChunkSignature", "the chunk signature does not match");
}

#[test]
fn what_is_wrong_with_an_event_is_said() {
    let light = |account| information(Light, account);
    let cases: Vec<(ChallengeType, Vec<Event>, &str, &str)> = vec![
        (Movement, vec![("GreetingEvent", json!({}))], "Event", "neither a VideoEvent"),
        (Movement, vec![("VideoEvent", json!({"VideoChunk": "####", "TimestampMillis": BEGIN}))], "Event", "not base64"),
        (Movement, vec![("VideoEvent", json!({"TimestampMillis": BEGIN}))], "Event", "VideoChunk and TimestampMillis"),
        (Movement, vec![("VideoEvent", json!({"VideoChunk": "", "TimestampMillis": 12}))], "Event", "2022 to 2041"),
        (
            Movement,
            vec![("ClientSessionInformationEvent", json!({"Challenge": {"OtherChallenge": {}}}))],
            "Event",
            "not JSON of the right types",
        ),
        (Movement, vec![start(Light)], "OtherChallenge", "another challenge"),
        (Movement, vec![end(Movement)], "Order", "before the start"),
        (Movement, vec![start(Movement), start(Movement)], "Order", "twice"),
        (Movement, vec![video(b"v"), video(b"")], "Order", "before the end of the recording"),
        (Movement, vec![start(Movement), end(Movement), video(b"")], "NoVideo", "without any video"),
        (Movement, vec![start(Movement), end(Movement), end(Movement)], "Order", "went on"),
        (Light, vec![color(0, [0, 0, 0])], "Order", "before the start"),
        (Light, vec![start(Light), end(Light), color(0, [0, 0, 0])], "Order", "went on"),
        (Light, vec![start(Light), color(51, [0, 0, 0])], "Event", "0 to 50"),
        (Light, vec![start(Light), color(1, [0, 256, 0])], "Event", "not JSON of the right types"),
        (Light, vec![light(json!({"ChallengeId": "c"}))], "Event", "neither start, colour nor end"),
        (Light, vec![light(json!({"ChallengeId": "c", "VideoStartTimestamp": BEGIN}))], "Event", "without InitialFace"),
        (Light, vec![light(json!({"ChallengeId": "", "VideoStartTimestamp": BEGIN}))], "Event", "1 to 128"),
        (Light, vec![start(Light), light(json!({"ChallengeId": "c", "VideoEndTimestamp": BEGIN}))], "Event", "without TargetFace"),
    ];
    for (kind, mut events, code, words) in cases {
        let last = events.pop().unwrap();
        let mut talk = Talk::open(kind);
        for event in events {
            assert!(matches!(talk.say(event, 1).as_slice(), [] | [Output::Analyse(_)]));
        }
        let outputs = talk.say(last, 1);
        assert_fails(outputs, &mut talk, code, words);
    }
}

#[test]
fn a_change_of_the_challenge_id_is_noticed() {
    let mut talk = Talk::open(Light);
    talk.say(start(Light), 1);
    let (event_type, mut payload) = color(0, [0, 0, 0]);
    payload["Challenge"]["FaceMovementAndLightChallenge"]["ChallengeId"] = json!("another");
    let outputs = talk.say((event_type, payload), 1);
    assert_fails(outputs, &mut talk, "OtherChallenge", "ChallengeId");
}

#[test]
fn a_recording_cannot_end_before_it_starts() {
    let mut talk = Talk::open(Movement);
    talk.say(start(Movement), 1);
    let (event_type, mut payload) = end(Movement);
    payload["Challenge"]["FaceMovementChallenge"]["VideoEndTimestamp"] = json!(BEGIN - 1);
    let outputs = talk.say((event_type, payload), 1);
    assert_fails(outputs, &mut talk, "Order", "before it starts");
}

#[test]
fn nothing_may_follow_the_empty_chunk() {
    let mut talk = Talk::recorded();
    let outputs = talk.say(video(b"more"), 3);
    assert_fails(outputs, &mut talk, "AfterEnd", "follows the empty video chunk");
}

#[test]
fn wrong_colours_are_recorded_for_the_analysis_to_judge() {
    let mut talk = Talk::open(Light);
    for event in [video(b"v"), start(Light), color(0, [1, 2, 3]), color(0, [9, 9, 9]), color(40, [255, 0, 255]), end(Light)] {
        talk.say(event, 1);
    }
    let outputs = talk.say(video(b""), 2);
    let [Output::Finish(account)] = outputs.as_slice() else { panic!("{outputs:?}") };
    let colors: Vec<_> = account.colors.iter().map(|color| (color.sequence, color.current)).collect();
    assert_eq!(colors, [(0, [1, 2, 3]), (0, [9, 9, 9]), (40, [255, 0, 255])]);
}

#[test]
fn the_limits_hold() {
    let mut talk = Talk::open(Movement);
    for _ in 0..10 {
        assert!(matches!(talk.say(video(&vec![0; 1_000_000]), 1).as_slice(), [Output::Analyse(_)]));
    }
    let outputs = talk.say(video(b"!"), 1);
    assert_fails(outputs, &mut talk, "VideoTooLarge", "larger than 10 MB");

    let mut talk = Talk::open(Light);
    talk.say(start(Light), 1);
    for _ in 0..51 {
        assert_eq!(talk.say(color(3, [0, 0, 0]), 1), []);
    }
    let outputs = talk.say(color(3, [0, 0, 0]), 1);
    assert_fails(outputs, &mut talk, "TooManyColors", "51 colours");

    let mut talk = Talk::open(Movement);
    for _ in 0..4096 {
        assert!(matches!(talk.say(video(b"v"), 1).as_slice(), [Output::Analyse(_)]));
    }
    let outputs = talk.say(video(b"v"), 1);
    assert_fails(outputs, &mut talk, "TooManyMessages", "4096");

    let mut talk = Talk::open(Light);
    let outputs = talk.say(information(Light, json!({"ChallengeId": "c".repeat(20_000)})), 1);
    assert_fails(outputs, &mut talk, "Event", "16 KiB");

    for (input, code) in [(Input::TooLong, "TooLong"), (Input::NotBinary, "NotBinary")] {
        let mut talk = Talk::open(Movement);
        let outputs = talk.input(input, 1);
        assert_fails(outputs, &mut talk, code, "message");
    }
}

#[test]
fn the_start_may_come_before_the_first_chunk() {
    let mut talk = Talk::open(Movement);
    let mut events = movement_check();
    events.swap(0, 1);
    for event in events {
        talk.say(event, 1);
    }
    assert_eq!(talk.machine.phase(), "analysing");
}

/// First recorded as failed, then said, then closed with anything but 1000 or 1001.
fn assert_fails(outputs: Vec<Output>, talk: &mut Talk, code: &str, words: &str) {
    assert_eq!(outputs, [Output::Settle(None)], "{code}");
    let outputs = talk.input(Input::Settled(Ok(())), 3);
    assert_closes(&outputs, code, 1008);
    let [Output::Send(ServerMessage::Exception(exception)), _] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(exception.name, StreamExceptionName::ValidationException);
    assert!(exception.message.contains(words), "{:?} does not say {words:?}", exception.message);
    assert!(talk.machine.is_over());
}

fn assert_closes(outputs: &[Output], expected: &str, expected_code: u16) {
    let [Output::Send(ServerMessage::Exception(exception)), Output::Close { code, .. }] = outputs else { panic!("{outputs:?}") };
    assert_eq!((exception.code, *code), (expected, expected_code));
}
