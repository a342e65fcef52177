//! Whole instances: starting, standing side by side, stopping, starting again.

use crate::client::{ask, connect, help, token};
use prooflight_local::{Local, Options, StartError};
use serde_json::{Value, json};
use std::net::TcpListener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn kept_in(folder: &std::path::Path) -> Options {
    Options { data_dir: Some(folder.join("data")), ..Options::ephemeral() }
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_flag_that_helps() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    for (options, flag) in [
        (Options { https_port: port, ..Options::ephemeral() }, "--https-port"),
        (Options { aws_port: port, ..Options::ephemeral() }, "--aws-port"),
    ] {
        let error = Local::start(options).await.expect_err("the port is taken");
        assert_eq!(error.to_string(), format!("port {port} is in use; choose another with {flag}"));
    }
}

#[tokio::test]
async fn one_folder_has_one_instance_at_a_time() {
    let scratch = tempfile::tempdir().expect("a folder");
    let first = Local::start(kept_in(scratch.path())).await.expect("it starts");
    let error = Local::start(kept_in(scratch.path())).await.expect_err("the folder is in use");
    assert!(matches!(&error, StartError::Folder(_)) && error.to_string().contains("--data-dir"), "{error}");
    first.shutdown().await;
    Local::start(kept_in(scratch.path())).await.expect("the folder is free").shutdown().await;
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_used_is_one_clear_line() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let options = Options { data_dir: Some(file.path().to_owned()), ..Options::ephemeral() };
    let error = Local::start(options).await.expect_err("a file is no folder").to_string();
    assert!(error.contains("data folder") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn instances_stand_side_by_side() {
    let (one, two) = tokio::join!(Local::start(Options::ephemeral()), Local::start(Options::ephemeral()));
    let (one, two) = (one.expect("it starts"), two.expect("it starts"));
    help(&one, "clock", &json!({"advanceSeconds": 1000})).await;
    assert!((one.clock().now().as_second() - two.clock().now().as_second()) >= 990);
    // A token of the one is no token to the other.
    let token = token(&one, &json!({"subject": "u1"})).await;
    let headers = [("authorization", token.as_str())];
    assert_ne!(ask(&one, "GET", "/api/verifications/v1", &headers, "").await.status, 401);
    assert_eq!(ask(&two, "GET", "/api/verifications/v1", &headers, "").await.status, 401);
    one.shutdown().await;
    assert_eq!(ask(&two, "GET", "/config.json", &[], "").await.status, 200);
    two.shutdown().await;
}

#[tokio::test]
async fn a_restart_keeps_certificate_token_key_and_clock() {
    let scratch = tempfile::tempdir().expect("a folder");
    let first = Local::start(kept_in(scratch.path())).await.expect("it starts");
    let certificate = first.certificate_pem().to_owned();
    let token = token(&first, &json!({"subject": "u1"})).await;
    help(&first, "clock", &json!({"advanceSeconds": 5000})).await;
    let time = first.clock().now();
    first.shutdown().await;

    let second = Local::start(kept_in(scratch.path())).await.expect("it starts again");
    assert_eq!(second.certificate_pem(), certificate);
    assert!(second.clock().now() >= time);
    let headers = [("authorization", token.as_str())];
    assert_ne!(ask(&second, "GET", "/api/verifications/v1", &headers, "").await.status, 401);
    second.shutdown().await;
}

#[tokio::test]
async fn the_ready_file_names_the_ports_and_is_never_a_stale_one() {
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("ready.json");
    std::fs::write(&file, r#"{"https":1,"aws":1}"#).expect("a file");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken_port = taken.local_addr().expect("an address").port();
    let options = Options { https_port: taken_port, ready_file: Some(file.clone()), ..Options::ephemeral() };
    Local::start(options).await.expect_err("the port is taken");
    assert!(!file.exists(), "an instance that does not serve must not seem ready");

    let local = Local::start(Options { ready_file: Some(file.clone()), ..Options::ephemeral() }).await.expect("it starts");
    let ready: Value = serde_json::from_slice(&std::fs::read(&file).expect("it is there")).expect("JSON");
    assert_eq!(ready, json!({"https": local.https_port(), "aws": local.aws_port()}));
    local.shutdown().await;

    let nowhere = Options { ready_file: Some(scratch.path().join("no/such/folder")), ..Options::ephemeral() };
    let error = Local::start(nowhere).await.expect_err("it cannot say that it is ready");
    assert!(matches!(error, StartError::ReadyFile { .. }), "{error}");
}

#[tokio::test]
async fn stopping_cuts_what_stays_open() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let (port, certificate) = (local.https_port(), local.certificate_pem().to_owned());
    let mut idle = connect(port, &certificate).await;
    let mut upgraded = connect(port, &certificate).await;
    let request = format!(
        "GET /start-face-liveness-session-websocket HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    upgraded.write_all(request.as_bytes()).await.expect("written");
    let mut head = [0; 12];
    upgraded.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 101");
    local.shutdown().await;
    for stream in [&mut idle, &mut upgraded] {
        // Whatever was still under way may arrive; then the connection ends, with or without a word of TLS.
        let mut rest = Vec::new();
        let _ended = stream.read_to_end(&mut rest).await;
    }
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect_err("nobody listens any more");
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    for padding in [vec![("x-padding".to_owned(), "x".repeat(40_000))], (0..200).map(|n| (format!("x-{n}"), "x".to_owned())).collect()] {
        let headers: Vec<(&str, &str)> = padding.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(ask(&local, "GET", "/config.json", &headers, "").await.status, 431);
    }
    assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    local.shutdown().await;
}

#[tokio::test]
async fn eleven_megabytes_are_answered_with_413() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let token = token(&local, &json!({"subject": "u1"})).await;
    let answer = ask(&local, "POST", "/api/verifications", &[("authorization", &token)], vec![b' '; 11 * 1024 * 1024]).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (413, r#"{"message":"Request Entity Too Large"}"#));
    local.shutdown().await;
}
