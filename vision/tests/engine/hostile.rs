//! Everything that is no honest video gets a clear answer and never ends the process.

use super::analyse;
use super::ffmpeg::{ffmpeg, into_fragmented_mp4};
use super::presenter::LIVE;
use prooflight_vision::{Account, Feedback, VideoError};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A second of a moving test picture, with an encoder's arguments.
fn made(source: &str, encoder: &[&str]) -> Vec<u8> {
    ffmpeg(&[&["-f", "lavfi", "-i", source][..], encoder, &["pipe:1"]].concat(), Vec::new())
}

const VP8: [&str; 6] = ["-c:v", "libvpx", "-deadline", "realtime", "-f", "webm"];
const H264: [&str; 8] = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-f", "matroska"];

fn judged(video: &[u8]) -> Result<prooflight_vision::Findings, VideoError> {
    analyse(video.chunks(10_000), &LIVE.challenge(), &Account::default())
}

#[test]
fn other_codecs_are_refused_by_name() {
    let source = "testsrc=size=160x120:rate=10:duration=0.5";
    for (name, encoder, expected) in [
        ("VP9", &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-f", "webm"][..], "V_VP9"),
        ("AV1", &["-c:v", "libaom-av1", "-cpu-used", "8", "-movflags", "empty_moov+delay_moov", "-f", "mp4"], "av01"),
        ("HEVC", &["-c:v", "libx265", "-x265-params", "log-level=none", "-f", "matroska"], "V_MPEGH/ISO/HEVC"),
        ("HEVC in MP4", &["-c:v", "libx265", "-x265-params", "log-level=none", "-movflags", "empty_moov", "-f", "mp4"], "hvc1"),
        ("MPEG-4", &["-c:v", "mpeg4", "-f", "matroska"], "V_MPEG4/ISO/ASP"),
        ("10 bits", &["-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-f", "matroska"], "H.264 other than 8 bits 4:2:0"),
        (
            "lossless",
            &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-qp", "0", "-f", "matroska"],
            "H.264 with lossless (transform bypass) coding",
        ),
        ("4:4:4", &["-c:v", "libx264", "-pix_fmt", "yuv444p", "-f", "matroska"], "H.264 other than 8 bits 4:2:0"),
    ] {
        assert_eq!(judged(&made(source, encoder)), Err(VideoError::UnsupportedCodec(expected.to_owned())), "{name}");
    }
}

#[test]
fn files_without_pictures_are_told_apart() {
    let webm = made("testsrc=size=160x120:rate=10:duration=0.5", &VP8);
    let cluster = webm.windows(4).position(|four| four == [0x1F, 0x43, 0xB6, 0x75]).expect("a cluster");
    let sound = made("sine=duration=0.5", &["-c:a", "libopus", "-f", "webm"]);
    let mp4 = into_fragmented_mp4(&made("testsrc=size=160x120:rate=10:duration=0.5", &H264));
    let fragment = mp4.windows(4).position(|four| four == b"moof").expect("a fragment") - 4;
    for (name, video, expected) in [
        ("nothing", Vec::new(), VideoError::UnknownContainer),
        ("text", b"what is this?".to_vec(), VideoError::UnknownContainer),
        ("sound only", sound, VideoError::NoVideoTrack),
        ("WebM up to its first cluster", webm[..cluster].to_vec(), VideoError::NoFrames),
        ("WebM with an empty cluster", webm[..cluster + 12].to_vec(), VideoError::NoFrames),
        ("MP4 without fragments", mp4[..fragment].to_vec(), VideoError::NoFrames),
    ] {
        assert_eq!(judged(&video), Err(expected), "{name}");
    }
    assert!(matches!(judged(&mp4[..40]), Err(VideoError::Damaged(_))), "MP4 cut before its tables");
}

#[test]
fn what_is_too_large_is_refused() {
    let wide = made("testsrc=size=1936x64:rate=5:duration=0.4", &VP8);
    let tall = made("testsrc=size=64x1936:rate=5:duration=0.4", &H264);
    let many = made("color=size=64x64:rate=1000:duration=3.1", &H264);
    for (name, video, expected) in [
        ("wide", wide, "more than 1920 pixels on a side"),
        ("tall", tall, "more than 1920 pixels on a side"),
        ("long", made("color=size=64x64:rate=2:duration=62", &H264), "longer than a minute"),
        ("many frames", many, "more than 3000 frames"),
    ] {
        assert_eq!(judged(&video), Err(VideoError::TooLarge(expected)), "{name}");
    }
}

#[test]
fn a_frame_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
    let mut webm = made("testsrc=size=160x120:rate=10:duration=0.5", &VP8);
    // The key frame's header: three bytes of tag, a start code, then width and height in 14 bits each (RFC 6386, section 9.1).
    let start = webm.windows(3).position(|three| three == [0x9D, 0x01, 0x2A]).expect("a key frame");
    webm[start + 3..start + 7].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);
    assert!(matches!(judged(&webm), Err(VideoError::TooLarge(_) | VideoError::Damaged(_))));
}

#[test]
fn where_there_is_no_face_there_is_no_confidence_and_no_picture() {
    for source in ["color=black:size=480x360:rate=10:duration=2", "nullsrc=size=480x360:rate=10:duration=2,geq=random(1)*255:128:128"] {
        let findings = judged(&made(source, &VP8)).expect("it is judged");
        assert!(findings.confidence < 1.0 && findings.frames == 20, "{source}: {findings:?}");
        assert_eq!((findings.reference, findings.audit.len()), (None, 0), "{source}");
        assert!(findings.feedback.contains(&Feedback::FaceNotVisible), "{source}");
    }
}

/// Small videos in each container and codec.
static SMALL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let source = "testsrc2=size=96x80:rate=10:duration=0.5";
    let h264 = made(source, &H264);
    vec![made(source, &VP8), into_fragmented_mp4(&h264), h264]
});

#[test]
fn a_stream_may_stop_at_any_byte() {
    for video in SMALL.iter() {
        let mut most = 0;
        for end in (0..video.len()).step_by(307) {
            match judged(&video[..end]) {
                Ok(findings) => {
                    assert!(findings.frames >= most, "more of the stream never yields fewer frames");
                    most = findings.frames;
                }
                Err(VideoError::UnknownContainer | VideoError::NoFrames | VideoError::Damaged(_) | VideoError::NoVideoTrack) => {}
                Err(error) => panic!("{end} bytes: {error}"),
            }
        }
        assert!(most >= 4, "{most} frames before the end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_damage_ends_the_process(kind in 0_usize..3, hits in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..12)) {
        let mut video = SMALL[kind].clone();
        for (at, bit) in hits {
            let at = at.index(video.len());
            video[at] ^= 1 << bit;
        }
        if let Ok(findings) = judged(&video) {
            prop_assert!((0.0..=100.0).contains(&findings.confidence));
        }
    }
}
