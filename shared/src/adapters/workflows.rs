//! Step Functions: a step that waits is told the answer.

use super::refusal::{Codes, fault};
use crate::domain::{TaskAnswer, TaskToken};
use crate::fault::{Fault, FaultCode};
use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};

/// The workflows of this account.
#[derive(Debug, Clone)]
pub struct Workflows {
    client: aws_sdk_sfn::Client,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The step goes on.
    Yes,
    /// Nobody waits any more: answered before, timed out, or its execution has ended.
    TooLate,
}

const CODES: Codes = Codes { unavailable: FaultCode::WorkflowUnavailable, refused: FaultCode::WorkflowRefused };

impl Workflows {
    /// Through that client.
    pub fn new(client: aws_sdk_sfn::Client) -> Self {
        Self { client }
    }

    /// Answers a step. A token works once, so an answer that is given again comes too late.
    pub async fn answer(&self, token: &TaskToken, answer: &TaskAnswer) -> Result<Taken, Fault> {
        match answer {
            TaskAnswer::Output(output) => {
                let output = serde_json::to_string(output).map_err(|error| Fault::new(FaultCode::Bug, "write an answer", error))?;
                taken(self.client.send_task_success().task_token(token.expose()).output(output).send().await)
            }
            TaskAnswer::Failure { error, because } => {
                let cause = because.map(|reason| serde_json::json!({ "reasons": [reason] }).to_string());
                let failure = self.client.send_task_failure().task_token(token.expose()).error(error.as_str()).set_cause(cause);
                taken(failure.send().await)
            }
        }
    }
}

/// "Timed out" also means "already closed" (`API_SendTaskSuccess`); none of the three passes by itself.
fn taken<T, E: ProvideErrorMetadata>(answered: Result<T, SdkError<E, HttpResponse>>) -> Result<Taken, Fault> {
    match answered {
        Ok(_) => Ok(Taken::Yes),
        Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken") => Ok(Taken::TooLate),
            _ => Err(fault(CODES, "answer a workflow", &error)),
        },
    }
}
