//! Analyses every capture in a folder and prints what was found and what it took:
//! `cargo run --release -p prooflight-vision --example analyse -- tests/data/captures [--cues]`.
#![expect(clippy::print_stdout, clippy::expect_used, clippy::indexing_slicing, reason = "a developer's tool")]

#[path = "../tests/engine/captures.rs"]
mod captures;

use captures::Capture;
use prooflight_vision::{Analysis, Models};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("usage: analyse FOLDER [--cues]");
    let with_cues = arguments.next().is_some();
    let began = Instant::now();
    let models = Arc::new(Models::load().expect("the networks load"));
    println!("networks loaded in {:.0} ms", ms(began.elapsed()));
    println!("{:<22} {:>10} {:>7} {:>9} {:>10} {:>9}", "session", "confidence", "frames", "push ms", "last push", "finish ms");
    let mut names: Vec<_> = std::fs::read_dir(&folder).expect("a folder of captures").flatten().collect();
    names.retain(|entry| entry.path().is_dir());
    names.sort_by_key(std::fs::DirEntry::file_name);
    for name in names.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let capture = Capture::load(folder.as_ref(), &name);
        let mut analysis = Analysis::new(Arc::clone(&models), capture.challenge.clone(), 4);
        let (mut pushing, mut last) = (Duration::ZERO, Duration::ZERO);
        for chunk in capture.chunks() {
            let began = Instant::now();
            analysis.push(chunk).expect("a capture decodes");
            last = began.elapsed();
            pushing += last;
        }
        let began = Instant::now();
        let findings = analysis.finish(&capture.account, 1).expect("a capture is judged");
        let finish = began.elapsed();
        println!(
            "{:<22} {:>10.1} {:>7} {:>9.0} {:>10.0} {:>9.0}  {:?}",
            name,
            findings.confidence,
            findings.frames,
            ms(pushing),
            ms(last),
            ms(finish),
            findings.feedback
        );
        if with_cues {
            for cue in &findings.cues {
                println!("    {:<22} {:>8.3}  {:.3}", cue.name, cue.value, cue.likelihood);
            }
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
