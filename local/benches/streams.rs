//! `make bench`: how long a person waits for the verdict after the last chunk of video, with one session and with eight at once. Each sends six seconds
//! of 640 by 480 pixels at 30 pictures a second as the component does, a chunk a second, and answers the colours that it was put.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement fails by panicking"
)]

#[path = "../tests/liveness/client.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod client;
#[path = "../../vision/tests/engine/ffmpeg.rs"]
#[expect(dead_code, reason = "the engine's tests use all of it")]
mod ffmpeg;
#[path = "../tests/liveness/world.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod world;

use client::{Client, Request, Said, now_ms};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use world::World;

const SESSIONS: usize = 8;
const KIND: &str = "FaceMovementAndLightChallenge";

/// Milliseconds from the last chunk to the verdict that are promised to one session alone.
const PROMISED_MS: u128 = 250;

#[tokio::main]
async fn main() {
    let capture = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures/light-live/video.webm")).unwrap();
    // At a fixed speed: left to itself the encoder would choose on a busy machine what is decoded in less.
    let made = "-i pipe:0 -vf scale=640:480,fps=30,noise=alls=6:allf=t -c:v libvpx -deadline realtime -cpu-used -4 -b:v 1M -f webm pipe:1";
    let video: Arc<[u8]> = ffmpeg::ffmpeg(&made.split(' ').collect::<Vec<_>>(), capture).into();
    let world = Arc::new(World::in_memory());
    let port = world.serve_stream().await;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);

    println!("\nThe liveness stream, 6 s of 640x480 at 30/s, a chunk a second; milliseconds from the last chunk to the verdict");
    // The first stream loads the networks.
    check(Arc::clone(&world), port, Arc::clone(&video)).await;
    let before = resident();
    let alone = check(Arc::clone(&world), port, Arc::clone(&video)).await;
    println!("one session                {:>6} ms of the {PROMISED_MS} that are promised", alone.as_millis());

    let running: Vec<_> = (0..SESSIONS).map(|_| tokio::spawn(check(Arc::clone(&world), port, Arc::clone(&video)))).collect();
    let mut waited = Vec::new();
    for session in running {
        waited.push(session.await.unwrap().as_millis());
    }
    waited.sort_unstable();
    println!(
        "{SESSIONS} sessions on {processors} processors, all finished; each waited {waited:?} ms, of which {} ms and less is its own work",
        alone.as_millis()
    );
    println!("memory grew by at most {} MiB a session", (peak().saturating_sub(before) / 1024).div_ceil(SESSIONS as u64));
}

/// A whole check; how long it took from the last chunk to the server's goodbye.
async fn check(world: Arc<World>, port: u16, video: Arc<[u8]>) -> Duration {
    let id = world.create().await;
    let mut request = Request::new(&id);
    request.query = request.query.replace("video-height=360&video-width=480", "video-height=480&video-width=640");
    let mut client = request.open(port).await;
    let challenge = client.challenge().await[KIND].clone();
    let began = now_ms();
    let face = json!({"Width": 0.22, "Height": 0.43, "Left": 0.39, "Top": 0.25});
    let initial = json!({"BoundingBox": face, "InitialFaceDetectedTimestamp": began});
    let chunks: Vec<&[u8]> = video.chunks(video.len().div_ceil(6)).collect();
    let mut start = json!({"ChallengeId": "c", "VideoStartTimestamp": began, "InitialFace": initial});
    for (number, chunk) in chunks.iter().enumerate() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if number + 1 < chunks.len() {
            client.video(chunk).await;
        }
        if number == 0 {
            client.account(KIND, std::mem::take(&mut start)).await;
        }
    }
    report_colours(&mut client, &challenge, began).await;
    let target = json!({
        "BoundingBox": face,
        "FaceDetectedInTargetPositionStartTimestamp": began + 1600, "FaceDetectedInTargetPositionEndTimestamp": began + 1600,
    });
    client.video(chunks.last().unwrap()).await;
    let delivered = Instant::now();
    let end = json!({"ChallengeId": "c", "VideoEndTimestamp": began + 6100, "InitialFace": initial, "TargetFace": target});
    client.account(KIND, end).await;
    client.video(b"").await;
    let goodbye = client.hear().await;
    assert!(matches!(&goodbye, Said::Event(name, _) if name == "DisconnectionEvent"), "{goodbye:?}");
    delivered.elapsed()
}

async fn report_colours(client: &mut Client, challenge: &Value, began: i64) {
    let mut previous = json!({"RGB": [0, 0, 0]});
    for (number, step) in (0_i64..).zip(challenge["ColorSequences"].as_array().unwrap()) {
        let current = json!({"RGB": step["FreshnessColor"]["RGB"]});
        let shown = json!({
            "CurrentColor": current, "PreviousColor": previous, "SequenceNumber": number,
            "CurrentColorStartTimestamp": began + 2600 + 480 * (number - 1).max(0),
        });
        client.account(KIND, json!({"ChallengeId": "c", "ColorDisplayed": shown})).await;
        previous = current;
    }
}

/// KiB that this process has in memory now, and the most that it had.
fn resident() -> u64 {
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
