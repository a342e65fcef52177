//! The binary itself: one clear line and an exit code for what is wrong, the addresses, and an orderly end by a signal.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_prooflight-local"))
}

#[test]
fn what_is_wrong_is_one_line_and_an_exit_code() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let file = file.path().to_str().expect("a path");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--https-port", &port, "--aws-port", "0", "--ephemeral"], 1, "is in use; choose another with --https-port"),
        (&["--https-port", "0", "--aws-port", &port, "--ephemeral"], 1, "is in use; choose another with --aws-port"),
        (&["--https-port", "0", "--aws-port", "0", "--data-dir", file], 1, "cannot be used"),
        (&["--nonsense"], 2, "--nonsense"),
        (&["--ephemeral", "--log", "=="], 2, "log filter"),
    ];
    for (arguments, code, named) in cases {
        let output = binary().args(arguments).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with("prooflight-local: ") && said.contains(named) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn it_says_where_it_is_and_ends_when_asked_to() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (data, ready) = (scratch.path().join("data"), scratch.path().join("ready.json"));
    for signal in ["-INT", "-TERM"] {
        let mut running = binary()
            .args(["--https-port", "0", "--aws-port", "0", "--data-dir"])
            .arg(&data)
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(running.stdout.take().expect("its output")).lines();
        let said: Vec<String> = lines.map(|line| line.expect("a line")).take_while(|line| !line.contains("Ctrl-C")).collect();
        let ports: Value = serde_json::from_slice(&std::fs::read(&ready).expect("it is ready")).expect("JSON");
        let (https, aws) = (&ports["https"], &ports["aws"]);
        for address in [
            format!("https://localhost:{https}/"),
            format!("https://localhost:{https}/api/"),
            format!("wss://localhost:{https}/start-face-liveness-session-websocket"),
            format!("http://127.0.0.1:{aws}"),
        ] {
            assert!(said.iter().any(|line| line.contains(&address)), "{address}: {said:?}");
        }
        let sent = Command::new("kill").args([signal, &running.id().to_string()]).status().expect("a signal");
        assert!(sent.success());
        assert_eq!(running.wait().expect("it ends").code(), Some(0), "{signal}");
    }
}
