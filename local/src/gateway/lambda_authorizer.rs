//! The HTTP API's Lambda authorizer ("Control access to HTTP APIs with AWS Lambda authorizers"): payload format 2.0, simple answers, the
//! `Authorization` header as the only identity source. What the function said of a header is remembered for as long as the template says, and for
//! every route that asks it, as API Gateway does it: a function that answers by route or id would let people in here as it would there.

use super::answer::OwnAnswer;
use super::stack::{ACCOUNT, API_ID, REGION};
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A function that judges callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaAuthorizer {
    /// Its name.
    pub function: String,
    /// For so long its word is remembered.
    pub remembered: SignedDuration,
}

/// What functions said, by function and header.
#[derive(Default)]
pub(super) struct Remembered(Mutex<HashMap<(String, String), (Timestamp, Judgement)>>);

/// What a function said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Yes, and what is handed on to the function behind the route, in `requestContext.authorizer.lambda`.
    Allowed(Json),
    /// No.
    Denied,
}

/// More headers than that are not remembered side by side.
const MOST_REMEMBERED: usize = 10_000;

impl std::fmt::Debug for Remembered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Remembered(..)")
    }
}

impl LambdaAuthorizer {
    /// The header that says who comes; without one nobody is asked.
    pub(super) fn identity(parts: &Parts) -> Option<String> {
        let values: Vec<_> = parts.headers.get_all(AUTHORIZATION).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        Some(values.join(",")).filter(|identity| !identity.is_empty())
    }

    /// The event that the function gets: that of the request, without a body.
    pub(super) fn event(request: Json, method: &str, path: &str, identity: &str) -> Json {
        let mut event = match request {
            Json::Object(event) => event,
            _ => Map::new(),
        };
        event.remove("body");
        event.remove("isBase64Encoded");
        event.insert("type".to_owned(), json!("REQUEST"));
        event.insert("routeArn".to_owned(), json!(format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/$default/{method}{path}")));
        event.insert("identitySource".to_owned(), json!([identity]));
        Json::Object(event)
    }
}

impl Judgement {
    /// From the function's answer. What is no simple answer is a function that failed.
    pub(super) fn read(answer: &Json) -> Result<Self, OwnAnswer> {
        match answer.get("isAuthorized").and_then(Json::as_bool) {
            Some(true) => Ok(Self::Allowed(answer.get("context").cloned().unwrap_or_else(|| json!({})))),
            Some(false) => Ok(Self::Denied),
            None => Err(OwnAnswer::FunctionFailed),
        }
    }
}

impl Remembered {
    pub(super) fn recall(&self, authorizer: &LambdaAuthorizer, identity: &str, now: Timestamp) -> Option<Judgement> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, judgement) = remembered.get(&(authorizer.function.clone(), identity.to_owned()))?;
        (now < *until).then(|| judgement.clone())
    }

    pub(super) fn remember(&self, authorizer: &LambdaAuthorizer, identity: &str, judgement: &Judgement, now: Timestamp) {
        let Ok(until) = now.checked_add(authorizer.remembered) else { return };
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|_, (until, _)| now < *until);
        if now < until && remembered.len() < MOST_REMEMBERED {
            remembered.insert((authorizer.function.clone(), identity.to_owned()), (until, judgement.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_remembered_by_function_and_header_for_its_time() {
        let remembered = Remembered::default();
        let authorizer = |function: &str| LambdaAuthorizer { function: function.to_owned(), remembered: SignedDuration::from_secs(60) };
        let at = |second| Timestamp::from_second(second).expect("a time");
        let said = Judgement::Allowed(json!({"sub": "alice"}));
        remembered.remember(&authorizer("authorize"), "Bearer a", &said, at(0));
        assert_eq!(remembered.recall(&authorizer("authorize"), "Bearer a", at(59)), Some(said));
        assert_eq!(remembered.recall(&authorizer("authorize"), "Bearer a", at(60)), None);
        assert_eq!(remembered.recall(&authorizer("authorize"), "Bearer b", at(1)), None);
        assert_eq!(remembered.recall(&authorizer("other"), "Bearer a", at(1)), None);
        let forgetful = LambdaAuthorizer { remembered: SignedDuration::ZERO, ..authorizer("authorize") };
        remembered.remember(&forgetful, "Bearer c", &Judgement::Denied, at(0));
        assert_eq!(remembered.recall(&forgetful, "Bearer c", at(0)), None);
    }

    #[test]
    fn what_is_no_simple_answer_lets_nobody_in() {
        for (answer, expected) in [
            (json!({"isAuthorized": true, "context": {"a": "b"}}), Ok(Judgement::Allowed(json!({"a": "b"})))),
            (json!({"isAuthorized": true}), Ok(Judgement::Allowed(json!({})))),
            (json!({"isAuthorized": false, "context": {"a": "b"}}), Ok(Judgement::Denied)),
            (json!({"isAuthorized": "true"}), Err(OwnAnswer::FunctionFailed)),
            (json!({"principalId": "alice", "policyDocument": {}}), Err(OwnAnswer::FunctionFailed)),
            (json!(null), Err(OwnAnswer::FunctionFailed)),
        ] {
            assert_eq!(Judgement::read(&answer), expected, "{answer}");
        }
    }
}
