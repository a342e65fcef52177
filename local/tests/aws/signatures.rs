//! A request without a right signature is refused by every service in its own words, and does nothing.

use crate::support::{DEVELOPER, World, call, keys, now, signed};
use aws_credential_types::Credentials as SdkCredentials;
use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::{SignedDuration, ToSpan as _};
use prooflight_local::aws::credentials::{Caller, Credential};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::ProvideErrorMetadata as _;

/// What DynamoDB, S3 and STS answer to one client.
async fn refusals(world: &World, credentials: &SdkCredentials, at: Option<SystemTime>) -> [Option<String>; 3] {
    let config = world.sdk_for(credentials, at);
    let code = |error: &dyn Fn() -> Option<String>| error();
    let tables = aws_sdk_dynamodb::Client::new(&config).list_tables().send().await;
    let buckets = aws_sdk_s3::Client::new(&config).list_buckets().send().await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    [
        code(&|| tables.as_ref().err().and_then(|error| error.code().map(str::to_owned))),
        code(&|| buckets.as_ref().err().and_then(|error| error.code().map(str::to_owned))),
        code(&|| identity.as_ref().err().and_then(|error| error.code().map(str::to_owned))),
    ]
}

fn temporary(world: &World, key: &str, ends_in: SignedDuration) {
    let credential = Credential {
        secret_access_key: "temporary-secret".into(),
        session_token: Some("the-token".into()),
        expires_at: Some(now().saturating_add(ends_in).unwrap()),
        caller: Caller::Developer,
    };
    world.credentials.insert(key, credential);
}

#[tokio::test]
async fn every_service_words_a_refused_key_as_aws_does() {
    let world = World::in_memory();
    temporary(&world, "ASIALIVE", SignedDuration::from_hours(1));
    temporary(&world, "ASIADEAD", SignedDuration::from_secs(-1));
    let keys = |key: &str, secret: &str, token: Option<&str>| keys(key, secret, token.map(str::to_owned));
    let good = keys(DEVELOPER, "local-secret", None);
    let at = |minutes: u64, later: bool| {
        let off = Duration::from_secs(minutes * 60);
        Some(if later { SystemTime::from(now()) + off } else { SystemTime::from(now()) - off })
    };
    let unrecognized = [Some("UnrecognizedClientException"), Some("InvalidToken"), Some("InvalidClientTokenId")];
    let skewed = |s3| [Some("InvalidSignatureException"), s3, Some("SignatureDoesNotMatch")];
    let cases = [
        ("a good key", good.clone(), None, [None, None, None]),
        ("a good temporary key", keys("ASIALIVE", "temporary-secret", Some("the-token")), None, [None, None, None]),
        (
            "an unknown key",
            keys("AKIANOBODY", "local-secret", None),
            None,
            [Some("UnrecognizedClientException"), Some("InvalidAccessKeyId"), Some("InvalidClientTokenId")],
        ),
        (
            "a wrong secret",
            keys(DEVELOPER, "local-secreT", None),
            None,
            [Some("InvalidSignatureException"), Some("SignatureDoesNotMatch"), Some("SignatureDoesNotMatch")],
        ),
        ("a temporary key without its token", keys("ASIALIVE", "temporary-secret", None), None, unrecognized),
        ("a temporary key with another token", keys("ASIALIVE", "temporary-secret", Some("a-token")), None, unrecognized),
        ("a token that the key does not have", keys(DEVELOPER, "local-secret", Some("a-token")), None, unrecognized),
        (
            "a temporary key after its end",
            keys("ASIADEAD", "temporary-secret", Some("the-token")),
            None,
            [Some("ExpiredTokenException"), Some("ExpiredToken"), Some("ExpiredToken")],
        ),
        ("a clock 4 minutes slow", good.clone(), at(4, false), [None, None, None]),
        ("a clock 6 minutes slow", good.clone(), at(6, false), skewed(None)),
        ("a clock 6 minutes fast", good.clone(), at(6, true), skewed(None)),
        ("a clock 16 minutes slow", good, at(16, false), skewed(Some("RequestTimeTooSkewed"))),
    ];
    for (name, credentials, at, expected) in cases {
        assert_eq!(refusals(&world, &credentials, at).await, expected.map(|code| code.map(str::to_owned)), "{name}");
    }
}

#[tokio::test]
async fn an_unsigned_request_is_refused_in_the_words_of_its_protocol() {
    let world = World::in_memory();
    let form = Request::post("/").header("content-type", "application/x-www-form-urlencoded").body(Bytes::from("Action=GetCallerIdentity"));
    let cases = [
        ("awsJson", call("DynamoDB_20120810.ListTables", "{}"), StatusCode::BAD_REQUEST, "MissingAuthenticationTokenException"),
        ("awsJson", call("RekognitionService.DetectFaces", "{}"), StatusCode::BAD_REQUEST, "MissingAuthenticationTokenException"),
        ("query", form.unwrap(), StatusCode::FORBIDDEN, "<Code>MissingAuthenticationToken</Code>"),
        ("rest", Request::get("/").body(Bytes::new()).unwrap(), StatusCode::FORBIDDEN, "<Code>AccessDenied</Code>"),
    ];
    for (name, mut request, status, code) in cases {
        request.headers_mut().insert("host", "127.0.0.1:4566".parse().unwrap());
        let (found, headers, body) = world.send(request).await;
        assert_eq!(found, status, "{name}: {body}");
        assert!(body.contains(code), "{name}: {body}");
        assert!(headers.contains_key("x-amzn-requestid") || headers.contains_key("x-amz-request-id"), "{name}");
    }
}

#[tokio::test]
async fn whatever_is_changed_after_signing_is_found_out() {
    let world = World::in_memory();
    let list = || signed(call("DynamoDB_20120810.ListTables", "{\"Limit\":1}"), "dynamodb", None, now());
    let put = || {
        let request = Request::put("/bucket/key?x-id=PutObject").header("x-amz-meta-who", "me").body(Bytes::from_static(b"bytes"));
        signed(request.unwrap(), "s3", None, now())
    };
    world.endpoint.ensure_bucket("bucket").unwrap();
    assert_eq!(world.send(list()).await.0, StatusCode::OK, "as it was signed");
    assert_eq!(world.send(put()).await.0, StatusCode::OK, "as it was signed");
    let header = |mut request: Request<Bytes>, name: &'static str, value: &'static str| {
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let target = |mut request: Request<Bytes>, target: &'static str| {
        *request.uri_mut() = target.parse().unwrap();
        request
    };
    let cut = |mut request: Request<Bytes>, from: &str| {
        let value = request.headers()["authorization"].to_str().unwrap().split(from).next().unwrap().to_owned();
        request.headers_mut().insert("authorization", value.parse().unwrap());
        request
    };
    let cases = [
        ("the body", list().map(|_| Bytes::from_static(b"{\"Limit\":2}")), "InvalidSignatureException"),
        ("the operation", header(list(), "x-amz-target", "DynamoDB_20120810.DescribeLimits"), "InvalidSignatureException"),
        ("the host", header(list(), "host", "localhost:4566"), "InvalidSignatureException"),
        ("no signature", cut(list(), "Signature="), "IncompleteSignatureException"),
        ("no credential", header(list(), "authorization", "AWS4-HMAC-SHA256 Credential=local"), "IncompleteSignatureException"),
        ("another scheme", header(list(), "authorization", "Bearer x"), "IncompleteSignatureException"),
        ("a header that says more", header(list(), "x-amz-other", "1"), "InvalidSignatureException"),
        ("the service", header(list(), "x-amz-target", "RekognitionService.DetectFaces"), "InvalidSignatureException"),
        ("the object's bytes", put().map(|_| Bytes::from_static(b"Bytes")), "<Code>XAmzContentSHA256Mismatch</Code>"),
        ("the object's key", target(put(), "/bucket/other?x-id=PutObject"), "<Code>SignatureDoesNotMatch</Code>"),
        ("the query", target(put(), "/bucket/key?tagging"), "<Code>SignatureDoesNotMatch</Code>"),
        ("the metadata", header(put(), "x-amz-meta-who", "you"), "<Code>SignatureDoesNotMatch</Code>"),
        ("an ACL", header(put(), "x-amz-acl", "public-read"), "<Code>AccessDenied</Code>"),
    ];
    for (name, request, code) in cases {
        let (status, _, body) = world.send(request).await;
        assert!(status.is_client_error() && body.contains(code), "{name}: {status} {body}");
    }
}

#[tokio::test]
async fn a_key_scoped_to_one_service_does_not_open_another() {
    let world = World::in_memory();
    let (status, _, body) = world.send(signed(call("RekognitionService.CreateFaceLivenessSession", "{}"), "dynamodb", None, now())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("InvalidSignatureException") && body.contains("rekognition"), "{body}");
}

#[tokio::test]
async fn an_operation_that_is_not_here_is_named() {
    let world = World::in_memory();
    let rest = Request::get("/2015-03-31/functions/").body(Bytes::new()).unwrap();
    let cases = [
        (
            signed(call("DynamoDB_20120810.DescribeLimits", "{}"), "dynamodb", None, now()),
            "prooflight-local does not implement dynamodb:DescribeLimits",
        ),
        (signed(call("AmazonSQS.AddPermission", "{}"), "sqs", None, now()), "prooflight-local does not implement sqs:AddPermission"),
        (signed(rest, "lambda", None, now()), "prooflight-local does not implement lambda:GET /2015-03-31/functions/"),
    ];
    for (request, message) in cases {
        let (status, _, body) = world.send(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(body.contains("UnknownOperationException") && body.contains(message), "{body}");
    }
}

#[tokio::test]
async fn another_service_of_the_query_protocol_is_answered_in_xml() {
    let world = World::in_memory();
    let form = Request::post("/").header("content-type", "application/x-www-form-urlencoded").body(Bytes::from("Action=ListTopics"));
    let (status, _, body) = world.send(signed(form.unwrap(), "sns", None, now())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert!(body.contains("<Code>InvalidAction</Code><Message>prooflight-local does not implement sns:ListTopics</Message>"), "{body}");
}

#[tokio::test]
async fn a_signature_of_long_ago_cannot_be_sent_again() {
    let world = World::in_memory();
    let request = signed(call("DynamoDB_20120810.ListTables", "{}"), "dynamodb", None, now().checked_sub(1.hour()).unwrap());
    let (status, _, body) = world.send(request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("InvalidSignatureException"), "{body}");
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let world = World::in_memory();
    world.endpoint.ensure_bucket("bucket").unwrap();
    let large = Bytes::from(vec![b' '; 6 << 20]);
    let request = signed(call("DynamoDB_20120810.ListTables", "{}").map(|_| large.clone()), "dynamodb", None, now());
    assert_eq!(world.send(request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let request = signed(Request::put("/bucket/six").body(large).unwrap(), "s3", None, now());
    assert_eq!(world.send(request).await.0, StatusCode::OK);
    let request = Request::put("/bucket/key").header("content-length", 21 << 20).body(Bytes::from(vec![0; 21 << 20])).unwrap();
    let (status, _, body) = world.send(signed(request, "s3", None, now())).await;
    assert!(status == StatusCode::BAD_REQUEST && body.contains("EntityTooLarge"), "{status} {body}");
}
