//! Whatever arrives, in whatever order: no panic, no success that was not earned, no early 1000.

use super::captured::Captured;
use super::client::{Event, Talk, at, end, findings, start, video};
use crate::rekognition::ChallengeType::FaceMovementChallenge as Movement;
use crate::stream::chain::SignatureChain;
use crate::stream::frames::{EventFrame, SignedFrame};
use crate::stream::machine::{AnalysisError, Input, Output};
use crate::stream::message::ServerMessage;
use bytes::Bytes;
use prooflight_vision::VideoError;
use proptest::prelude::*;
use std::sync::LazyLock;

/// What a client and the world may do, in any order.
#[derive(Debug, Clone)]
enum Step {
    Say(usize),
    Garbage(Vec<u8>),
    Findings,
    BadVideo,
    Settled,
    Closed,
    Dropped,
    Wait(i64),
}

fn events() -> Vec<Event> {
    vec![video(b"some"), start(Movement), end(Movement), video(b"")]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0_usize..4).prop_map(Step::Say),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Step::Garbage),
        3 => Just(Step::Findings),
        1 => Just(Step::BadVideo),
        3 => Just(Step::Settled),
        1 => Just(Step::Closed),
        1 => Just(Step::Dropped),
        1 => (0_i64..40).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn success_is_earned_and_1000_comes_last(steps in proptest::collection::vec(step(), 0..24)) {
        let mut talk = Talk::open(Movement);
        let (mut said, mut now, mut goodbye, mut closed, mut left, mut succeeded) = (Vec::new(), 0, false, false, false, false);
        for step in steps {
            let input = match step {
                // Who has left says nothing more.
                Step::Say(_) | Step::Garbage(_) | Step::Closed if left => continue,
                Step::Say(index) => {
                    let (event_type, payload) = events().swap_remove(index);
                    said.push(index);
                    Input::Message(talk.signed(event_type, payload.to_string().as_bytes()))
                }
                Step::Garbage(bytes) => Input::Message(bytes.into()),
                Step::Findings => Input::Analysed(Ok(findings())),
                Step::BadVideo => Input::Analysed(Err(AnalysisError::Video(VideoError::NoFrames))),
                Step::Settled => Input::Settled(Ok(())),
                Step::Closed => {
                    (closed, left) = (true, true);
                    Input::Closed
                }
                Step::Dropped => {
                    left = true;
                    Input::Dropped
                }
                Step::Wait(seconds) => { now += seconds; Input::Tick }
            };
            for output in talk.machine.handle(input, at(now)) {
                match output {
                    Output::Settle(Some(_)) => {
                        // Video before the end of the stream, start before end before the empty chunk, each once: nothing else succeeds.
                        let order: Vec<_> = said.iter().copied().filter(|index| *index != 0).collect();
                        prop_assert_eq!(&order, &[1, 2, 3]);
                        prop_assert!(said.contains(&0) && said.last() == Some(&3));
                        prop_assert!(now < 180);
                        succeeded = true;
                    }
                    Output::Send(ServerMessage::Disconnection { .. }) => {
                        prop_assert!(succeeded);
                        goodbye = true;
                    }
                    Output::Close { code, .. } => prop_assert!(goodbye || (code != 1000 && code != 1001), "closed with {}", code),
                    Output::AnswerClose => prop_assert!(closed),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn no_bytes_upset_the_decoders(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let bytes = Bytes::from(bytes);
        let _ = SignedFrame::decode(bytes.clone());
        let _ = EventFrame::decode(bytes);
    }

    #[test]
    fn a_flipped_bit_is_noticed(index in 0_usize..100_000, bit in 0_u8..8) {
        // The frame that tells the start, and the chain as far as the one before it.
        static BEGUN: LazyLock<(SignatureChain, Bytes)> = LazyLock::new(|| {
            let captured = Captured::load("movement-live", "video.webm");
            let mut chain = captured.chain();
            chain.follow(&SignedFrame::decode(captured.frames[0].clone()).unwrap()).unwrap();
            (chain, captured.frames[1].clone())
        });
        let (mut chain, second) = BEGUN.clone();
        let mut bytes = second.to_vec();
        let index = index % bytes.len();
        bytes[index] ^= 1 << bit;
        let noticed = SignedFrame::decode(bytes.into()).map_or(true, |frame| chain.follow(&frame).is_err());
        prop_assert!(noticed, "bit {} of byte {}", bit, index);
    }
}

#[test]
fn a_frame_cut_anywhere_or_with_bytes_after_it_is_refused() {
    let captured = Captured::load("movement-live", "video.webm");
    let frame = &captured.frames[1];
    for length in 0..frame.len() {
        assert!(SignedFrame::decode(frame.slice(..length)).is_err(), "{length} bytes");
    }
    let mut longer = frame.to_vec();
    longer.push(0);
    assert!(SignedFrame::decode(longer.into()).is_err());
    assert!(SignedFrame::decode(frame.clone()).is_ok());
}

#[test]
fn frames_of_the_right_form_but_without_their_headers_are_refused() {
    let mut talk = Talk::open(Movement);
    let inner_only = super::client::inner("VideoEvent", b"{}");
    assert_eq!(talk.input(Input::Message(inner_only), 1), [Output::Settle(None)]);
    let frame = SignedFrame::decode(Talk::open(Movement).signed("VideoEvent", b"{}")).unwrap();
    assert!(EventFrame::decode(frame.payload).is_ok());
    assert!(EventFrame::decode(super::client::outer(1, &"0".repeat(64), Bytes::new())).is_err());
}
