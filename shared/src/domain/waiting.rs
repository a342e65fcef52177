//! A workflow that waits for a verification, by the token that Step Functions gave it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// With what it is answered.
    pub token: TaskToken,
    /// What ends it.
    pub until: WaitsFor,
}

/// What ends a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The verification leaves `open`, if only for a review.
    Decision,
    /// The verification is closed.
    Verdict,
}

/// Whoever has it can answer for the verification, so it has no useful `Debug` and reaches no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(String);

impl TaskToken {
    /// None when it is empty or longer than Step Functions takes (`API_SendTaskSuccess`, `taskToken`: 1 to 2,048 characters).
    pub fn parse(text: &str) -> Option<Self> {
        (1..=2048).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    /// The token as it travels to Step Functions.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(..)")
    }
}
