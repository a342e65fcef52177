//! Analyses every capture in a folder and prints what was found and what it took:
//! `cargo run --release -p prooflight-vision --example analyse -- tests/data/captures [--cues]`.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a developer's tool")]

#[path = "../tests/engine/captures.rs"]
mod captures;

use captures::Capture;
use prooflight_vision::{Analysis, Models};
use std::sync::Arc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("usage: analyse FOLDER [--cues]");
    let with_cues = arguments.next().is_some();
    let began = cpu();
    let models = Arc::new(Models::load().expect("the networks load"));
    println!("networks loaded in {} ms; all times are of the CPU", (cpu() - began));
    println!("{:<22} {:>10} {:>7} {:>9} {:>10} {:>9}", "session", "confidence", "frames", "push ms", "last push", "finish ms");
    let mut names: Vec<_> = std::fs::read_dir(&folder).expect("a folder of captures").flatten().collect();
    names.retain(|entry| entry.path().is_dir());
    names.sort_by_key(std::fs::DirEntry::file_name);
    for name in names.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let capture = Capture::load(folder.as_ref(), &name);
        let mut analysis = Analysis::new(Arc::clone(&models), capture.challenge.clone(), 4);
        let (mut pushing, mut last) = (0, 0);
        for chunk in capture.chunks().into_iter().filter(|chunk| !chunk.is_empty()) {
            let began = cpu();
            analysis.push(chunk).expect("a capture decodes");
            last = cpu() - began;
            pushing += last;
        }
        let began = cpu();
        let findings = analysis.finish(&capture.account, 1).expect("a capture is judged");
        let finish = cpu() - began;
        println!(
            "{:<22} {:>10.1} {:>7} {:>9} {:>10} {:>9}  {:?}",
            name, findings.confidence, findings.frames, pushing, last, finish, findings.feedback
        );
        if with_cues {
            for cue in &findings.cues {
                println!("    {:<20} {:.3}  {}", cue.name, cue.contribution(), cue.explanation);
            }
        }
    }
}

/// The milliseconds that this process has had of the CPU, by the kernel's count of hundredths of a second; zero where there is no `/proc`.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}
