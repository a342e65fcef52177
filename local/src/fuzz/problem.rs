//! Any text in what is told of a problem: what comes out is a problem in JSON, says no more than it is to say, and fits into headers and lines.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use prooflight_shared::domain::{Rejection, ReviewRejection, Standing, Verdict};
use prooflight_shared::edge::{Failure, Problem, answered};
use prooflight_shared::fault::{Fault, FaultCode};
use serde_json::Value;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

/// Tells of a problem: the first byte is which, the second what more it depends on; then come, a line each, the request's id, a detail, and what lies behind a fault.
///
/// # Panics
///
/// When what is told is no problem, or says what it must not, which is what a fuzzer looks for.
pub fn problem(bytes: &[u8]) {
    let &[which, more, ref rest @ ..] = bytes else { return };
    let mut lines = rest.splitn(3, |byte| *byte == b'\n').map(String::from_utf8_lossy);
    let mut line = || lines.next().unwrap_or_default().into_owned();
    let (id, detail, behind) = (line(), line(), line());
    told_by_a_function(&id, || problem_of(which, more, &detail, &behind), &detail, &behind);
    told_by_aws(more, &id, &detail);
}

fn told_by_a_function(id: &str, problem: impl Fn() -> Problem, detail: &str, behind: &str) {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Builder::new_current_thread().enable_time().build().ok());
    let Some(runtime) = runtime else { return };
    let (status, code) = (problem().status(), problem().code());
    let response: ApiGatewayV2httpResponse = runtime.block_on(answered("fuzz", id, async { Err(problem()) }));
    let text = match &response.body {
        Some(Body::Text(text)) => text.as_str(),
        _ => "",
    };
    assert_eq!((response.status_code, (400..600).contains(&status)), (i64::from(status), true));
    let told: Value = serde_json::from_str(text).unwrap_or_default();
    let field = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((field("code"), field("requestId"), told.get("status")), (code, id, Some(&Value::from(status))), "{text}");
    assert_eq!(field("type"), format!("urn:prooflight:problem:{code}"));
    assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && !field("title").is_empty());
    let is_malformed = matches!(problem(), Problem::Malformed(_));
    assert_eq!(told.get("detail").is_some(), is_malformed);
    assert!(!is_malformed || field("detail") == detail, "{text}");
    // What lies behind a fault is told to the log alone. A short text may stand in anything.
    assert!(behind.len() < 24 || id.contains(behind) || detail.contains(behind) || !text.contains(behind), "{text}");
    assert_eq!(response.headers.get("content-type").map(HeaderValue::as_bytes), Some(&b"application/problem+json"[..]));
    assert_eq!(response.headers.get("cache-control").map(HeaderValue::as_bytes), Some(&b"no-store"[..]));
    let failure = Failure::from(problem());
    assert!(failure.error_type.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !failure.error_type.is_empty());
}

/// The words of the local AWS services.
fn told_by_aws(service: u8, code: &str, message: &str) {
    let services = ["dynamodb", "sqs", "kms", "states", "events"];
    let Some(service) = services.get(usize::from(service) % services.len()) else { return };
    let answer = crate::aws::json::fault(service, StatusCode::BAD_REQUEST, code, message);
    let told: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let is = |name: &str, text: &str| told.get(name).and_then(Value::as_str).is_some_and(|told| told.ends_with(text));
    assert!(is("__type", code) && is("message", message), "{told}");
}

fn problem_of(which: u8, more: u8, detail: &str, behind: &str) -> Problem {
    let at = Timestamp::from_second(1_795_345_970).unwrap_or_default();
    let standing = match more % 4 {
        0 => Standing::Free,
        1 => Standing::RateLimited { until: at },
        2 => Standing::LockedOut { until: at },
        _ => Standing::Blocked { until: at },
    };
    match which % 24 {
        0 => Problem::Malformed(detail.to_owned()),
        1 => Problem::Unauthenticated,
        2 => Problem::ScopeMissing,
        3 => Problem::PolicyNotOpenable,
        4 => Problem::NotFound,
        5 => Problem::BodyTooLarge,
        6 => Problem::UnsupportedMediaType,
        7 => Problem::IdempotencyMismatch,
        8 => Problem::PolicyUnknown,
        9 => Problem::ConsentRequired,
        10 => Problem::ConsentUnknown,
        11 => Problem::NotEnrolled,
        12 => Problem::SourceNotUsed,
        13 => Problem::ErasureInProgress,
        14 => Problem::Limited { standing, retry_after_seconds: u32::from(more) },
        15 => Problem::IfMatchRequired,
        16 => Problem::LookFirst,
        17 => Problem::Rejected(Rejection::VerificationClosed),
        18 => Problem::Rejected(Rejection::SessionInProgress),
        19 => Problem::Rejected(Rejection::TooManySessions),
        20 => Problem::Rejected(Rejection::Review(ReviewRejection::AlreadyReviewed { verdict: Verdict::Approve, at })),
        21 => Problem::Rejected(Rejection::Review(ReviewRejection::EvidenceChanged)),
        _ => {
            let code = FaultCode::ALL.get(usize::from(more) % FaultCode::ALL.len()).copied().unwrap_or(FaultCode::Bug);
            Problem::Faulted(Fault::new(code, "do what was asked", behind.to_owned()))
        }
    }
}
