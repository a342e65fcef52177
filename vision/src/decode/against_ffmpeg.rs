//! Every sample of every picture against what ffmpeg decodes: both decoders and both containers are younger than it.

#[expect(dead_code, reason = "shared with the integration tests, which use all of it")]
#[path = "../../tests/engine/ffmpeg.rs"]
mod ffmpeg;

use super::{Decoder, Frame};
use crate::container::Recording;
use ffmpeg::{ffmpeg, into_fragmented_mp4};
use std::path::Path;

fn decode(video: &[u8]) -> Vec<Frame> {
    let mut recording = Recording::new();
    recording.push(video);
    let mut packets = Vec::new();
    while let Some(mut more) = recording.read_block().unwrap() {
        packets.append(&mut more);
    }
    packets.append(&mut recording.read_rest().unwrap());
    let mut decoder = Decoder::new(recording.track().unwrap()).unwrap();
    let mut frames: Vec<Frame> = packets.iter().flat_map(|packet| decoder.decode(packet).unwrap()).collect();
    frames.append(&mut decoder.flush().unwrap());
    frames
}

/// Compares a video and returns its frames.
fn check(name: &str, video: &[u8]) -> Vec<Frame> {
    // ffmpeg reads from a file here: an MP4 with its tables at the end cannot be read from a pipe.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), video).unwrap();
    let path = file.path().to_str().unwrap();
    let expected = ffmpeg(&["-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"], Vec::new());
    let frames = decode(video);
    let first = frames.first().unwrap().planes();
    let size = first.y.len() + first.u.len() + first.v.len();
    assert_eq!(frames.len() * size, expected.len(), "{name}: as many frames");
    for (number, (frame, expected)) in frames.iter().zip(expected.chunks(size)).enumerate() {
        let planes = frame.planes();
        assert!([planes.y.as_slice(), &planes.u, &planes.v].concat() == expected, "{name}: frame {number}");
    }
    assert!(frames.is_sorted_by(|one, other| one.pts_us() < other.pts_us()), "{name}: in order of display");
    frames
}

fn capture(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures").join(file)).unwrap()
}

fn made(source: &str, encoder: &[&str]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    ffmpeg(&[&["-y", "-f", "lavfi", "-i", source][..], encoder, &[path]].concat(), Vec::new());
    std::fs::read(file.path()).unwrap()
}

#[test]
fn recordings_of_the_real_component() {
    assert_eq!(check("VP8", &capture("light-live/video.webm")).len(), 134);
    assert_eq!(check("VP8, movement", &capture("movement-live/video.webm")).len(), 37);
    assert_eq!(check("H.264, Annex B", &capture("light-live-mkv-h264/video.mkv")).len(), 165);
}

#[test]
fn the_same_pictures_come_out_of_mp4() {
    let matroska = capture("light-live-mkv-h264/video.mkv");
    let (one, other) = (decode(&matroska), check("fragmented MP4", &into_fragmented_mp4(&matroska)));
    assert!(one.iter().map(Frame::planes).eq(other.iter().map(Frame::planes)));
    let late = one.iter().zip(&other).map(|(one, other)| (one.pts_us() - other.pts_us()).abs()).max();
    assert!(late.unwrap() <= 1000, "times agree to a millisecond: {late:?}");
}

#[test]
fn what_other_recorders_may_send() {
    let source = "testsrc2=size=320x240:rate=25:duration=1.2";
    for (name, source, encoder, frames) in [
        ("B frames", source, &["-c:v", "libx264", "-profile:v", "main", "-bf", "3", "-pix_fmt", "yuv420p", "-f", "matroska"][..], 30),
        ("CABAC, interlaced tools off, full range", source, &["-c:v", "libx264", "-pix_fmt", "yuvj420p", "-g", "10", "-f", "matroska"], 30),
        ("MP4, tables at the end", source, &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mp4"], 30),
        (
            "MP4, many fragments",
            source,
            &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_every_frame+empty_moov", "-f", "mp4"],
            30,
        ),
        ("VP8 with hidden reference frames", source, &["-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "12", "-f", "webm"], 30),
        ("VP8 of odd size", "testsrc2=size=161x121:rate=25:duration=0.4", &["-c:v", "libvpx", "-f", "webm"], 10),
        (
            "H.264 cut to an uneven size",
            "testsrc2=size=178x130:rate=25:duration=0.4",
            &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "matroska"],
            10,
        ),
    ] {
        assert_eq!(check(name, &made(source, encoder)).len(), frames, "{name}");
    }
}
