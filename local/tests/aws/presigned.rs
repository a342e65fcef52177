//! A URL as a browser signs it for the websocket, and what the verifier does with targets that nobody would send honestly.

use crate::support::{DEVELOPER, REGION, keys};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;
use http::request::Parts;
use jiff::Timestamp;
use prooflight_local::aws::credentials::{Caller, Credential, Credentials};
use prooflight_local::aws::signature::{SignatureFault, Verified, is_presigned, signing_key, verify_header, verify_presigned};
use proptest::prelude::*;

/// What Amplify's detector in Chromium sent, signed by the JavaScript SDK: the host was signed without its port.
const BROWSER: &str = "/start-face-liveness-session-websocket?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDLOCAL%2F20261122%2Fus-east-1%2Frekognition%2Faws4_request&X-Amz-Date=20261122T111236Z&X-Amz-Expires=299&X-Amz-Signature=ec71287088b3681cfe130669a43f1cbdcf48c097a346085ef40d476f7b0737b7&X-Amz-SignedHeaders=host&attempt-count=1&challenge-versions=FaceMovementAndLightChallenge_2.0.0%2CFaceMovementChallenge_1.0.0&precheck-view-enabled=1&session-id=2e0d6c49-251d-451f-99fa-f330d7a0e952&video-height=360&video-width=480&x-amz-user-agent=aws-sdk-js%2F3.1112.0%20ua%2F2.1%20os%2FLinux%20lang%2Fjs%20md%2Fbrowser%23Chromium_156%20api%2Frekognitionstreaming%233.1112.0%20m%2FE%20aws-amplify%2F6.22.1-framework%2F0-ui-react-liveness%2F3.6.8";

fn credentials() -> Credentials {
    let credentials = Credentials::default();
    for key in ["AKIDLOCAL", DEVELOPER] {
        let credential =
            Credential { secret_access_key: "local-secret".into(), session_token: None, expires_at: None, caller: Caller::Developer };
        credentials.insert(key, credential);
    }
    credentials
}

fn parts(target: &str, host: &str) -> Parts {
    Request::get(target).header("host", host).body(()).unwrap().into_parts().0
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn browser(target: &str, host: &str, time: &str) -> Result<Verified, SignatureFault> {
    verify_presigned(&parts(target, host), &credentials(), at(time))
}

#[test]
fn a_browsers_url_is_verified_with_the_port_and_without() {
    for host in ["localhost", "localhost:8443"] {
        let verified = browser(BROWSER, host, "2026-11-22T11:12:40Z").unwrap();
        assert_eq!((verified.scope.service.as_str(), verified.scope.region.as_str()), ("rekognition", "us-east-1"));
        assert_eq!(verified.signature, "ec71287088b3681cfe130669a43f1cbdcf48c097a346085ef40d476f7b0737b7");
        assert_eq!(verified.signing_key(), signing_key("local-secret", at("2026-11-22T00:00:00Z"), "us-east-1", "rekognition"));
    }
}

#[test]
fn a_browsers_url_is_good_for_its_time_and_its_session() {
    let time = "2026-11-22T11:12:40Z";
    let fault = |target: &str, host: &str, time: &str| browser(target, host, time).err();
    assert_eq!(fault(BROWSER, "localhost:8443", "2026-11-22T11:17:35Z"), None, "its last second");
    let ended_at = at("2026-11-22T11:17:35Z");
    assert_eq!(fault(BROWSER, "localhost:8443", "2026-11-22T11:17:36Z"), Some(SignatureFault::Expired { ended_at }));
    assert_eq!(fault(BROWSER, "localhost:8443", "2026-11-22T11:07:36Z"), None, "a clock five minutes fast");
    let early = fault(BROWSER, "localhost:8443", "2026-11-22T11:07:35Z");
    assert!(matches!(early, Some(SignatureFault::Skewed { .. })), "{early:?}");
    assert_eq!(fault(BROWSER, "example.com:8443", time), Some(SignatureFault::Mismatch));
    let changes = [
        ("session-id=2e0d6c49", "session-id=3e0d6c49"),
        ("video-height=360", "video-height=361"),
        ("attempt-count=1&", ""),
        ("us-east-1", "eu-west-1"),
        ("X-Amz-Expires=299", "X-Amz-Expires=300"),
        ("X-Amz-Signature=e", "X-Amz-Signature=d"),
        ("/start-face", "/x/start-face"),
    ];
    for (from, to) in changes {
        assert_eq!(fault(&BROWSER.replace(from, to), "localhost:8443", time), Some(SignatureFault::Mismatch), "{from} -> {to}");
    }
    let unknown = BROWSER.replace("AKIDLOCAL", "AKIDOTHER");
    assert_eq!(fault(&unknown, "localhost:8443", time), Some(SignatureFault::UnknownKey));
    for field in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"] {
        let without = BROWSER.replace(field, "x");
        assert!(
            matches!(browser(&without, "localhost:8443", time), Err(SignatureFault::Incomplete(_) | SignatureFault::HeaderNotSigned(_))),
            "{field}"
        );
    }
}

#[test]
fn a_target_is_read_up_to_a_length() {
    let target = |length: usize| format!("{BROWSER}&x={}", "!".repeat(length));
    // Every `!` is three bytes of the canonical query, which must still be one that the signer can hold.
    assert_eq!(browser(&target(15 * 1024), "localhost", "2026-11-22T11:12:40Z").err(), Some(SignatureFault::Mismatch));
    assert!(matches!(browser(&target(17 * 1024), "localhost", "2026-11-22T11:12:40Z"), Err(SignatureFault::Incomplete(_))));
}

/// Signs `target` for DynamoDB with AWS's signer, in the header or in the query.
fn sign_target(target: &str, location: SignatureLocation, time: Timestamp) -> Parts {
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    settings.expires_in = Some(std::time::Duration::from_mins(1));
    let identity = keys(DEVELOPER, "local-secret", None).into();
    let params = v4::SigningParams::builder().identity(&identity).region(REGION).name("dynamodb").time(time.into()).settings(settings);
    let params = params.build().unwrap().into();
    let headers = [("host", "localhost:4566"), ("x-amz-meta-x", "  a   b ")].into_iter();
    let (instructions, _) =
        sign(SignableRequest::new("GET", target, headers, SignableBody::empty()).unwrap(), &params).unwrap().into_parts();
    let mut request = Request::get(target).header("host", "localhost:4566").header("x-amz-meta-x", "  a   b ").body(()).unwrap();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

proptest! {
    /// Whatever AWS's signer signs is verified.
    #[test]
    fn what_the_signer_signs_is_verified(
        path in "(/[a-zA-Z0-9._~!$'()*,;:@-]{0,8}(%2F|%20|%C3%A4)?){1,4}",
        query in "([a-z]{1,3}=[a-zA-Z0-9._~%-]{0,6}&){0,4}",
    ) {
        let target = if query.is_empty() { path } else { format!("{path}?{}", query.replace('%', "%25")) };
        let time = at("2026-11-22T11:12:40Z");
        let header = sign_target(&target, SignatureLocation::Headers, time);
        prop_assert!(verify_header(&header, b"", &credentials(), time).is_ok(), "header: {target}");
        let presigned = sign_target(&target, SignatureLocation::QueryParams, time);
        prop_assert!(is_presigned(&presigned));
        prop_assert!(verify_presigned(&presigned, &credentials(), time).is_ok(), "query: {target}");
    }

    /// Nothing that a socket can carry makes the verifier panic, or passes.
    #[test]
    fn nothing_else_passes_and_nothing_panics(target in "[*/?]?[ -~]{0,60}", header in "[ -~]{0,80}", host in "[ -~]{0,12}", signed in "[a-z;:-]{0,20}") {
        let time = at("2026-11-22T11:12:40Z");
        let scope = format!("AKIDLOCAL/20261122/us-east-1/{}/aws4_request", if target.len() % 2 == 0 { "s3" } else { "dynamodb" });
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date;{signed}, Signature={header}");
        let request = Request::get(target.as_str()).header("host", &host).header("authorization", &authorization);
        if let Ok(request) = request.header("x-amz-date", "20261122T111240Z").header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").body(()) {
            prop_assert!(verify_header(&request.into_parts().0, b"", &credentials(), time).is_err());
        }
        let query = format!("/{target}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=20261122T111240Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature={header}");
        if let Ok(request) = Request::get(query).header("host", &host).body(()) {
            prop_assert!(verify_presigned(&request.into_parts().0, &credentials(), time).is_err());
        }
    }
}
