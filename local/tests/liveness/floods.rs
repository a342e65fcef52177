//! Websockets that flood: pings, fragments and frames without end, upgrades by the hundred that nobody signed. Each is ended in words or in time, in bounded memory, and an
//! honest client beside it streams.

use crate::client::{Request, Said};
use crate::world::World;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Only where the server goes on listening.
const FOR_EVER: Duration = Duration::from_mins(1);
const MEGABYTE: usize = 1024 * 1024;
const PATH: &str = "/start-face-liveness-session-websocket";

/// A websocket after its upgrade, frame by frame.
async fn upgraded(port: u16, target: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    stream
}

/// The same for a session that is let in.
async fn admitted(world: &World, port: u16) -> TcpStream {
    let request = Request::new(&world.create().await);
    let identity = request.credentials().into();
    upgraded(port, &request.presigned(&identity).0).await
}

/// A frame of a client, masked with zeros ("Base Framing Protocol", RFC 6455, 5.2): the first byte, and a payload of zeros.
fn frame(first: u8, length: usize) -> Vec<u8> {
    let mut frame = vec![first];
    match length {
        0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
        126..=65535 => frame.extend([&[0xfe][..], &u16::try_from(length).unwrap().to_be_bytes()].concat()),
        _ => frame.extend([&[0xff][..], &u64::try_from(length).unwrap().to_be_bytes()].concat()),
    }
    frame.extend([0; 4]);
    frame.resize(frame.len() + length, 0);
    frame
}

const BINARY: u8 = 0x82;
const BEGINNING: u8 = 0x02;
const CONTINUED: u8 = 0x00;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// Sends frames until nobody takes them any more, reading along if `reading`; what was said before the end.
async fn flood(stream: TcpStream, first: &[u8], more: &[u8], reading: bool) -> String {
    let (mut from, mut to) = stream.into_split();
    let pouring = async {
        let mut sent = to.write_all(first).await;
        while sent.is_ok() && !more.is_empty() {
            sent = to.write_all(more).await;
        }
    };
    let hearing = async {
        let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..length]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    };
    let ended = async {
        if reading {
            tokio::join!(pouring, hearing).1
        } else {
            pouring.await;
            hearing.await
        }
    };
    timeout(FOR_EVER, ended).await.expect("the server ends it")
}

async fn is_served(world: &World, port: u16) {
    Request::new(&world.create().await).open(port).await.challenge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_without_end_are_refused_in_words() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    // The beginning of a frame that announces four exabytes.
    let announced = [&[BINARY, 0xff, 0x40][..], &[0; 7], &[0; 4]].concat();
    let cases = [
        ("TooManyMessages", frame(PING, 125), frame(PING, 125)),
        ("TooManyMessages", frame(PONG, 0), frame(PONG, 0)),
        ("\"Frame\"", frame(BINARY, 1), frame(BINARY, 1)),
        ("\"Frame\"", frame(BINARY, 0), frame(BINARY, 0)),
        ("TooLong", frame(BEGINNING, MEGABYTE), frame(CONTINUED, MEGABYTE)),
        ("TooLong", announced, vec![0; 65536]),
    ];
    // All at once: whoever does not close in return is waited for.
    let there = &world;
    let flooding = cases.iter().map(|(code, first, more)| async move {
        let heard = flood(admitted(there, port).await, first, more, true).await;
        assert!(heard.contains(code), "{code}: {heard}");
    });
    tokio::join!(join_all(flooding), is_served(&world, port));
}

/// Whoever reads nothing is owed an answer to each of his pings: they are not all kept for him.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_whose_answers_nobody_reads_are_no_memory() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    is_served(&world, port).await;
    let before = peak_memory();
    for (first, more) in [(PING, PING), (BEGINNING, PING)] {
        let many = frame(more, 125).repeat(500);
        let stream = admitted(&world, port).await;
        flood(stream, &frame(first, 125), &many, false).await;
    }
    let grown = peak_memory() - before;
    assert!(grown < 64 * MEGABYTE, "{} megabytes", grown / MEGABYTE);
    is_served(&world, port).await;
}

/// Fragments of nothing are no message, and never become one: the session's own time ends them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_of_nothing_end_with_the_session() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let stream = admitted(&world, port).await;
    let (begun, more) = (frame(BEGINNING, 0), frame(CONTINUED, 0).repeat(1000));
    let flooding = flood(stream, &begun, &more, true);
    let ending = async {
        is_served(&world, port).await;
        world.clock.advance(181).unwrap();
    };
    let (heard, ()) = tokio::join!(flooding, ending);
    assert!(heard.contains("SessionExpired"), "{heard}");
    is_served(&world, port).await;
}

/// A stranger takes none of the places that streams have, however many he sends, and however slowly he takes his leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_that_nobody_signed_take_no_place() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let strangers = join_all((0..300).map(|_| upgraded(port, PATH))).await;
    is_served(&world, port).await;
    let ended = join_all(strangers.into_iter().map(|stream| flood(stream, b"", b"", true)));
    let heard = timeout(FOR_EVER, ended).await.expect("the server ends them");
    assert!(heard.iter().all(|heard| heard.contains("SignatureIncomplete")), "{heard:?}");
}

/// Nor memory: what he says after he was refused is thrown away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_says_is_not_kept() {
    const CROWD: usize = 40;
    let world = World::in_memory();
    let port = world.serve_stream().await;
    is_served(&world, port).await;
    let (begun, more) = (frame(BEGINNING, 15 * MEGABYTE), vec![0; MEGABYTE]);
    let before = peak_memory();
    let strangers = join_all((0..CROWD).map(|_| async { flood(upgraded(port, PATH).await, &begun, &more, true).await }));
    let (heard, ()) = tokio::join!(strangers, is_served(&world, port));
    assert!(heard.iter().all(|heard| heard.is_empty() || heard.contains("SignatureIncomplete")), "{heard:?}");
    let grown = peak_memory() - before;
    assert!(grown < 200 * MEGABYTE, "{} megabytes", grown / MEGABYTE);
}

/// Whoever is let in and then says nothing at all, not even that he leaves, goes with his session.
#[tokio::test]
async fn silence_ends_with_the_session() {
    let world = World::in_memory();
    let port = world.serve_stream().await;
    let mut client = Request::new(&world.create().await).open(port).await;
    client.challenge().await;
    let silent = admitted(&world, port).await;
    world.clock.advance(181).unwrap();
    assert_eq!(client.hear().await.code(), "SessionExpired");
    assert_eq!(client.hear().await, Said::Close(4003));
    let (mut from, _to) = silent.into_split();
    let mut heard = Vec::new();
    timeout(FOR_EVER, from.read_to_end(&mut heard)).await.expect("the server does not wait for an answer").unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("SessionExpired"));
}

/// The most that this process has had in memory so far (`proc_pid_status`, Linux manual pages: `VmHWM`).
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
