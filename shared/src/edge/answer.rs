//! What a function answers, and the span that every invocation runs in.

use super::Problem;
use crate::fault::{Fault, FaultCode};
use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use serde::Serialize;
use std::future::Future;
use std::time::Duration;
use tracing::Instrument as _;

/// A JSON answer.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    body: String,
    location: Option<String>,
    etag: Option<String>,
    retry_after_seconds: Option<u32>,
    cached_for_seconds: Option<u32>,
}

impl Answer {
    /// An answer with that status and body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        // Answers are plain structs; an empty body would be a bug that the tests of every route would show.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, body, location: None, etag: None, retry_after_seconds: None, cached_for_seconds: None }
    }

    /// Names the state of what is shown, for a later request to rest on (RFC 9110, `ETag`).
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.etag = Some(format!("\"{tag}\""));
        self
    }

    /// Names what was created.
    #[must_use]
    pub fn located_at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// Lets anybody keep it for so long; whatever does not say so is kept by nobody.
    #[must_use]
    pub fn cached_for(mut self, seconds: u32) -> Self {
        self.cached_for_seconds = Some(seconds);
        self
    }

    /// Asks the client to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

/// A function answers for itself before Lambda ends it: its 25 seconds (`Timeout` in `template.yaml`) less the time to say so.
/// What was cut off is repaired by doing it again, which is what the answer asks for.
pub const TIME_TO_ANSWER: Duration = Duration::from_secs(20);

/// Runs `work` in the invocation's span and renders what it comes to. A failure is logged here, once, with its whole chain; the
/// client sees its code alone.
pub async fn answered(
    function: &'static str,
    request_id: &str,
    work: impl Future<Output = Result<Answer, Problem>>,
) -> ApiGatewayV2httpResponse {
    let span = tracing::info_span!("invocation", function, request.id = request_id);
    async {
        match in_time(work).await {
            Ok(answer) => {
                tracing::info!(status = answer.status, "answered");
                rendered(answer, request_id, "application/json")
            }
            Err(problem) => {
                problem.log();
                let (status, retry_after_seconds) = (problem.status(), problem.retry_after_seconds());
                let mut answer = Answer::json(status, &problem.body(request_id));
                answer.retry_after_seconds = retry_after_seconds;
                rendered(answer, request_id, "application/problem+json")
            }
        }
    }
    .instrument(span)
    .await
}

/// What `work` comes to, or that it took too long.
pub async fn in_time<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let ended = tokio::time::timeout(TIME_TO_ANSWER, work).await;
    ended.unwrap_or_else(|_| Err(Fault::bare(FaultCode::TooSlow, "answer in time").into()))
}

fn rendered(answer: Answer, request_id: &str, content_type: &'static str) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let public = answer.cached_for_seconds.and_then(|seconds| HeaderValue::try_from(format!("public, max-age={seconds}")).ok());
    headers.insert(CACHE_CONTROL, public.unwrap_or(HeaderValue::from_static("no-store")));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if let Some(location) = answer.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        headers.insert(LOCATION, location);
    }
    if let Some(etag) = answer.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(ETAG, etag);
    }
    if let Some(seconds) = answer.retry_after_seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.headers = headers;
    response.body = Some(Body::Text(answer.body));
    response
}
