//! Calls of the `DynamoDB` protocol, signed by hand: for what the SDK has no name for, and for what has to be changed on its way.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderValue, Request, header};
use hyper::body::Bytes;
use serde_json::Value;

/// A call of that target, for the endpoint at that address, signed with the developer's key.
pub(crate) fn signed(url: &str, target: &str, body: &Value) -> Request<Bytes> {
    let body = Bytes::from(body.to_string());
    let mut request = Request::post(format!("{url}/"))
        .header(header::HOST, url.trim_start_matches("http://"))
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .body(body.clone())
        .unwrap();
    let identity = Credentials::new("local", "local-secret", None, None, "tests").into();
    let params = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("dynamodb");
    let at = prooflight_local::clock::wall_now();
    let params = params.time(at.into()).settings(SigningSettings::default()).build().unwrap().into();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let headers: Vec<(String, String)> = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let target = request.uri().to_string();
    let signable = SignableRequest::new("POST", &target, headers, SignableBody::Bytes(&body)).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}
