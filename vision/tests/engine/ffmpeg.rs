//! ffmpeg as the oracle of decoding and as the maker of test videos. It is part of the project's set-up for tests.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs ffmpeg with `input` on its standard input and returns its standard output.
pub(crate) fn ffmpeg(arguments: &[&str], input: Vec<u8>) -> Vec<u8> {
    run("ffmpeg", &[&["-v", "error", "-nostdin"], arguments].concat(), input)
}

/// How many frames ffprobe decodes from a video.
pub(crate) fn count_frames(video: &[u8]) -> u32 {
    let arguments = [
        "-v",
        "error",
        "-count_frames",
        "-select_streams",
        "v",
        "-show_entries",
        "stream=nb_read_frames",
        "-of",
        "csv=p=0",
        "-i",
        "pipe:0",
    ];
    let count = run("ffprobe", &arguments, video.to_vec());
    String::from_utf8(count).expect("a number").trim().trim_end_matches(',').parse().expect("a number")
}

/// Puts a recording into a fragmented MP4 without encoding it again.
pub(crate) fn into_fragmented_mp4(video: &[u8]) -> Vec<u8> {
    let arguments = ["-i", "pipe:0", "-c", "copy", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "pipe:1"];
    ffmpeg(&arguments, video.to_vec())
}

/// Puts a recording into a WebM file that can be searched: its head points at an index at its end.
pub(crate) fn into_searchable_webm(video: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("searchable.webm");
    let path = file.to_str().expect("a path in UTF-8");
    // The index and the pointer to it are written by going back, which a pipe cannot.
    ffmpeg(&["-i", "pipe:0", "-c", "copy", "-f", "webm", path], video.to_vec());
    std::fs::read(file).expect("the file was written")
}

fn run(program: &str, arguments: &[&str], input: Vec<u8>) -> Vec<u8> {
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{program} is needed by these tests (Debian: apt-get install ffmpeg): {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    // Written from a thread of its own: ffmpeg answers before it has read everything. It may also stop reading early.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
