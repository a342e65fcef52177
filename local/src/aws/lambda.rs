//! Lambda's `Invoke` (`API_Invoke`): a function of the stack is called directly, as a workflow or an operator does. A function that fails
//! answers 200 with `X-Amz-Function-Error`, and its error's type and message as the body.

use crate::aws::json;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// Lambda as the endpoint calls it: the function's name and its event in, its answer or its error out; nothing for a function that is not
/// deployed.
pub type Lambda = Arc<dyn Fn(String, Value) -> BoxFuture<'static, Option<Result<Value, FunctionError>>> + Send + Sync>;

/// How a function failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// What a state machine compares with.
    pub error_type: String,
    /// A sentence.
    pub message: String,
}

/// The function that a request names, if it is an invocation: a name, or an ARN, with or without a qualifier.
pub(super) fn function_of(parts: &Parts) -> Option<String> {
    let name = parts.uri.path().strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let name = match name.split_once(":function:") {
        Some((_, name)) => name.to_owned(),
        None => name,
    };
    let name = name.split(':').next().filter(|name| !name.is_empty())?.to_owned();
    (parts.method == Method::POST).then_some(name)
}

/// Invokes the function and renders what comes of it.
pub(super) async fn invoke(lambda: &Lambda, function: String, parts: &Parts, body: &Bytes) -> Response<Bytes> {
    let event = match body.as_ref() {
        [] => Value::Null,
        bytes => match serde_json::from_slice(bytes) {
            Ok(event) => event,
            Err(_) => return refused(StatusCode::BAD_REQUEST, "InvalidRequestContentException", "the payload is not JSON"),
        },
    };
    match parts.headers.get("x-amz-invocation-type").and_then(|kind| kind.to_str().ok()).unwrap_or("RequestResponse") {
        "RequestResponse" => match lambda(function.clone(), event).await {
            None => not_found(&function),
            Some(Ok(answer)) => answered(StatusCode::OK, Bytes::from(answer.to_string())),
            Some(Err(error)) => {
                let body = json!({ "errorType": error.error_type, "errorMessage": error.message }).to_string();
                let mut response = answered(StatusCode::OK, Bytes::from(body));
                response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
                response
            }
        },
        "Event" => {
            // Nobody waits for the answer; how it went is in the log.
            tokio::spawn(lambda(function, event));
            answered(StatusCode::ACCEPTED, Bytes::new())
        }
        _ => refused(StatusCode::BAD_REQUEST, "InvalidParameterValueException", "prooflight-local invokes with RequestResponse or Event"),
    }
}

fn answered(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    response
}

fn not_found(function: &str) -> Response<Bytes> {
    refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", &format!("Function not found: {function}"))
}

/// Lambda speaks REST with JSON; the error's name is in a header.
fn refused(status: StatusCode, code: &'static str, message: &str) -> Response<Bytes> {
    let mut response = json::answer("lambda", status, json!({ "Type": "User", "message": message }).to_string());
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}
