//! Analyses every capture in a folder and prints what was found and what it took; then the same again as 640 by 480 pixels at 30 pictures a second, the
//! usual size, in both codecs (made with ffmpeg): a part of `make bench`; alone
//! `cargo run --release -p prooflight-vision --example analyse -- tests/data/captures [--cues]`, for any processor and not for this one.
#![expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a developer's tool")]

#[path = "../tests/engine/captures.rs"]
mod captures;
#[path = "../tests/engine/ffmpeg.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod ffmpeg;

use captures::Capture;
use prooflight_vision::{Account, Analysis, Challenge, Models, Size};
use std::path::Path;
use std::sync::Arc;

/// What a 6 s session may take, in milliseconds of the CPU.
const BUDGET: u64 = 1000;

/// A browser sends about one chunk a second.
const CHUNKS: usize = 6;

/// So often are the enlarged sessions analysed; the least time counts.
const RUNS: usize = 3;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("usage: analyse FOLDER [--cues]");
    let with_cues = arguments.next().is_some();
    let began = cpu();
    let models = Arc::new(Models::load().expect("the networks load"));
    println!("networks loaded in {} ms; all times are of the CPU", (cpu() - began));
    println!("{:<24} {:>10} {:>7} {:>8} {:>9} {:>7} {:>6}", "session", "confidence", "frames", "push ms", "last push", "finish", "all");
    let mut names: Vec<_> = std::fs::read_dir(&folder).expect("a folder of captures").flatten().collect();
    names.retain(|entry| entry.path().is_dir());
    names.sort_by_key(std::fs::DirEntry::file_name);
    for name in names.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let capture = Capture::load(folder.as_ref(), &name);
        analyse(&models, &name, capture.chunks(), &capture.challenge, &capture.account, with_cues);
    }
    let capture = Capture::load(folder.as_ref(), "light-live");
    let challenge = enlarged(&capture.challenge);
    // VP8 at the speed that its encoder comes to when it has time. Left to itself it would choose on a busy machine what is decoded in less.
    for (name, codec) in [
        ("640x480, 30/s, VP8", "-c:v libvpx -deadline realtime -cpu-used -4 -b:v 1M -f webm"),
        ("640x480, 30/s, H.264", "-c:v libx264 -profile:v baseline -preset veryfast -tune zerolatency -b:v 1M -f matroska"),
    ] {
        let video = recorded(&capture.video, codec);
        let run = || analyse(&models, name, video.chunks(video.len().div_ceil(CHUNKS)), &challenge, &capture.account, with_cues);
        // What else a machine does only adds to it.
        let least = (0..RUNS).map(|_| run()).min().unwrap_or(u64::MAX);
        println!("{:>24} {} % of the {BUDGET} ms that it may take", "", least * 100 / BUDGET);
    }
    println!("{:>24} {} MiB at most were in use", "", peak() / 1024);
}

/// Analyses a recording and prints a line; returns the milliseconds that it took.
fn analyse<'a>(
    models: &Arc<Models>,
    name: &str,
    chunks: impl IntoIterator<Item = &'a [u8]>,
    challenge: &Challenge,
    account: &Account,
    with_cues: bool,
) -> u64 {
    let mut analysis = Analysis::new(Arc::clone(models), challenge.clone(), 4);
    let (mut pushing, mut last) = (0, 0);
    for chunk in chunks.into_iter().filter(|chunk| !chunk.is_empty()) {
        let began = cpu();
        analysis.push(chunk).expect("a capture decodes");
        last = cpu() - began;
        pushing += last;
    }
    let began = cpu();
    let findings = analysis.finish(account, 1).unwrap_or_else(|error| panic!("{name} is judged: {error}"));
    let finish = cpu() - began;
    println!(
        "{name:<24} {:>10.1} {:>7} {pushing:>8} {last:>9} {finish:>7} {:>6}  {:?}",
        findings.confidence,
        findings.frames,
        pushing + finish,
        findings.feedback
    );
    if with_cues {
        for cue in &findings.cues {
            println!("    {:<20} {:.3}  {}", cue.name, cue.contribution(), cue.explanation);
        }
    }
    pushing + finish
}

/// The same session with a camera of 640 by 480 pixels.
fn enlarged(challenge: &Challenge) -> Challenge {
    let mut large = challenge.clone();
    let scale = 640.0 / 480.0;
    large.frame = Size { width: 640, height: 480 };
    for length in [&mut large.oval.width, &mut large.oval.height, &mut large.oval.center_x, &mut large.oval.center_y] {
        *length *= scale;
    }
    large
}

/// The recording as such a camera and a recorder would have made it, with a sensor's noise.
fn recorded(video: &[u8], codec: &str) -> Vec<u8> {
    let filter = ["-i", "pipe:0", "-vf", "scale=640:480,fps=30,noise=alls=6:allf=t", "-pix_fmt", "yuv420p"];
    let codec: Vec<&str> = codec.split_whitespace().collect();
    ffmpeg::ffmpeg(&[&filter[..], &codec, &["pipe:1"]].concat(), video.to_vec())
}

/// The milliseconds that this process has had of the CPU, by the kernel's count of hundredths of a second; zero where there is no `/proc`.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
