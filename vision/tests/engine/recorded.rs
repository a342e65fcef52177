//! The recorded sessions of the real component.

use super::captures::Capture;
use super::ffmpeg::{count_frames, ffmpeg, into_fragmented_mp4, into_searchable_webm};
use super::{analyse, value};
use prooflight_vision::{Account, Findings, VideoError};
use std::path::Path;

fn capture(name: &str) -> Capture {
    Capture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures"), name)
}

fn findings(name: &str) -> Findings {
    let capture = capture(name);
    let findings = analyse(capture.chunks(), &capture.challenge, &capture.account).expect("a capture is judged");
    assert_eq!(findings.frames, count_frames(&capture.video), "as many frames as ffprobe counts");
    findings
}

fn check_pictures(findings: &Findings) {
    assert_eq!(findings.audit.len(), 4);
    for picture in findings.reference.iter().chain(&findings.audit) {
        let rgb = ffmpeg(&["-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"], picture.jpeg.clone());
        assert_eq!(rgb.len(), 480 * 360 * 3, "a JPEG of the size of the video");
        assert!(picture.jpeg.len() <= 200 * 1024);
        let face = picture.face;
        assert!(face.left >= 0.0 && face.top >= 0.0 && face.left + face.width <= 1.0 && face.top + face.height <= 1.0, "{face:?}");
        assert!(face.width > 0.1 && face.height > 0.2, "{face:?}");
    }
}

#[test]
fn a_live_session_in_webm_passes() {
    let findings = findings("light-live");
    assert!(findings.confidence > 90.0, "{:?}", findings.cues);
    assert!(value(&findings, "light.correlation") > 0.95);
    assert_eq!(findings.feedback, []);
    assert!(findings.reference.is_some());
    check_pictures(&findings);
    let times: Vec<u32> = findings.strip.iter().map(|picture| picture.at_ms).collect();
    assert!((10..=14).contains(&times.len()) && times.is_sorted(), "{times:?}");
    let curve = findings.light.expect("colours were measured");
    assert!((100..500).contains(&curve.delay_ms) && curve.points.len() > 40, "{curve:?}");
    for cue in &findings.cues {
        assert!(cue.value.is_some() && cue.explanation.ends_with('.') && cue.explanation.len() > 40, "{cue:?}");
    }
}

#[test]
fn a_live_session_in_matroska_with_h264_passes() {
    let findings = findings("light-live-mkv-h264");
    assert!(findings.confidence > 90.0, "{:?}", findings.cues);
    check_pictures(&findings);
}

#[test]
fn a_live_session_in_mp4_passes_although_it_comes_in_one_piece() {
    let capture = capture("light-live-mkv-h264");
    let mp4 = into_fragmented_mp4(&capture.video);
    let findings = analyse([mp4.as_slice()], &capture.challenge, &capture.account).expect("it is judged");
    assert_eq!(findings.frames, count_frames(&mp4));
    assert!(findings.confidence > 90.0, "{:?}", findings.cues);
}

/// Whoever tests with files of his own will come with one like this: its index is only there when all of it is.
#[test]
fn a_live_session_in_a_searchable_file_passes_although_its_head_points_at_its_end() {
    let capture = capture("light-live");
    let webm = into_searchable_webm(&capture.video);
    assert!(webm.len() > 400_000);
    let findings = analyse(webm.chunks(100_000), &capture.challenge, &capture.account).expect("it is judged");
    assert_eq!(findings.frames, count_frames(&webm));
    assert!(findings.confidence > 90.0, "{:?}", findings.cues);
}

#[test]
fn a_photo_fails() {
    let findings = findings("light-photo");
    assert!(findings.confidence < 5.0, "{:?}", findings.cues);
    assert!(findings.reference.is_some(), "a face was there all the same");
}

#[test]
fn a_replay_of_another_session_fails() {
    let findings = findings("light-replay");
    assert!(findings.confidence < 5.0, "{:?}", findings.cues);
}

#[test]
fn a_movement_passes_on_movement_alone() {
    let findings = findings("movement-live");
    assert!(findings.confidence > 80.0, "{:?}", findings.cues);
    assert!(findings.cues.iter().all(|cue| !cue.name.starts_with("light.")), "{:?}", findings.cues);
}

#[test]
fn what_is_found_does_not_depend_on_how_the_stream_is_cut() {
    let capture = capture("movement-live");
    let whole = analyse(capture.video.chunks(capture.video.len()), &capture.challenge, &capture.account);
    assert!(whole.is_ok());
    for size in [1, 997, 4096, 30_000] {
        assert!(analyse(capture.video.chunks(size), &capture.challenge, &capture.account) == whole, "chunks of {size} bytes");
    }
}

#[test]
fn a_recording_whose_tail_was_dropped_is_named_so() {
    let capture = capture("light-live");
    let half = capture.video.len() / 2;
    let outcome = analyse([&capture.video[..half]], &capture.challenge, &capture.account);
    let Err(VideoError::ShorterThanClaimed { actual_ms, claimed_ms }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(claimed_ms, 6135);
    assert!((2000..4000).contains(&actual_ms), "{actual_ms}");
}

#[test]
fn a_client_that_claims_nothing_gets_no_light() {
    let capture = capture("light-live");
    let findings = analyse(capture.video.chunks(60_000), &capture.challenge, &Account::default()).expect("it is judged");
    assert_eq!(findings.confidence, 0.0);
}
