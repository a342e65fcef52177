//! Clients that take their time: in a handshake, a head, a body, or in reading what they asked for. Each is cut off by the server's own clock, in words where there is
//! still somebody to hear them, and whoever asks honestly beside them is served.

use crate::client::{ask, connect};
use prooflight_local::{Local, Options, Patience};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Between two bytes of whoever trickles: he is never silent for as long as the server waits.
const PAUSE: Duration = Duration::from_millis(40);
/// Only where the server fails to cut somebody off.
const FOR_EVER: Duration = Duration::from_mins(1);

/// An instance that soon loses its patience.
async fn impatient() -> Local {
    let short = Duration::from_millis(400);
    let patience = Patience { handshake: short, head: short, body: short, reading: short };
    Local::start(Options { patience, ..Options::ephemeral() }).await.expect("it starts")
}

/// Sends `begun` and then `more` again and again, for as long as anybody listens; returns what was answered until the connection ended.
async fn dawdle(stream: impl AsyncRead + AsyncWrite, begun: &[u8], more: &[u8]) -> String {
    let (mut from, mut to) = split(stream);
    let sending = async {
        let mut sent = to.write_all(begun).await;
        while sent.is_ok() {
            sleep(PAUSE).await;
            sent = to.write_all(more).await;
        }
        std::future::pending::<()>().await;
    };
    let hearing = async {
        let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
        // A connection that is reset has ended as well.
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..length]);
        }
        heard
    };
    let heard = timeout(FOR_EVER, async {
        tokio::select! {
            () = sending => unreachable!("it goes on for ever"),
            heard = hearing => heard,
        }
    });
    String::from_utf8_lossy(&heard.await.expect("the server cuts whoever dawdles off")).into_owned()
}

#[tokio::test]
async fn whoever_dawdles_over_a_request_is_cut_off() {
    let local = impatient().await;
    let (https, aws) = (local.https_port(), local.aws_port());
    let plain = |port| async move { TcpStream::connect(("127.0.0.1", port)).await.expect("a connection") };

    // The beginning of a ClientHello that says it has 512 bytes.
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (begun, more) in [(&b""[..], &b""[..]), (hello, b""), (hello, b"\x07")] {
        assert_eq!(dawdle(plain(https).await, begun, more).await, "", "a handshake");
    }

    for (begun, more) in [
        (&b""[..], &b""[..]),
        (b"GET /a", b""),
        (b"GET /a", b"a"),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ", b"a"),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"x-a: b\r\n"),
        (b"\r\n", b"\r\n"),
    ] {
        let tls = connect(https, local.certificate_pem()).await;
        let heard = [dawdle(tls, begun, more).await, dawdle(plain(aws).await, begun, more).await];
        assert!(heard.iter().all(|heard| heard.is_empty() || heard.starts_with("HTTP/1.1 4")), "a head: {heard:?}");
    }
    assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    local.shutdown().await;
}

#[tokio::test]
async fn whoever_dawdles_over_a_body_is_told_so() {
    let local = impatient().await;
    let (https, aws) = (local.https_port(), local.aws_port());
    let sized = "content-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let target = "x-amz-target: DynamoDB_20120810.GetItem\r\n";
    for (path, fields, status, words) in [
        ("/api/verifications", "", "400", r#"{"message":"Bad Request"}"#),
        ("/dev/token", "", "408", r#""code":"too_slow""#),
        ("/", target, "408", "RequestTimeoutException"),
        ("/bucket/key", "", "400", "<Code>RequestTimeout</Code>"),
    ] {
        for (framing, more) in [(sized, ""), (sized, " "), (chunked, ""), (chunked, "1\r\n \r\n")] {
            let begun = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}{framing}");
            let to_aws = path == "/" || path == "/bucket/key";
            let heard = if to_aws {
                dawdle(TcpStream::connect(("127.0.0.1", aws)).await.expect("a connection"), begun.as_bytes(), more.as_bytes()).await
            } else {
                dawdle(connect(https, local.certificate_pem()).await, begun.as_bytes(), more.as_bytes()).await
            };
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")) && heard.contains(words), "{begun}{more}: {heard}");
        }
    }
    assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    local.shutdown().await;
}

#[tokio::test]
async fn whoever_reads_nothing_of_what_he_asked_for_is_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    // More than all buffers on the way hold.
    std::fs::File::create(folder.path().join("large.js")).and_then(|file| file.set_len(256 * 1024 * 1024)).expect("a file");
    let patience = Patience { reading: Duration::from_millis(400), ..Patience::default() };
    let options = Options { patience, web_dir: folder.path().into(), ..Options::ephemeral() };
    let local = Local::start(options).await.expect("it starts");
    let mut client = connect(local.https_port(), local.certificate_pem()).await;
    client.write_all(b"GET /large.js HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("asked");
    let cut = async {
        // He goes on talking; that he was cut off, he notices by that.
        while client.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.is_ok() {
            sleep(PAUSE).await;
        }
    };
    timeout(FOR_EVER, cut).await.expect("the server cuts off whoever reads nothing");
    assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    local.shutdown().await;
}

#[tokio::test]
async fn a_silent_crowd_shuts_nobody_out() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let (https, aws) = (local.https_port(), local.aws_port());
    let plain = |port| async move { TcpStream::connect(("127.0.0.1", port)).await.expect("a connection") };
    let (mut silent, mut shaken) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        silent.push(plain(https).await);
        let mut half = plain(aws).await;
        half.write_all(b"POST / HTTP/1.1\r\nhost: lo").await.expect("written");
        silent.push(half);
        shaken.push(connect(https, local.certificate_pem()).await);
        let mut announced = connect(https, local.certificate_pem()).await;
        let head = b"POST /api/verifications HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10000000\r\n\r\n";
        announced.write_all(head).await.expect("written");
        shaken.push(announced);
    }
    let served = timeout(FOR_EVER, ask(&local, "GET", "/config.json", &[], "")).await.expect("an answer");
    assert_eq!(served.status, 200);
    assert_eq!(ask(&local, "GET", "/api/verifications/x", &[], "").await.status, 401);
    drop((silent, shaken));
    local.shutdown().await;
}
