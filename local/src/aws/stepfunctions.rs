//! What of Step Functions a task worker sees (`API_SendTaskSuccess`, `API_SendTaskFailure`, `API_SendTaskHeartbeat`). No workflow runs here:
//! a token is handed out at `/dev/task` in place of a step that waits, and what it was told is kept.

use super::json;
use crate::feed::{Feed, Left};
use crate::random::bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The steps that wait, by their tokens.
#[derive(Debug)]
pub struct Tasks {
    outcomes: Mutex<HashMap<String, TaskOutcome>>,
    feed: Arc<Feed>,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum TaskOutcome {
    /// Nothing came yet.
    Waiting,
    /// It goes on with this output.
    Succeeded {
        /// The step's output.
        output: Value,
    },
    /// It fails with this error.
    Failed {
        /// What a state machine catches.
        error: Option<String>,
        /// Why.
        cause: Option<String>,
    },
}

/// A call, and how it was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskCall {
    /// Which operation.
    pub operation: String,
    /// For which step.
    pub task_token: String,
    /// What it was told.
    pub told: TaskOutcome,
    /// The error that the caller got, if it was one.
    pub refused: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    task_token: Option<String>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

/// How a token of ours begins, before its random part.
const MARK: &[u8] = b"\x01\x00prooflight";

impl Tasks {
    /// No step waits; what they are told leaves there.
    pub(crate) fn new(feed: Arc<Feed>) -> Self {
        Self { outcomes: Mutex::default(), feed }
    }

    /// A token for a step that waits from now on.
    pub fn hand_out(&self) -> std::io::Result<String> {
        let token = STANDARD.encode([MARK, &bytes::<96>()?].concat());
        self.outcomes().insert(token.clone(), TaskOutcome::Waiting);
        Ok(token)
    }

    /// How the step stands; none for a token that was not handed out.
    pub fn outcome(&self, token: &str) -> Option<TaskOutcome> {
        self.outcomes().get(token).cloned()
    }

    /// Answers one call.
    pub(super) fn answer(&self, operation: &str, body: &Bytes, now: Timestamp) -> Response<Bytes> {
        if !["SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"].contains(&operation) {
            return json::unknown_operation("states", operation);
        }
        let refused = |code: &str, message: &str| json::fault("states", StatusCode::BAD_REQUEST, code, message);
        let Ok(Request { task_token: Some(token), output, error, cause }) = serde_json::from_slice(body) else {
            return refused("ValidationException", "Value null at 'taskToken' failed to satisfy constraint: Member must not be null");
        };
        let told = match operation {
            "SendTaskSuccess" => match output.as_deref().map(serde_json::from_str) {
                Some(Ok(output)) => TaskOutcome::Succeeded { output },
                _ => return refused("InvalidOutput", "Invalid Output: the output is not JSON"),
            },
            "SendTaskFailure" => TaskOutcome::Failed { error, cause },
            _ => TaskOutcome::Waiting,
        };
        // Held until it is in the feed: who sees how the step stands finds the call there.
        let mut outcomes = self.outcomes();
        let refusal = match outcomes.get_mut(&token) {
            Some(outcome @ TaskOutcome::Waiting) => {
                *outcome = told.clone();
                None
            }
            // "Either expired or the task associated with the token has already been closed".
            Some(_) => Some(("TaskTimedOut", "Task Timed Out: the task has been closed")),
            None if STANDARD.decode(&token).is_ok_and(|token| token.starts_with(MARK)) => Some(("TaskDoesNotExist", "Task does not exist")),
            None => Some(("InvalidToken", "Invalid Token: the token is not one")),
        };
        let call = TaskCall { operation: operation.to_owned(), task_token: token, told, refused: refusal.map(|(code, _)| code) };
        self.feed.record(now, Left::Answer(call));
        drop(outcomes);
        match refusal {
            None => json::answer("states", StatusCode::OK, "{}".to_owned()),
            Some((code, message)) => refused(code, message),
        }
    }

    fn outcomes(&self) -> MutexGuard<'_, HashMap<String, TaskOutcome>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// None of the three can be limited to a resource of ours.
pub(super) fn permissions(operation: &str) -> Vec<(String, String)> {
    vec![(format!("states:{operation}"), "*".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(tasks: &Tasks, operation: &str, request: &Value) -> String {
        let answer = tasks.answer(operation, &Bytes::from(request.to_string()), Timestamp::UNIX_EPOCH);
        let body: Value = serde_json::from_slice(answer.body()).expect("JSON");
        body["__type"].as_str().unwrap_or("-").to_owned()
    }

    #[test]
    fn a_token_works_once() {
        let feed = Arc::new(Feed::new(Timestamp::UNIX_EPOCH));
        let tasks = Tasks::new(Arc::clone(&feed));
        let token = tasks.hand_out().expect("a token");
        assert_eq!(call(&tasks, "SendTaskHeartbeat", &json!({ "taskToken": token })), "-");
        assert_eq!(tasks.outcome(&token), Some(TaskOutcome::Waiting));
        assert_eq!(call(&tasks, "SendTaskSuccess", &json!({ "taskToken": token, "output": "{" })), "InvalidOutput");
        assert_eq!(call(&tasks, "SendTaskSuccess", &json!({ "taskToken": token, "output": "{\"a\":1}" })), "-");
        assert_eq!(call(&tasks, "SendTaskFailure", &json!({ "taskToken": token, "error": "Late" })), "TaskTimedOut");
        assert_eq!(call(&tasks, "SendTaskHeartbeat", &json!({ "taskToken": token })), "TaskTimedOut");
        assert_eq!(tasks.outcome(&token), Some(TaskOutcome::Succeeded { output: json!({ "a": 1 }) }));
        let elsewhere = Tasks::new(Arc::clone(&feed)).hand_out().expect("a token");
        assert_eq!(call(&tasks, "SendTaskFailure", &json!({ "taskToken": elsewhere })), "TaskDoesNotExist");
        assert_eq!(call(&tasks, "SendTaskFailure", &json!({ "taskToken": "nonsense" })), "InvalidToken");
        assert_eq!(call(&tasks, "SendTaskFailure", &json!({})), "ValidationException");
        let refused: Vec<_> = feed.answers().into_iter().map(|call| call.refused).collect();
        let late = Some("TaskTimedOut");
        assert_eq!(refused, [None, None, late, late, Some("TaskDoesNotExist"), Some("InvalidToken")]);
    }
}
