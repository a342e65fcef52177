//! `prooflight-local`: reads the command line, starts an instance, says where it is, and stops it in good order.

use prooflight_local::options::{Command, HELP, Options, parse};
use prooflight_local::{Local, StartError};
use prooflight_shared::error_chain::ErrorChain;
use std::io::{Error, Write, stderr, stdout};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The command line is wrong: nothing was started.
const USAGE: u8 = 2;

#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
fn main() -> ExitCode {
    let command = match parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => return fail(USAGE, &format!("{error}; --help lists the options")),
    };
    let (options, log) = match command {
        Command::Help => return say(HELP),
        Command::Version => return say(concat!("prooflight-local ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Serve(options, log) => (*options, log),
    };
    let log = log.or_else(|| std::env::var("PROOFLIGHT_LOG").ok()).unwrap_or_else(|| "warn".to_owned());
    // The SDK traces what it sends, session ids and tokens among it: `trace` means ours, not that.
    let quiet = "aws_smithy_runtime=info,aws_smithy_runtime_api=info,aws_sdk_rekognition=info,aws_sigv4=info,aws_runtime=info,hyper=info,hyper_util=info,s3s=info,h2=info";
    let filter = match EnvFilter::try_new(format!("{log},{quiet}")) {
        Ok(filter) => filter,
        Err(error) => return fail(USAGE, &format!("the log filter {log:?} cannot be used: {error}")),
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &format!("no threads to run on: {error}")),
    };
    runtime.block_on(run(options))
}

async fn run(options: Options) -> ExitCode {
    let (mut interrupted, mut terminated) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(interrupted), Ok(terminated)) => (interrupted, terminated),
        (Err(error), _) | (_, Err(error)) => return fail(1, &format!("signals cannot be waited for: {error}")),
    };
    let kept = options.data_dir.clone();
    let local = match Local::start(options).await {
        Ok(local) => local,
        Err(error) => return refuse(&error),
    };
    let (https, aws) = (local.https_port(), local.aws_port());
    let kept = kept.map_or_else(|| "Nothing is kept.".to_owned(), |folder| format!("Data are kept in {}.", folder.display()));
    let greeting = format!(
        "Prooflight is running.\n\
         \n  page    https://localhost:{https}/ (the certificate is self-signed: a browser asks once)\
         \n  API     https://localhost:{https}/api/\
         \n  stream  wss://localhost:{https}/start-face-liveness-session-websocket\
         \n  AWS     http://127.0.0.1:{aws} (access key local, secret local-secret)\
         \n\n{kept} Ctrl-C stops.\n"
    );
    // Nobody may be reading; it serves all the same.
    let _unread = say(&greeting);
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    local.shutdown().await;
    ExitCode::SUCCESS
}

fn refuse(error: &StartError) -> ExitCode {
    fail(1, &ErrorChain(error).to_string())
}

fn fail(code: u8, line: &str) -> ExitCode {
    // Without a terminal to say it on, the exit code still tells.
    let _: Result<(), Error> = writeln!(stderr(), "prooflight-local: {line}");
    ExitCode::from(code)
}

fn say(text: &str) -> ExitCode {
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
