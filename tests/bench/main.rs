//! `make bench`: how long things take, on this machine, in one run. Quote the ratios; the milliseconds are this machine's. Without words
//! everything is measured; `cargo bench ... -- crowd cleanup` measures what is named: starts, functions, crowd, cleanup.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "a measurement fails by panicking")]
#![expect(dead_code, reason = "the world of the system tests has more in it than is measured")]

#[path = "../system/calls.rs"]
mod calls;
mod cleanup;
#[path = "../system/contract.rs"]
mod contract;
mod crowd;
#[path = "../system/harmless.rs"]
mod harmless;
#[path = "../system/meter.rs"]
mod meter;
#[path = "../system/proxy.rs"]
mod proxy;
#[path = "../system/signing.rs"]
mod signing;
#[path = "../system/stored.rs"]
mod stored;
#[path = "../system/tripwire.rs"]
mod tripwire;
#[path = "../system/world.rs"]
mod world;

use serde_json::json;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use world::{World, ids};

const ROUNDS: usize = 200;

#[tokio::main]
async fn main() {
    // Cargo adds a flag of its own.
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|word| word == name);
    if wanted("starts") {
        println!("\nprooflight-local, from start to its ready file (certificate and data present), {STARTS} starts");
        report("ready", &mut starts());
    }
    if wanted("functions") {
        functions().await;
    }
    if wanted("crowd") {
        crowd::measure().await;
    }
    if wanted("cleanup") {
        cleanup::measure().await;
    }
}

async fn functions() {
    println!("\nThe functions on the local stack, warm, over HTTPS with one connection, {ROUNDS} rounds");
    let world = World::start().await;
    let (mut create, mut complete, mut get, mut floor) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + 20 {
        // Nobody may ask for more than ten sessions an hour.
        let alice = world.user(&format!("alice-{}", round / 10)).await;
        let began = Instant::now();
        let nothing = alice.get("nonsense").await;
        let floor_took = began.elapsed();
        assert_eq!(nothing.status, 404);

        let began = Instant::now();
        let opened = alice.open(&json!({}), None).await;
        let create_took = began.elapsed();
        let (id, session_id) = ids(&opened.expect(201));
        world.succeeded(&session_id, 97.0).await;

        let began = Instant::now();
        let done = alice.complete(&id, &session_id).await;
        let complete_took = began.elapsed();
        assert_eq!(done.expect(200)["status"], "approved");

        let began = Instant::now();
        alice.get(&id).await.expect(200);
        let get_took = began.elapsed();
        // The first rounds open connections.
        if round >= 20 {
            create.push(create_took);
            complete.push(complete_took);
            get.push(get_took);
            floor.push(floor_took);
        }
    }
    let least = report("floor (gateway alone)", &mut floor);
    for (name, times) in [("create", &mut create), ("complete", &mut complete), ("get", &mut get)] {
        let median = report(name, times);
        println!("{:>48.1} x the floor", median / least);
    }
    world.stop().await;
}

const STARTS: usize = 10;

/// Starts the binary again and again on one data folder.
fn starts() -> Vec<Duration> {
    let binary = std::env::var_os("PROOFLIGHT_LOCAL").unwrap_or_else(|| panic!("PROOFLIGHT_LOCAL names the binary to start"));
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut times = Vec::new();
    for round in 0..=STARTS {
        let _ = std::fs::remove_file(&ready);
        let began = Instant::now();
        let mut running = Command::new(&binary)
            .args(["--https-port", "0", "--aws-port", "0", "--ready-file"])
            .arg(&ready)
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !ready.exists() {
            assert!(began.elapsed() < Duration::from_secs(20), "it never got ready");
            std::thread::sleep(Duration::from_micros(200));
        }
        let took = began.elapsed();
        // The first start makes the certificate and the table.
        if round > 0 {
            times.push(took);
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }
    times
}

/// Prints the median and the slowest of twenty; returns the median in milliseconds.
fn report(name: &str, times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let median = ms(times[times.len() / 2]);
    println!("{name:<24} median {median:>7.2} ms   95th {:>7.2} ms", ms(times[times.len() * 95 / 100]));
    median
}
