//! `prooflight-simulate`: reads the command line, runs one check, and prints what came of it.

use prooflight_simulator::client::options::{Command, HELP, Options, parse};
use prooflight_simulator::client::{Outcome, chain, check};
use prooflight_simulator::presenter::Presenter;
use std::io::{Error, Write, stderr, stdout};
use std::process::ExitCode;

/// There is no outcome.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let options = match parse(std::env::args_os().skip(1), fastrand::u64(..)) {
        Ok(Command::Help) => return say(&format!("{HELP}{}", presenters()), true),
        Ok(Command::Version) => return say(concat!("prooflight-simulate ", env!("CARGO_PKG_VERSION"), "\n"), true),
        Ok(Command::Check(options)) => options,
        Err(error) => return fail(&format!("{error}; --help lists the options")),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("nothing to run on: {error}")),
    };
    match runtime.block_on(check(&options)) {
        Ok(outcome) => say(&told(&options, &outcome), outcome.is_approved()),
        Err(error) => fail(&chain(&error)),
    }
}

fn presenters() -> String {
    let line = |presenter: &Presenter| format!("  {presenter:<18} {}", presenter.what());
    Presenter::ALL.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn told(options: &Options, outcome: &Outcome) -> String {
    if options.json {
        return serde_json::to_string(outcome).unwrap_or_default() + "\n";
    }
    let Outcome { presenter, status, session, tips, seed, took_ms, .. } = outcome;
    let tips = if tips.is_empty() { String::new() } else { format!(", told {}", tips.join(" ")) };
    format!("{presenter}: the session {session}, the verification is {status}{tips} ({took_ms} ms, seed {seed})\n")
}

fn fail(line: &str) -> ExitCode {
    // Without a terminal to say it on, the exit code still tells.
    let _: Result<(), Error> = writeln!(stderr(), "prooflight-simulate: {line}");
    ExitCode::from(FAILED)
}

fn say(text: &str, good: bool) -> ExitCode {
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Ok(()) if good => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(_) => ExitCode::from(FAILED),
    }
}
