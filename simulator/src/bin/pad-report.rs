//! `prooflight-pad-report`: makes clips of simulated presentations, lets the local engine judge them, and writes the report.
#![expect(clippy::cast_precision_loss, reason = "a few thousand clips")]

use lexopt::{Arg, Parser, ValueExt};
use prooflight_simulator::client::chain;
use prooflight_simulator::clip::EDITION;
use prooflight_simulator::pad::jobs::{Named, jobs, run};
use prooflight_simulator::pad::measure::Measured;
use prooflight_simulator::pad::report::report;
use prooflight_simulator::portrait::Portrait;
use prooflight_vision::{Models, PortraitModels};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Instant;

const HELP: &str = "\
Usage: prooflight-pad-report --portraits DIR [OPTIONS]
       prooflight-pad-report --from FILE [--docs DIR]

  --portraits DIR    frontal portraits, JPEG or PNG, one person each; at least two
  --clips N          how many clips in all (default 1000)
  --first-seed N     where seeds begin (default 1000000)
  --keep DIR         where rendered clips are kept (default target/pad)
  --docs DIR         where PAD-REPORT.md and its images go (default docs)
  --from FILE        write the report over such lines again, without rendering or judging anything
  --values FILE      every clip's conditions and cues as JSON lines, for those who set weights
";

struct Options {
    portraits: PathBuf,
    clips: usize,
    first_seed: u64,
    keep: PathBuf,
    docs: PathBuf,
    values: Option<PathBuf>,
    from: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = parse().and_then(|options| options.map_or_else(|| say(HELP), |options| write_report(&options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _: Result<(), Box<dyn Error>> = say(&format!("prooflight-pad-report: {}\n", chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Option<Options>, Box<dyn Error>> {
    let mut parser = Parser::from_env();
    let mut portraits = None;
    let mut options = Options {
        portraits: PathBuf::new(),
        clips: 1000,
        first_seed: 1_000_000,
        keep: "target/pad".into(),
        docs: "docs".into(),
        values: None,
        from: None,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("portraits") => portraits = Some(PathBuf::from(parser.value()?)),
            Arg::Long("clips") => options.clips = parser.value()?.parse()?,
            Arg::Long("first-seed") => options.first_seed = parser.value()?.parse()?,
            Arg::Long("keep") => options.keep = parser.value()?.into(),
            Arg::Long("docs") => options.docs = parser.value()?.into(),
            Arg::Long("from") => options.from = Some(parser.value()?.into()),
            Arg::Long("values") => options.values = Some(parser.value()?.into()),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.from.is_none() {
        options.portraits = portraits.ok_or("--portraits DIR is missing; --help lists the options")?;
    }
    Ok(Some(options))
}

/// What the report is of, and how that was made.
#[derive(Serialize, Deserialize)]
struct Kept {
    made: String,
}

fn write_report(options: &Options) -> Result<(), Box<dyn Error>> {
    let (Kept { made }, measured) = match &options.from {
        Some(path) => read_values(path)?,
        None => measured(options)?,
    };
    std::fs::create_dir_all(options.docs.join("images"))?;
    let written = report(&measured, &made);
    std::fs::write(options.docs.join("PAD-REPORT.md"), written.text)?;
    for (name, svg) in written.plots {
        std::fs::write(options.docs.join("images").join(name), svg)?;
    }
    Ok(())
}

fn measured(options: &Options) -> Result<(Kept, Vec<Measured>), Box<dyn Error>> {
    let models = Arc::new(Models::load()?);
    let portraits = read_portraits(&options.portraits, &models)?;
    let with_ffmpeg =
        Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    std::fs::create_dir_all(&options.keep)?;
    let jobs = jobs(options.clips, portraits.len(), options.first_seed);
    let began = Instant::now();
    let told = |done: usize| {
        if done.is_multiple_of(10) || done == jobs.len() {
            let left = began.elapsed().as_secs_f64() / done as f64 * (jobs.len() - done) as f64;
            // Nobody may be watching.
            let _: Result<(), Box<dyn Error>> = say(&format!("{done} of {} clips, {:.0} minutes left\n", jobs.len(), (left / 60.0).ceil()));
        }
    };
    let measured = run(&jobs, &portraits, &models, &options.keep, with_ffmpeg, told)?;
    let encoders =
        if with_ffmpeg { "VP8 by libvpx (seven in ten) and H.264 by libx264" } else { "VP8 in this process only, as ffmpeg was not there" };
    let made = format!(
        "Made by `make pad-report` from {} portraits: {} clips, seeds from {}, edition {EDITION} of the simulator. Encoded as {encoders}. Light, screens, skin tones, cameras, \
         distances, frame rates and how things are held vary from clip to clip; `simulator/src/conditions.rs` says how.\n",
        portraits.len(),
        measured.len(),
        options.first_seed
    );
    let kept = Kept { made };
    if let Some(path) = &options.values {
        write_values(path, &kept, &measured)?;
    }
    Ok((kept, measured))
}

fn read_portraits(folder: &Path, models: &Arc<Models>) -> Result<Vec<Named>, Box<dyn Error>> {
    let models = PortraitModels::load(Arc::clone(models))?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| {
        path.extension().is_some_and(|extension| ["jpg", "jpeg", "png"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
    });
    files.sort();
    let mut portraits = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match Portrait::read(&models, &std::fs::read(&path)?) {
            Ok(portrait) => portraits.push(Named { name, portrait }),
            Err(error) => say(&format!("{} is left out: {error}\n", path.display()))?,
        }
    }
    if portraits.len() < 2 { Err("there have to be at least two portraits".into()) } else { Ok(portraits) }
}

/// How they were made on the first line, then each clip.
fn write_values(path: &Path, kept: &Kept, measured: &[Measured]) -> Result<(), Box<dyn Error>> {
    let mut lines = format!("{}\n", serde_json::to_string(kept)?);
    for one in measured {
        lines.push_str(&serde_json::to_string(one)?);
        lines.push('\n');
    }
    Ok(std::fs::write(path, lines)?)
}

fn read_values(path: &Path) -> Result<(Kept, Vec<Measured>), Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let kept = serde_json::from_str(lines.next().ok_or("there are no values")?)?;
    let measured = lines.map(serde_json::from_str).collect::<Result<Vec<Measured>, _>>()?;
    Ok((kept, measured))
}

fn say(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(stderr().write_all(text.as_bytes())?)
}
