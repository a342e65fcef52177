//! Whatever may invoke a function: each is handed an event as Lambda would hand it over, and goes as far as it can without AWS. What it answers until then is
//! held to what it promises.

use futures_util::FutureExt as _;
use jiff::Timestamp;
use prooflight_authorize::Authorize;
use prooflight_cleanup::Cleanup;
use prooflight_close_verification::CloseVerification;
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_deliver_webhook::DeliverWebhook;
use prooflight_enroll_face::EnrollFace;
use prooflight_erase_subject::EraseSubject;
use prooflight_exchange_link::ExchangeLink;
use prooflight_export_subject::ExportSubject;
use prooflight_get_evidence::GetEvidence;
use prooflight_get_verification::GetVerification;
use prooflight_lift_lockout::LiftLockout;
use prooflight_open_verification::OpenVerificationFunction;
use prooflight_publish_decision::PublishDecision;
use prooflight_rescue_session::RescueSession;
use prooflight_review_verification::ReviewVerification;
use prooflight_shared::edge::{Failure, LambdaFunction};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use serde_json::{Map, Value};
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

/// What a function came to; none where it does not take the event, or wants something of AWS.
type Answer = Option<Result<Value, Failure>>;
type Function = Box<dyn Fn(&Runtime, &[u8]) -> Answer + Send + Sync>;

/// A text of so many bytes is not found in an answer by chance.
const TELLING: usize = 24;

/// Invokes a function: half of the first byte says which. Where that byte is odd, the first line of what follows is the event, and the rest of it is put where a stranger
/// writes: into its body, into the body of its message, or into the document of its record.
///
/// # Panics
///
/// When a function answers what it must not, which is what a fuzzer looks for.
pub fn lambda_events(bytes: &[u8]) {
    static STAGE: OnceLock<Option<(Runtime, Vec<Function>)>> = OnceLock::new();
    let Some((runtime, functions)) = STAGE.get_or_init(stage) else { return };
    let Some((which, rest)) = bytes.split_first() else { return };
    let Some(function) = functions.get(usize::from(which / 2) % functions.len()) else { return };
    let event = if which % 2 == 1 { filled(rest) } else { Some(rest.to_vec()) };
    let Some(event) = event else { return };
    let Some(answer) = function(runtime, &event) else { return };
    // A function reads past a member that it does not know, even where that is no text; who looks on cannot.
    let Ok(given) = serde_json::from_slice::<Value>(&event) else { return };
    let said = words(&answer);
    if let Some(text) = echo(&given, &said) {
        // A fuzzer finds our own words in the program and writes them into events. Without them, we still say them.
        let otherwise = serde_json::to_vec(&without(&given, text)).ok().and_then(|event| function(runtime, &event));
        let still = otherwise.as_ref().map(words).unwrap_or_default();
        assert!(still.contains(text), "{said:?} repeats {text:?}");
    }
    match answer {
        Ok(answer) if answer.get("statusCode").is_some() => judge_response(&answer),
        // Nobody has said yet whose a token is.
        Ok(answer) if answer.get("isAuthorized").is_some() => {
            assert_eq!(answer.get("context"), Some(&Value::Object(Map::new())), "{answer}");
        }
        Ok(answer) => judge_report(&given, &answer),
        Err(failure) => {
            assert!(!failure.error_type.is_empty() && failure.error_type.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{failure}");
        }
    }
}

/// The event in the first line with the rest where a stranger writes.
fn filled(bytes: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    let (event, rest) = bytes.split_at_checked(at)?;
    let rest = rest.get(1..)?;
    let mut event: Value = serde_json::from_slice(event).ok()?;
    let text = || Value::String(String::from_utf8_lossy(rest).into_owned());
    if let Some(image) = event.pointer_mut("/Records/0/dynamodb/NewImage") {
        *image = serde_json::from_slice(rest).ok()?;
    } else if let Some(body) = event.pointer_mut("/Records/0/body") {
        *body = text();
    } else if let Some(event) = event.as_object_mut() {
        event.insert("body".to_owned(), text());
    }
    serde_json::to_vec(&event).ok()
}

/// What goes to API Gateway. Nothing has failed yet, so nothing is our fault.
fn judge_response(answer: &Value) {
    let status = answer.get("statusCode").and_then(Value::as_i64).unwrap_or_default();
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    assert!((200..500).contains(&status), "{answer}");
    let told: Value = serde_json::from_str(body).unwrap_or_default();
    assert!(told.is_object(), "{answer}");
    if status >= 400 {
        let code = told.get("code").and_then(Value::as_str).unwrap_or_default();
        assert!(!code.is_empty() && told.get("status") == Some(&Value::from(status)), "{answer}");
    }
}

/// What goes back to a queue or a stream: only what came from it is named.
fn judge_report(given: &Value, answer: &Value) {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).into_iter().flatten();
    let named: Vec<&str> = failures.filter_map(|failure| failure.get("itemIdentifier")?.as_str()).collect();
    let records = given.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids = |record: &Value| {
        let id = record.get("messageId").or_else(|| record.pointer("/dynamodb/SequenceNumber"));
        id.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let known: Vec<String> = records.iter().map(ids).collect();
    assert!(named.iter().all(|id| id.is_empty() || known.iter().any(|known| known == id)), "{answer}");
}

/// What is said of what went wrong.
fn words(answer: &Result<Value, Failure>) -> String {
    let problem = |answer: &Value| -> Option<String> {
        let told: Value = serde_json::from_str(answer.get("body")?.as_str()?).ok()?;
        told.get("code")
            .is_some()
            .then(|| format!("{} {}", told.get("detail").unwrap_or(&Value::Null), told.get("title").unwrap_or(&Value::Null)))
    };
    match answer {
        Ok(answer) => problem(answer).unwrap_or_default(),
        Err(failure) => failure.message.clone(),
    }
}

/// The event with another text for this one.
fn without(given: &Value, text: &str) -> Value {
    match given {
        Value::String(own) if own == text => Value::String("-".repeat(text.len())),
        Value::Array(values) => values.iter().map(|value| without(value, text)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), without(value, text))).collect(),
        other => other.clone(),
    }
}

/// A text of the event that the answer repeats.
fn echo<'event>(given: &'event Value, answer: &str) -> Option<&'event str> {
    match given {
        Value::String(text) => (text.len() >= TELLING && answer.contains(text.as_str())).then_some(text),
        Value::Array(values) => values.iter().find_map(|value| echo(value, answer)),
        Value::Object(fields) => fields.values().find_map(|value| echo(value, answer)),
        _ => None,
    }
}

fn stage() -> Option<(Runtime, Vec<Function>)> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let environment = Environment::read(variable);
    let functions = [
        hosted::<CreateSession>(&environment)?,
        hosted::<CompleteSession>(&environment)?,
        hosted::<GetVerification>(&environment)?,
        hosted::<OpenVerificationFunction>(&environment)?,
        hosted::<CloseVerification>(&environment)?,
        hosted::<LiftLockout>(&environment)?,
        hosted::<EnrollFace>(&environment)?,
        hosted::<EraseSubject>(&environment)?,
        hosted::<ExportSubject>(&environment)?,
        hosted::<Cleanup>(&environment)?,
        hosted::<GetEvidence>(&environment)?,
        hosted::<ReviewVerification>(&environment)?,
        hosted::<RescueSession>(&environment)?,
        hosted::<PublishDecision>(&environment)?,
        hosted::<DeliverWebhook>(&environment)?,
        hosted::<Authorize>(&environment)?,
        hosted::<ExchangeLink>(&environment)?,
    ];
    Some((runtime, functions.into()))
}

/// A function as it runs in Lambda, where nobody answers for AWS: the first time that it waits, it is dropped.
fn hosted<F: LambdaFunction>(environment: &Environment) -> Option<Function> {
    let function = F::connect(environment).ok()?;
    Some(Box::new(move |runtime, bytes| {
        let event: F::Event = serde_json::from_slice(bytes).ok()?;
        let now = Timestamp::from_second(1_795_345_970).ok()?;
        let invocation = Invocation::new(now, F::request_id(&event).unwrap_or("request"), [7; 32]);
        let answer = runtime.block_on(async {
            let answer = Box::pin(function.handle(event, invocation)).now_or_never();
            // What it has begun beside itself ends.
            tokio::task::yield_now().await;
            answer
        })?;
        Some(answer.and_then(|answer| {
            serde_json::to_value(answer).map_err(|error| Failure { error_type: "Unreadable".to_owned(), message: error.to_string() })
        }))
    }))
}

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" | "LIVENESS_REGION" => "eu-west-1",
        // The discard port: nobody answers.
        "AWS_ENDPOINT_URL" => "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => "local",
        "IDENTIFIER_KEY" => "0123456789abcdef0123456789abcdef",
        "JWT_ISSUER" => crate::tokens::ISSUER,
        "JWKS_URL" => "https://127.0.0.1:9/",
        "STREAMING_ROLE_ARN" => "arn:aws:iam::000000000000:role/streaming",
        "RESULT_KEY_ARN" | "CLIENT_TOKEN_KEY_ARN" | "DECISION_KEY_ARN" => "arn:aws:kms:eu-west-1:000000000000:key/results",
        "WEBHOOK_KEYS_ARN" => "arn:aws:secretsmanager:eu-west-1:000000000000:secret:webhooks",
        "WEBHOOK_URL" | "RESCUE_QUEUE_URL" | "WEBHOOK_QUEUE_URL" | "WEBHOOK_DEAD_LETTERS_URL" | "RESULT_ISSUER" => "http://127.0.0.1:9/",
        "DISABLED_POLICIES" | "SCOPE_PREFIX" => return None,
        name if name.starts_with("AWS_") => return None,
        _ => "prooflight",
    };
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The watchful eye sees: every function starts here, and one answers without AWS.
    #[test]
    fn functions_answer_as_far_as_they_can() {
        let (runtime, functions) = stage().expect("all functions start");
        let response =
            functions[0](&runtime, br#"{"version":"2.0","routeKey":"POST /verifications","requestContext":{"http":{"method":"POST"}}}"#);
        assert_eq!(response.expect("an answer").expect("a response")["statusCode"], 401);
        let given = serde_json::json!({ "body": ["a text that is nobody's business"] });
        assert_eq!(echo(&given, "so: a text that is nobody's business"), Some("a text that is nobody's business"));
    }
}
