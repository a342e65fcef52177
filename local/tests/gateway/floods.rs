//! Clients that send too much: heads and bodies beyond every limit, in whatever framing. They are refused by a stable code, in bounded memory, and whoever asks honestly
//! beside them is served.

use crate::client::{ask, connect};
use futures_util::future::join_all;
use prooflight_local::{Local, Options, Patience};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Only where the server goes on listening.
const FOR_EVER: Duration = Duration::from_mins(1);
const MEGABYTE: usize = 1024 * 1024;

/// Sends the pieces, each so many times, without waiting to be asked; returns what was answered until the connection ended.
async fn pour(stream: impl AsyncRead + AsyncWrite, pieces: &[(&[u8], usize)]) -> String {
    let (mut from, mut to) = split(stream);
    let sending = async {
        for (piece, times) in pieces {
            for _ in 0..*times {
                if to.write_all(piece).await.is_err() {
                    return;
                }
            }
        }
        let _ = to.flush().await;
    };
    let hearing = async {
        let (mut reply, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            reply.extend_from_slice(&buffer[..length]);
        }
        reply
    };
    let (reply, ()) = timeout(FOR_EVER, async { tokio::join!(hearing, sending) }).await.expect("the server ends it");
    String::from_utf8_lossy(&reply).into_owned()
}

/// What is to be answered, and what is sent: pieces, each so often.
type Case<'a> = (&'a str, &'a [(&'a [u8], usize)]);

async fn plain(local: &Local) -> TcpStream {
    TcpStream::connect(("127.0.0.1", local.aws_port())).await.expect("a connection")
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let long = vec![b'a'; MEGABYTE];
    let (line, end) = (&b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"[..], &b"\r\n\r\n"[..]);
    let cases: [Case<'_>; 6] = [
        ("431", &[(line, 1), (b"x-a: b\r\n", 10_000), (end, 1)]),
        ("431", &[(line, 1), (b"x-long: ", 1), (&long, 1), (end, 1)]),
        ("431", &[(line, 1), (&long, 1), (b": b", 1), (end, 1)]),
        ("431", &[(b"GET /", 1), (&long, 1), (b" HTTP/1.1\r\nhost: localhost", 1), (end, 1)]),
        ("431", &[(&long, 1), (b" / HTTP/1.1\r\nhost: localhost", 1), (end, 1)]),
        ("431", &[(line, 1), (b"cookie: a=b; ", 1), (b"c=d; ", 200_000), (end, 1)]),
    ];
    for (index, (status, pieces)) in cases.into_iter().enumerate() {
        let tls = connect(local.https_port(), local.certificate_pem()).await;
        for reply in [pour(tls, pieces).await, pour(plain(&local).await, pieces).await] {
            assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "case {index}: {reply}");
        }
        assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    }
    local.shutdown().await;
}

#[tokio::test]
async fn bodies_without_end_are_refused() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let megabyte = vec![b' '; MEGABYTE];
    let chunk = [format!("{MEGABYTE:x}\r\n").as_bytes(), &megabyte, b"\r\n"].concat();
    let target = "x-amz-target: DynamoDB_20120810.GetItem\r\n";
    let doors: [(&str, &str, usize, &str, &str); 5] = [
        ("/api/verifications", "", 10, "413", r#"{"message":"Request Entity Too Large"}"#),
        ("/dev/token", "", 1, "413", r#""code":"too_large""#),
        ("/", target, 5, "413", "RequestEntityTooLargeException"),
        ("/?Action=AssumeRole", "", 5, "413", "<Code>RequestEntityTooLarge</Code>"),
        ("/bucket/key", "", 20, "400", "<Code>EntityTooLarge</Code>"),
    ];
    for (path, fields, most, status, words) in doors {
        let head = |framing: &str| {
            let fields = format!("{fields}content-type: application/json\r\nconnection: close\r\n{framing}\r\n\r\n");
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}").into_bytes()
        };
        let sized = head(&format!("content-length: {}", (most + 1) * MEGABYTE));
        let announced = head("content-length: 1000000000000");
        let chunked = head("transfer-encoding: chunked");
        let cases: [Case<'_>; 5] = [
            ("one megabyte too much", &[(&sized, 1), (&megabyte, most + 1)]),
            ("a terabyte, announced", &[(&announced, 1)]),
            ("a terabyte, begun", &[(&announced, 1), (&megabyte, 1)]),
            ("one megabyte too much, in chunks", &[(&chunked, 1), (&chunk, most + 1), (b"0\r\n\r\n", 1)]),
            ("chunks without end", &[(&chunked, 1), (&chunk, 8 * most)]),
        ];
        for (what, pieces) in cases {
            let reply = if path.starts_with("/api") || path.starts_with("/dev") {
                pour(connect(local.https_port(), local.certificate_pem()).await, pieces).await
            } else {
                pour(plain(&local).await, pieces).await
            };
            assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")) && reply.contains(words), "{path}, {what}: {reply}");
        }
        assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    }
    local.shutdown().await;
}

/// Framing that is no framing, or more of it than of anything else.
#[tokio::test]
async fn framing_that_lies_is_refused() {
    let local = Local::start(Options::ephemeral()).await.expect("it starts");
    let head = |framing: &str| {
        format!("POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: DynamoDB_20120810.GetItem\r\nconnection: close\r\n{framing}\r\n\r\n")
            .into_bytes()
    };
    let chunked = head("transfer-encoding: chunked");
    let both = head("content-length: 5\r\ntransfer-encoding: chunked");
    let two = head("content-length: 5\r\ncontent-length: 6");
    let negative = head("content-length: -1");
    let huge = head("content-length: 99999999999999999999999999");
    let coded = head("transfer-encoding: gzip");
    let cases: [Case<'_>; 9] = [
        ("a size without end", &[(&chunked, 1), (b"1", 100_000)]),
        ("a size of nonsense", &[(&chunked, 1), (b"zz\r\n", 1)]),
        ("a chunk of all the memory there is", &[(&chunked, 1), (b"ffffffffffffffff\r\n", 1), (b"a", 100)]),
        ("an extension without end", &[(&chunked, 1), (b"1;", 1), (b"abc", 100_000)]),
        ("trailers without end", &[(&chunked, 1), (b"0\r\n", 1), (b"x-a: b\r\n", 100_000)]),
        ("two lengths", &[(&two, 1), (b"abcdef", 1)]),
        ("a negative length", &[(&negative, 1), (b"abcdef", 1)]),
        ("a length of too many digits", &[(&huge, 1), (b"abcdef", 1)]),
        ("another coding", &[(&coded, 1), (b"abcdef", 1)]),
    ];
    for (what, pieces) in cases {
        let reply = pour(plain(&local).await, pieces).await;
        assert!(reply.starts_with("HTTP/1.1 4"), "{what}: {reply}");
        // What follows a request that cannot be told apart from its body is no second request.
        assert_eq!(reply.matches("HTTP/1.1 ").count(), 1, "{what}: {reply}");
    }
    // "If a message is received with both a Transfer-Encoding and a Content-Length header field, the Transfer-Encoding overrides" (RFC 9112, 6.3), once.
    let reply = pour(plain(&local).await, &[(&both, 1), (b"0\r\n\r\nGET / HTTP/1.1\r\nhost: localhost\r\n\r\n", 1)]).await;
    assert_eq!((reply.starts_with("HTTP/1.1 4"), reply.matches("HTTP/1.1 ").count()), (true, 1), "{reply}");
    assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
    local.shutdown().await;
}

/// Bodies that are almost there are kept in memory, a few of them, and the others wait outside.
#[tokio::test]
async fn a_crowd_of_large_bodies_does_not_fill_the_memory() {
    const CROWD: usize = 64;
    let patience = Patience { body: Duration::from_secs(3), ..Patience::default() };
    let local = Local::start(Options { patience, ..Options::ephemeral() }).await.expect("it starts");
    let megabyte = vec![b' '; MEGABYTE];
    let head = b"PUT /bucket/key HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 20000000\r\n\r\n";
    let before = peak_memory();
    let pouring = (0..CROWD).map(|_| async { pour(plain(&local).await, &[(head, 1), (&megabyte, 19)]).await });
    let honest = async {
        for _ in 0..20 {
            assert_eq!(ask(&local, "GET", "/config.json", &[], "").await.status, 200);
        }
    };
    let (reply, ()) = tokio::join!(join_all(pouring), honest);
    assert!(reply.iter().all(|reply| reply.is_empty() || reply.starts_with("HTTP/1.1 400 ")), "{reply:?}");
    let grown = peak_memory() - before;
    assert!(grown < 600 * MEGABYTE, "{} megabytes for {CROWD} bodies that are not there", grown / MEGABYTE);
    local.shutdown().await;
}

/// The most that this process has had in memory so far (`proc_pid_status`, Linux manual pages: `VmHWM`).
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("kilobytes") * 1024
}
