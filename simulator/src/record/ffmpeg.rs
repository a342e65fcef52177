//! The encoders that browsers use, by way of the ffmpeg program: libvpx in real-time mode as Chromium runs it, and H.264 as cameras send it.

use super::Packet;
use crate::scene::Picture;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Why ffmpeg gave no video.
#[derive(Debug, thiserror::Error)]
pub enum FfmpegError {
    /// It is not there, or broke off.
    #[error("ffmpeg cannot be run")]
    Run(#[from] std::io::Error),
    /// It said no, or gave something else than as many pictures as it got.
    #[error("ffmpeg did not encode the pictures: {0}")]
    Failed(String),
}

pub(super) fn libvpx(pictures: &[Picture], rate: f32, kilobits: u32) -> Result<Vec<Packet>, FfmpegError> {
    let bits = format!("{kilobits}k");
    let codec = [
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-cpu-used",
        "16",
        "-threads",
        "1",
        "-lag-in-frames",
        "0",
        "-b:v",
        &bits,
        "-f",
        "ivf",
        "pipe:1",
    ];
    let packets = ivf_packets(&run(pictures, rate, &codec)?);
    checked(pictures, packets)
}

pub(super) fn x264(pictures: &[Picture], rate: f32, kilobits: u32) -> Result<Vec<Packet>, FfmpegError> {
    let bits = format!("{kilobits}k");
    let codec =
        ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-threads", "1", "-b:v", &bits];
    let stream = ["-x264-params", "sliced-threads=0:aud=1", "-f", "h264", "pipe:1"];
    let packets = annex_b_packets(&run(pictures, rate, &[&codec[..], &stream[..]].concat())?);
    checked(pictures, packets)
}

fn checked(pictures: &[Picture], packets: Vec<Packet>) -> Result<Vec<Packet>, FfmpegError> {
    if packets.len() == pictures.len() {
        Ok(packets)
    } else {
        Err(FfmpegError::Failed(format!("{} packets for {} pictures", packets.len(), pictures.len())))
    }
}

fn run(pictures: &[Picture], rate: f32, codec: &[&str]) -> Result<Vec<u8>, FfmpegError> {
    let Some(first) = pictures.first() else { return Ok(Vec::new()) };
    let (size, rate) = (format!("{}x{}", first.width, first.height), rate.to_string());
    let mut child = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            "-s",
            &size,
            "-r",
            &rate,
            "-i",
            "pipe:0",
            "-fps_mode",
            "passthrough",
        ])
        .args(codec)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let encoded = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut encoded = Vec::new();
            output.map(|mut output| output.read_to_end(&mut encoded)).transpose().map(|_| encoded)
        });
        // When it stops early, its own words say why.
        let _ = input.map(|mut input| {
            pictures
                .iter()
                .try_for_each(|picture| [&picture.y, &picture.u, &picture.v].into_iter().try_for_each(|plane| input.write_all(plane)))
        });
        reading.join().unwrap_or_else(|_| Ok(Vec::new()))
    })?;
    let done = child.wait_with_output()?;
    if done.status.success() { Ok(encoded) } else { Err(FfmpegError::Failed(String::from_utf8_lossy(&done.stderr).trim().to_owned())) }
}

/// The packets of an IVF file: a header of 32 bytes, then length, time and data of each.
fn ivf_packets(file: &[u8]) -> Vec<Packet> {
    let mut rest = file.get(32..).unwrap_or_default();
    let mut packets = Vec::new();
    while let Some((header, after)) = rest.split_at_checked(12) {
        let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let Some((data, next)) = after.split_at_checked(length) else { break };
        // The lowest bit of a VP8 frame is clear in a key frame (RFC 6386, section 9.1).
        packets.push(Packet { key: data.first().is_some_and(|byte| byte & 1 == 0), data: data.to_vec() });
        rest = next;
    }
    packets
}

/// The access units of an Annex B stream, each of which begins with a delimiter.
fn annex_b_packets(stream: &[u8]) -> Vec<Packet> {
    const DELIMITER: [u8; 5] = [0, 0, 0, 1, 9];
    let starts: Vec<usize> =
        stream.windows(DELIMITER.len()).enumerate().filter(|(_, window)| *window == DELIMITER).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    let unit = |(&start, end): (&usize, usize)| {
        let data = stream[start..end].to_vec();
        // A unit of type 7 is a sequence parameter set, which only a key frame has.
        let key = data.windows(4).any(|window| window[..3] == [0, 0, 1] && window[3] & 0x1F == 7);
        Packet { key, data }
    };
    starts.iter().zip(ends).map(unit).collect()
}
