//! The ways in which bytes reach S3: checksums in headers and trailers, chunks signed one by one, presigned URLs over a socket.

use crate::support::{World, now, signed};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::ChecksumAlgorithm;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper_util::rt::TokioIo;
use prooflight_local::aws::signature::signing_key;
use ring::{digest, hmac};
use std::time::{Duration, SystemTime};

use crate::support::REGION;

fn bucket() -> World {
    let world = World::in_memory();
    world.endpoint.ensure_bucket("evidence").unwrap();
    world
}

async fn bytes_of(world: &World, key: &str) -> Option<Bytes> {
    let object = world.s3().get_object().bucket("evidence").key(key).send().await.ok()?;
    Some(object.body.collect().await.unwrap().into_bytes())
}

/// A body whose bytes the SDK cannot hash beforehand: it sends chunks with a trailing checksum.
fn streamed(parts: &'static [&'static str]) -> ByteStream {
    let frames = parts.iter().map(|part| Ok::<_, std::io::Error>(hyper::body::Frame::data(Bytes::from_static(part.as_bytes()))));
    ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(futures_util::stream::iter(frames))))
}

#[tokio::test]
async fn a_wrong_checksum_stores_nothing() {
    let world = bucket();
    let client = world.s3();
    let wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let request = client.put_object().bucket("evidence").key("k").body(ByteStream::from_static(b"picture")).checksum_sha256(wrong);
    let error = request.send().await.unwrap_err();
    assert_eq!((error.code(), error.raw_response().unwrap().status().as_u16()), (Some("BadDigest"), 400));
    assert_eq!(bytes_of(&world, "k").await, None);
}

#[tokio::test]
async fn a_stream_of_chunks_with_a_trailing_checksum_is_taken_in() {
    let world = bucket();
    let client = world.s3();
    let request = client.put_object().bucket("evidence").key("k").body(streamed(&["one ", "two ", "three"])).content_length(13);
    let stored = request.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
    assert_eq!(bytes_of(&world, "k").await.unwrap(), "one two three");
    assert_eq!(stored.checksum_sha256(), Some("aJnuQEaDoU6MKgMUmGDfJdZ9NNnNTa5zUMvpHks5dr4="));
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A chunked upload whose chunks are signed in a chain ("Transferring Payload in Multiple Chunks", S3 API Reference), as the AWS
/// CLI of some years and the Java SDK send it.
fn signed_chunks(chunks: &[&[u8]], change: impl Fn(usize, &mut Vec<u8>)) -> Request<Bytes> {
    let at = now();
    let total: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    let head = Request::put("/evidence/chunked")
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", total)
        .body(Bytes::new());
    let request = signed(head.unwrap(), "s3", Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), at);
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let mut previous = authorization.rsplit_once("Signature=").unwrap().1.to_owned();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &signing_key("local-secret", at, REGION, "s3"));
    let sha256 = |bytes: &[u8]| hex(digest::digest(&digest::SHA256, bytes).as_ref());
    let mut body = Vec::new();
    for (number, chunk) in chunks.iter().copied().chain([&[][..]]).enumerate() {
        let time = at.strftime("%Y%m%dT%H%M%SZ");
        let scope = format!("{}/{REGION}/s3/aws4_request", at.strftime("%Y%m%d"));
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{time}\n{scope}\n{previous}\n{}\n{}", sha256(b""), sha256(chunk));
        previous = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        let mut written = format!("{:x};chunk-signature={previous}\r\n", chunk.len()).into_bytes();
        written.extend_from_slice(chunk);
        written.extend_from_slice(b"\r\n");
        change(number, &mut written);
        body.extend_from_slice(&written);
    }
    let length = body.len();
    let mut request = request.map(|_| Bytes::from(body));
    request.headers_mut().insert("content-length", length.into());
    request
}

/// Changes a written chunk, given its number.
type Change = fn(usize, &mut Vec<u8>);

#[tokio::test]
async fn every_chunk_of_a_signed_stream_is_verified() {
    let world = bucket();
    let chunks: [&[u8]; 3] = [&[b'a'; 8192], &[b'b'; 8192], b"the end"];
    let (status, _, body) = world.send(signed_chunks(&chunks, |_, _| ())).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(bytes_of(&world, "chunked").await.unwrap().len(), 8192 * 2 + 7);

    let world = bucket();
    let cases: [(&str, Change, &str); 5] = [
        (
            "a changed byte",
            |number, chunk| chunk.iter_mut().skip(200).take(1).for_each(|byte| *byte ^= u8::from(number == 1)),
            "SignatureDoesNotMatch",
        ),
        ("a chunk left out", |number, chunk| chunk.retain(|_| number != 1), "SignatureDoesNotMatch"),
        ("a changed signature", |number, chunk| chunk[25] ^= u8::from(number == 2), "SignatureDoesNotMatch"),
        ("a body that ends between two chunks", |number, chunk| chunk.retain(|_| number < 2), "IncompleteBody"),
        ("a body that ends inside a chunk", |number, chunk| chunk.truncate(if number == 2 { 90 } else { 9000 }), "IncompleteBody"),
    ];
    for (name, change, code) in cases {
        let (status, _, body) = world.send(signed_chunks(&chunks, change)).await;
        assert!(status.is_client_error() && body.contains(code), "{name}: {status} {body}");
        assert_eq!(bytes_of(&world, "chunked").await, None, "{name}");
    }
}

/// Serves the router on a free port for as long as the test runs.
async fn served(world: &World) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = world.router.clone();
    (address, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

async fn fetch(address: &str, method: &str, url: &str, body: &'static [u8]) -> (StatusCode, Bytes) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let target = url.strip_prefix("http://").unwrap().split_once('/').unwrap().1;
    let request = Request::builder().method(method).uri(format!("/{target}")).header("host", address);
    let response = sender.send_request(request.body(Full::new(Bytes::from_static(body))).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    (parts.status, body)
}

#[tokio::test]
async fn presigned_urls_work_for_what_they_were_signed_and_until_they_end() {
    let world = bucket();
    let (address, server) = served(&world).await;
    let config = world.sdk().into_builder().endpoint_url(format!("http://{address}")).build();
    let client = aws_sdk_s3::Client::new(&config);
    let minute = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let put = client.put_object().bucket("evidence").key("a b.jpg").presigned(minute.clone()).await.unwrap();
    let get = client.get_object().bucket("evidence").key("a b.jpg").presigned(minute).await.unwrap();
    let past = |ago: u64, seconds: u64| {
        PresigningConfig::builder()
            .start_time(SystemTime::from(now()) - Duration::from_secs(ago))
            .expires_in(Duration::from_secs(seconds))
            .build()
            .unwrap()
    };
    let over = client.get_object().bucket("evidence").key("a b.jpg").presigned(past(120, 60)).await.unwrap();
    let still = client.get_object().bucket("evidence").key("a b.jpg").presigned(past(7200, 10_000)).await.unwrap();

    assert_eq!(fetch(&address, "PUT", put.uri(), b"picture").await.0, StatusCode::OK);
    assert_eq!(fetch(&address, "GET", get.uri(), b"").await, (StatusCode::OK, Bytes::from_static(b"picture")));
    assert_eq!(fetch(&address, "GET", still.uri(), b"").await.0, StatusCode::OK, "an old URL that lives long");
    let cases = [
        ("after its end", "GET", over.uri().to_owned(), "<Code>AccessDenied</Code><Message>Request has expired</Message>"),
        ("another method", "DELETE", get.uri().to_owned(), "<Code>SignatureDoesNotMatch</Code>"),
        ("another key", "GET", get.uri().replace("a%20b", "a%20c"), "<Code>SignatureDoesNotMatch</Code>"),
        ("a longer life", "GET", over.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=600"), "<Code>SignatureDoesNotMatch</Code>"),
        (
            "a life of two weeks",
            "GET",
            get.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=1209600"),
            "<Code>AuthorizationQueryParametersError</Code>",
        ),
        ("an added parameter", "GET", format!("{}&response-content-type=text/html", get.uri()), "<Code>SignatureDoesNotMatch</Code>"),
    ];
    for (name, method, url, expected) in cases {
        let (status, body) = fetch(&address, method, &url, b"").await;
        let body = String::from_utf8_lossy(&body);
        assert!(status.is_client_error() && body.contains(expected), "{name}: {status} {body}");
    }
    assert_eq!(bytes_of(&world, "a b.jpg").await.unwrap(), "picture");
    server.abort();
}

#[tokio::test]
async fn the_sdk_works_over_a_socket_too() {
    let world = bucket();
    let (address, server) = served(&world).await;
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = world.sdk().into_builder().endpoint_url(format!("http://{address}")).http_client(http).build();
    let client = aws_sdk_s3::Client::new(&config);
    let request = client.put_object().bucket("evidence").key("k").body(streamed(&["one ", "two"])).content_length(7);
    request.send().await.unwrap();
    assert_eq!(bytes_of(&world, "k").await.unwrap(), "one two");
    let missing = client.head_object().bucket("evidence").key("nowhere").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found());
    let etag = client.head_object().bucket("evidence").key("k").send().await.unwrap().e_tag.unwrap();
    let unchanged = client.get_object().bucket("evidence").key("k").if_none_match(etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304);
    server.abort();
}
