//! `prooflight`: reads the command line, does what it says, and prints what came of it.

use prooflight_cli::options::{Command, HELP, parse};
use prooflight_shared::error_chain::ErrorChain;
use std::io::{Error, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::SystemTime;

/// The command line is wrong, or the doctor could not look: nothing was done.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => return say(HELP, true),
        Ok(Command::Version) => return say(concat!("prooflight ", env!("CARGO_PKG_VERSION"), "\n"), true),
        Ok(command) => command,
        Err(error) => return fail(USAGE, &format!("{error}; --help lists the options")),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &format!("nothing to run on: {error}")),
    };
    let (came, failed) = match command {
        Command::Replay(options) => (runtime.block_on(prooflight_cli::replay(&options, process_variable)), 1),
        Command::Doctor(options) => (runtime.block_on(prooflight_cli::doctor::doctor(&options, process_variable, now())), USAGE),
        Command::Verify(options) => (runtime.block_on(prooflight_cli::verify(&options, process_variable)), USAGE),
        Command::Help | Command::Version => return ExitCode::SUCCESS,
    };
    match came {
        Ok(report) => say(&report.text, report.sound),
        Err(error) => fail(failed, &ErrorChain(&error).to_string()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn fail(code: u8, line: &str) -> ExitCode {
    // Without a terminal to say it on, the exit code still tells.
    let _: Result<(), Error> = writeln!(stderr(), "prooflight: {line}");
    ExitCode::from(code)
}

fn say(text: &str, sound: bool) -> ExitCode {
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Ok(()) if sound => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
