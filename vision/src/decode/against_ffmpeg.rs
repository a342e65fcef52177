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

/// How a file is packed: as a browser's recorder does while it runs, or as a tool leaves it when it is done.
#[derive(Debug, Clone, Copy)]
enum Packing {
    /// Segment and clusters of unknown size, no index.
    LiveWebm,
    LiveMatroska,
    /// Sizes filled in, with an index and a seek head that points at it.
    Webm,
    Matroska,
    /// Tables at the end, and at the beginning.
    Mp4,
    Mp4TablesFirst,
    /// A fragment for each key frame, and one for each frame.
    FragmentedMp4,
    FragmentedMp4EachFrame,
}

impl Packing {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::LiveWebm => &["-live", "1", "-f", "webm"],
            Self::LiveMatroska => &["-live", "1", "-f", "matroska"],
            Self::Webm => &["-f", "webm"],
            Self::Matroska => &["-f", "matroska"],
            Self::Mp4 => &["-f", "mp4"],
            Self::Mp4TablesFirst => &["-movflags", "faststart", "-f", "mp4"],
            Self::FragmentedMp4 => &["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"],
            Self::FragmentedMp4EachFrame => &["-movflags", "frag_every_frame+empty_moov", "-f", "mp4"],
        }
    }
}

use Packing::{FragmentedMp4, FragmentedMp4EachFrame, LiveMatroska, LiveWebm, Matroska, Mp4, Mp4TablesFirst, Webm};

/// Moving patterns with noise over them, so that residuals, motion vectors and loop filters all have work.
fn clip(size: &str, encoder: &str, packing: Packing) -> Vec<u8> {
    let source = format!("testsrc2=size={size}:rate=25:duration=0.6,noise=alls=12:allf=t");
    let encoder: Vec<&str> = encoder.split_whitespace().collect();
    made(&source, &[&encoder, packing.arguments()].concat())
}

/// Every file of a table decodes to the very bytes that ffmpeg decodes, in order; none gives fewer pictures than were encoded.
fn check_all(codec: &str, table: &[(&str, &str, &str, Packing)]) {
    for (name, size, encoder, packing) in table {
        let name = format!("{name}, {size}, {packing:?}");
        assert_eq!(check(&name, &clip(size, &format!("{codec} {encoder}"), *packing)).len(), 15, "{name}");
    }
}

#[test]
fn vp8_of_every_size_and_kind() {
    check_all(
        "-c:v libvpx",
        &[
            ("as a browser records", "640x480", "-deadline realtime -cpu-used 8 -b:v 1M", LiveWebm),
            ("as a browser records", "1280x720", "-deadline realtime -cpu-used 8 -b:v 1M", LiveWebm),
            ("good quality", "320x240", "-deadline good -b:v 2M", Webm),
            ("upright", "480x640", "-deadline realtime -cpu-used 4", Webm),
            ("odd", "321x241", "-deadline realtime", LiveWebm),
            ("odd", "639x479", "-deadline realtime -cpu-used 8", Webm),
            ("odd and tiny", "65x67", "", LiveMatroska),
            ("hidden reference frames", "320x240", "-auto-alt-ref 1 -lag-in-frames 12", Webm),
            ("eight token partitions", "640x480", "-slices 8 -deadline realtime -cpu-used 8", Matroska),
            ("error resilient", "320x240", "-error-resilient default+partitions -slices 4 -deadline realtime", LiveWebm),
            ("profile 1: bilinear, simple filter", "322x242", "-profile:v 1 -b:v 300k", Webm),
            ("profile 2: bilinear, no filter", "320x240", "-profile:v 2 -b:v 300k", LiveWebm),
            ("profile 3: whole pixels", "321x243", "-profile:v 3 -b:v 300k", LiveWebm),
            ("coarse", "320x240", "-b:v 40k -qmin 40 -qmax 63", LiveWebm),
            ("fine", "320x240", "-qmin 0 -qmax 2 -b:v 20M", LiveWebm),
            ("sharp filter", "320x240", "-sharpness 7 -b:v 200k", Webm),
            ("all key frames", "320x240", "-g 1", LiveWebm),
        ],
    );
}

#[test]
fn h264_of_every_size_and_kind() {
    check_all(
        "-c:v libx264 -pix_fmt yuv420p",
        &[
            ("as a browser records", "640x480", "-profile:v baseline -preset ultrafast -tune zerolatency", LiveMatroska),
            ("as a browser records", "1280x720", "-profile:v baseline -preset ultrafast -tune zerolatency", FragmentedMp4EachFrame),
            ("main, B frames", "320x240", "-profile:v main -bf 3", Matroska),
            ("high, B frames as references", "640x480", "-profile:v high -bf 4 -b_strategy 2 -x264-params b-pyramid=normal", Mp4),
            ("open groups of pictures", "320x240", "-bf 3 -g 5 -x264-params open-gop=1", Mp4TablesFirst),
            ("four slices", "640x480", "-x264-params slices=4", FragmentedMp4),
            ("a slice for each row", "320x240", "-profile:v baseline -x264-params slice-max-mbs=20", LiveMatroska),
            ("slices of few bytes, B frames", "320x240", "-bf 2 -x264-params slice-max-size=400", FragmentedMp4EachFrame),
            ("cut to an uneven size", "178x130", "-profile:v high", Matroska),
            ("cut to an uneven size", "642x362", "-profile:v main -bf 2", FragmentedMp4),
            ("upright", "480x640", "-profile:v high -preset veryfast", Mp4),
            ("many references, weighted", "320x240", "-profile:v high -preset slow -refs 6 -x264-params weightp=2:weightb=1", Matroska),
            ("CAVLC in high", "320x240", "-profile:v high -coder 0 -x264-params 8x8dct=1", Matroska),
            ("constrained intra", "320x240", "-x264-params constrained-intra=1:keyint=8", Mp4),
            ("refreshed column by column", "320x240", "-bf 0 -x264-params intra-refresh=1:keyint=10", LiveMatroska),
            ("all key frames", "320x240", "-g 1 -profile:v high", FragmentedMp4),
            ("coarse", "320x240", "-qp 48 -bf 2", Matroska),
            ("fine", "320x240", "-qp 3 -profile:v high", Matroska),
            ("no loop filter", "320x240", "-x264-params no-deblock=1", LiveMatroska),
            ("strong loop filter", "320x240", "-x264-params deblock=6,6", Mp4),
            ("quantisation matrices", "320x240", "-profile:v high -x264-params cqm=jvt", Matroska),
            ("temporal direct prediction", "320x240", "-bf 3 -direct-pred temporal -profile:v high", Matroska),
            ("interlaced", "320x240", "-x264-params tff=1 -flags +ildct+ilme", Matroska),
            ("sixteen references, eight B frames", "320x240", "-bf 8 -refs 16 -x264-params b-pyramid=normal:b-adapt=0", Mp4),
            ("times that begin later", "320x240", "-bf 2 -vf setpts=PTS+3/TB -copyts", Mp4),
            (
                "access unit delimiters and timing",
                "320x240",
                "-x264-params aud=1:nal-hrd=vbr:vbv-maxrate=2000:vbv-bufsize=2000 -bf 2",
                LiveMatroska,
            ),
        ],
    );
}

#[test]
fn h264_of_every_range() {
    for (pixels, size, flags, full) in [
        ("yuvj420p", "640x480", "-colorspace bt709 -color_primaries bt709 -color_trc bt709", true),
        ("yuvj420p", "320x240", "-bf 2", true),
        ("yuv420p", "1280x720", "-colorspace bt709 -color_range tv", false),
        ("yuv420p", "320x240", "", false),
    ] {
        for packing in [LiveMatroska, FragmentedMp4] {
            let name = format!("{pixels} {size} {flags} {packing:?}");
            let frames = check(&name, &clip(size, &format!("-c:v libx264 -preset veryfast -pix_fmt {pixels} {flags}"), packing));
            // The bytes are the same whatever they mean; white tells what they were taken for.
            let white = frames.first().unwrap().luma_of_white();
            assert!((white - if full { 255.0 } else { 235.0 }).abs() < 0.5, "{name}: {white}");
        }
    }
}
