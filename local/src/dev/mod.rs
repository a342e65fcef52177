//! The helpers under `/dev` that exist on one machine only: a token for anyone, time that passes at will, a session's result without a
//! camera, a step of a workflow without a workflow, what was told to others, and why a check ended as it did. They would be a hole anywhere else, so a page of another origin cannot reach them, nor a foreign name that points at this machine.

mod guard;
mod problem;
mod stream;

use crate::arriving::{self, Unread};
use crate::aws::stepfunctions::Tasks;
use crate::clock::{Clock, wall_now};
use crate::feed::Feed;
use crate::rekognition::{Rekognition, ScriptError, ScriptedOutcome};
use crate::timers::Timers;
use crate::tokens::{SCOPES, TokenIssuer};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use problem::Problem;
use prooflight_shared::error_chain::ErrorChain;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A scripted portrait in base64, and far more than any other of these requests needs.
const LARGEST_BODY: usize = 320 * 1024;
/// The longest subject: what an identity provider would give out.
const LONGEST_SUBJECT: usize = 256;

/// What the helpers work on.
pub struct Helpers {
    /// Makes the tokens.
    pub tokens: Arc<TokenIssuer>,
    /// Is moved.
    pub clock: Arc<Clock>,
    /// Gets its results scripted.
    pub rekognition: Arc<Rekognition>,
    /// What is due once the clock has moved.
    pub timers: Timers,
    /// What left.
    pub feed: Arc<Feed>,
    /// Stands in for Step Functions.
    pub tasks: Arc<Tasks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    subject: String,
    #[serde(default = "default_scope")]
    scope: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClockRequest {
    advance_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskRequest {}

fn default_scope() -> String {
    "verify".to_owned()
}

/// Everything under `/dev`.
pub fn router(helpers: Helpers) -> Router {
    let nothing = any(|| async { Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such helper") });
    Router::new()
        .route("/dev/token", post(token).fallback(post_only))
        .route("/dev/clock", post(clock).fallback(post_only))
        .route("/dev/outcome", post(outcome).fallback(post_only))
        .route("/dev/task", post(task).get(task_outcome).fallback(post_or_get_only))
        .route("/dev/events", get(events).fallback(get_only))
        .route("/dev/sessions/{id}/explain", get(explain).fallback(get_only))
        .route("/dev/{*path}", nothing)
        .layer(from_fn(guard::refuse_foreigners))
        .with_state(Arc::new(helpers))
}

async fn post_only() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this helper takes POST only")
}

async fn get_only() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this helper takes GET only")
}

async fn post_or_get_only() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this helper takes POST, and GET with ?token=")
}

async fn token(State(helpers): State<Arc<Helpers>>, request: Request) -> Result<Response, Problem> {
    let request: TokenRequest = body(request).await?;
    let subject = request.subject.as_str();
    if subject.trim().is_empty() || subject.len() > LONGEST_SUBJECT || subject.chars().any(char::is_control) {
        let detail = format!("subject: 1 to {LONGEST_SUBJECT} bytes are needed, not all blank, without control characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", detail));
    }
    let scopes: BTreeSet<&str> = request.scope.split_whitespace().collect();
    // An issuer that writes its API's name before them is imitated by who asks for such names.
    let is_known = |scope: &&str| scope.rsplit('/').next().is_some_and(|name| SCOPES.contains(&name));
    if scopes.is_empty() || !scopes.iter().all(is_known) {
        let detail = format!("scope: one or more of {}, separated by spaces, are needed", SCOPES.join(", "));
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", detail));
    }
    let scope = scopes.into_iter().collect::<Vec<_>>().join(" ");
    let token = helpers.tokens.issue(subject, &scope, wall_now()).map_err(|error| internal(&error))?;
    Ok(Json(json!({ "token": token })).into_response())
}

async fn clock(State(helpers): State<Arc<Helpers>>, request: Request) -> Result<Response, Problem> {
    let request: ClockRequest = body(request).await?;
    let now = helpers.clock.advance(request.advance_seconds).map_err(|error| internal(&error))?;
    helpers.timers.run_due().await;
    Ok(Json(json!({ "now": now.to_string() })).into_response())
}

/// Hands out the token of a step that waits, as Step Functions would give it to a function.
async fn task(State(helpers): State<Arc<Helpers>>, request: Request) -> Result<Response, Problem> {
    let TaskRequest {} = body(request).await?;
    let token = helpers.tasks.hand_out().map_err(|error| internal(&error))?;
    Ok(Json(json!({ "taskToken": token })).into_response())
}

/// What the step was told.
async fn task_outcome(State(helpers): State<Arc<Helpers>>, request: Request) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
    let token = percent_encoding::percent_decode_str(token).decode_utf8_lossy();
    match helpers.tasks.outcome(&token) {
        Some(outcome) => Ok(Json(outcome).into_response()),
        None => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "no such token was handed out")),
    }
}

/// Everything that left: events, answers to workflows, and what was given up; or the same as it leaves.
async fn events(State(helpers): State<Arc<Helpers>>, headers: HeaderMap) -> Response {
    let feed = &helpers.feed;
    if stream::is_wanted(&headers) {
        return stream::stream(Arc::clone(feed), &headers).into_response();
    }
    Json(json!({ "events": feed.events(), "tasks": feed.answers(), "deadLetters": feed.dead_letters() })).into_response()
}

/// Why the engine judged a session as it did.
async fn explain(State(helpers): State<Arc<Helpers>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let nothing = "no check of this session has been judged by the engine here, or its 180 seconds are over";
    let explanation = helpers.rekognition.explain(&id).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", nothing))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(explanation)).into_response())
}

async fn outcome(State(helpers): State<Arc<Helpers>>, request: Request) -> Result<Response, Problem> {
    let outcome: ScriptedOutcome = body(request).await?;
    helpers.rekognition.script(outcome).await.map_err(|error| match error {
        ScriptError::SessionNotFound => Problem::new(StatusCode::NOT_FOUND, "not_found", error.to_string()),
        ScriptError::SessionExpired => Problem::new(StatusCode::CONFLICT, "session_expired", error.to_string()),
        ScriptError::Invalid(_) => Problem::new(StatusCode::BAD_REQUEST, "malformed", error.to_string()),
        ScriptError::NotStored => internal(&error),
    })?;
    Ok(Json(json!({})).into_response())
}

/// A JSON body, refused with what is wrong with it: the caller is a developer at this machine.
async fn body<T: DeserializeOwned>(request: Request<Body>) -> Result<T, Problem> {
    let content_type = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A form of a foreign page cannot send this type without a preflight, which nobody here answers.
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        let detail = "the body must be JSON and say so: Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let bytes = arriving::whole(request.into_body(), LARGEST_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("at most {LARGEST_BODY} bytes")),
        Unread::Late => Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "the body did not arrive in time"),
        Unread::Broken => Problem::new(StatusCode::BAD_REQUEST, "malformed", "the body broke off"),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "malformed", error.to_string()))
}

fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = %ErrorChain(error), "a helper failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "this is logged")
}
