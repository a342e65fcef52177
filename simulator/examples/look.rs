//! Makes clips to be looked at, and says what the engine says of them:
//! `cargo run -p prooflight-simulator --example look -- PORTRAITS COUNT FIRST_SEED OUT [PRESENTER...]`.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a developer's tool")]

use prooflight_simulator::clip::Clip;
use prooflight_simulator::pad::measure::measure;
use prooflight_simulator::portrait::Portrait;
use prooflight_simulator::presenter::Presenter;
use prooflight_vision::{Models, PortraitModels};
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, count, first, out) = (&arguments[0], arguments[1].parse::<u64>().unwrap(), arguments[2].parse::<u64>().unwrap(), &arguments[3]);
    let presenters: Vec<Presenter> = match &arguments[4..] {
        [] => Presenter::ALL.to_vec(),
        some => some.iter().map(|name| name.parse().unwrap()).collect(),
    };
    let models = Arc::new(Models::load().unwrap());
    let portrait_models = PortraitModels::load(Arc::clone(&models)).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let portraits: Vec<(String, Portrait)> = files
        .iter()
        .filter_map(|path| {
            let read = Portrait::read(&portrait_models, &std::fs::read(path).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            read.inspect_err(|error| println!("{name}: {error}")).ok().map(|portrait| (name, portrait))
        })
        .collect();
    std::fs::create_dir_all(out).unwrap();
    for presenter in presenters {
        for number in 0..count {
            let seed = first + number;
            let (name, portrait) = &portraits[seed as usize % portraits.len()];
            let other = &portraits[(seed as usize + 5) % portraits.len()].1;
            let began = Instant::now();
            let clip = Clip::make(presenter, portrait, other, seed, true).unwrap();
            let made = began.elapsed().as_millis();
            let measured = measure(&models, presenter, name, seed, &clip);
            let all = began.elapsed().as_millis();
            let cue = |name: &str| measured.cues.get(name).map_or_else(|| "-".to_owned(), |[value, likelihood]| format!("{value:.3}/{likelihood:.2}"));
            println!(
                "{presenter:<14} {seed:>4} {name} {:>5.1} {}x{} {:>2}fps lux {:>4.0} share {:.2} cor {} gain {} ord {} riv {} con {} par {} oval {} grow {} made {made} ms, judged {} ms {:?} {}",
                measured.confidence.unwrap_or(-1.0), clip.conditions.width, clip.conditions.height, clip.conditions.rate, clip.conditions.lux,
                measured.screen_share, cue("light.correlation"), cue("light.gain"), cue("light.order"), cue("light.rivals"), cue("light.contrast"),
                cue("parallax.planar"), cue("movement.oval"), cue("movement.growth"), all - made, clip.encoder, measured.error.unwrap_or_default()
            );
            if out != "-" {
                std::fs::write(format!("{out}/{presenter}-{seed}.webm"), clip.chunks.concat()).unwrap();
            }
        }
    }
}
