//! A workflow that waits for a verification: the token of its step, and the answer that resumes it.

use super::{Reason, Status, Verification, VerificationId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Step Functions' name for a step that waits (`.waitForTaskToken`). Whoever knows it can end the step with an answer of his own, so it is
/// a secret: it has no useful `Debug`, and no view, log or event shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(String);

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// That the verification is not open any more: decided, or a person's to decide.
    Decision,
    /// That what is in review is closed.
    Verdict,
}

/// What a waiting step is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskAnswer {
    /// There is an answer, whichever.
    Output(TaskOutput),
    /// There will be none.
    Failure {
        /// What a state machine catches.
        error: TaskFailure,
        /// Why.
        because: Option<Reason>,
    },
}

/// The output of the step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskOutput {
    /// Which verification.
    pub verification_id: VerificationId,
    /// Where it stands.
    pub status: Status,
    /// The policy's name.
    pub policy: String,
    /// The policy's version.
    pub policy_version: String,
    /// Why it was closed as it was, where that is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// Stable names: state machines compare with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskFailure {
    /// Not answered in time, called off, or the consent was taken back.
    VerificationExpired,
    /// Its subject was erased.
    VerificationErased,
}

/// A step that is tried again has a new token, and the old one is dead. The newest few are kept, so that one that is delivered late does
/// not push aside the one that lives.
const MOST_WAITING: usize = 4;

/// As long as Step Functions makes them (`API_SendTaskSuccess`, `taskToken`).
const LONGEST_TOKEN: usize = 2048;

impl TaskToken {
    /// From an input; none when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        shaped.then(|| Self(text.to_owned()))
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

impl TaskFailure {
    /// Every name.
    pub const ALL: [Self; 2] = [Self::VerificationExpired, Self::VerificationErased];

    /// As a state machine compares it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerificationExpired => "VerificationExpired",
            Self::VerificationErased => "VerificationErased",
        }
    }
}

impl Verification {
    /// What a step is told that waits for this, of a verification to which the passing of time was applied; none while it has to wait.
    pub fn answer_to(&self, awaited: Awaited) -> Option<TaskAnswer> {
        let waits = match awaited {
            Awaited::Decision => self.status == Status::Open,
            Awaited::Verdict => matches!(self.status, Status::Open | Status::InReview),
        };
        (!waits).then(|| self.task_answer())
    }

    pub(super) fn task_answer(&self) -> TaskAnswer {
        match (self.status, self.closed_because) {
            (Status::Expired, Some(Reason::Erased)) => {
                TaskAnswer::Failure { error: TaskFailure::VerificationErased, because: self.closed_because }
            }
            (Status::Expired, because) => TaskAnswer::Failure { error: TaskFailure::VerificationExpired, because },
            _ => TaskAnswer::Output(TaskOutput {
                verification_id: self.id.clone(),
                status: self.status,
                policy: self.terms.name.clone(),
                policy_version: self.terms.version.clone(),
                reasons: self.closed_because.into_iter().collect(),
            }),
        }
    }

    /// Remembers a step that waits. True unless it is remembered already, or there is nothing to wait for.
    pub(super) fn remember_waiting(&mut self, token: &TaskToken, awaited: Awaited) -> bool {
        let waits = match awaited {
            Awaited::Decision => self.status == Status::Open,
            Awaited::Verdict => self.status == Status::InReview,
        };
        if !waits || self.waiting.contains(token) {
            return false;
        }
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push(token.clone());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_visible_text_of_a_length_that_there_is() {
        for (text, is_one) in [("AQCEAAAAKgAAAAMAAAAAAAAAAZ+/=", true), ("", false), ("two words", false), ("über", false), ("a\n", false)]
        {
            assert_eq!(TaskToken::parse(text).is_some(), is_one, "{text}");
        }
        assert!(TaskToken::parse(&"a".repeat(2048)).is_some() && TaskToken::parse(&"a".repeat(2049)).is_none());
    }

    #[test]
    fn a_token_has_no_debug() {
        assert_eq!(format!("{:?}", TaskToken::parse("a-secret").unwrap()), "TaskToken(..)");
    }
}
