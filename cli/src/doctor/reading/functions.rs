//! Functions, and what hands queues and streams to them.

use super::region;
use crate::doctor::answers::{number, text};
use crate::doctor::aws::{Aws, Question, encoded};
use crate::doctor::facts::{Account, Fact, Function, Source};
use crate::doctor::services::LAMBDA;
use futures_util::future::join;
use serde_json::Value;

/// Of its variables only the region is taken: the others are not ours to know, and one of them is a secret.
pub(super) async fn function(aws: &Aws, account: &Account, name: String) -> Fact<Option<Function>> {
    let name = encoded(&name);
    let configuration = format!("/2015-03-31/functions/{name}/configuration");
    let concurrency = format!("/2019-09-30/functions/{name}/concurrency");
    let (found, reserved) = join(
        aws.look(Question::path(&LAMBDA, "GetFunctionConfiguration", region(account), configuration)),
        aws.ask(Question::path(&LAMBDA, "GetFunctionConcurrency", region(account), concurrency)),
    )
    .await;
    Ok(found?.map(|found| Function {
        arn: text(&found, "FunctionArn"),
        role: text(&found, "Role"),
        timeout: number(&found, "Timeout").unwrap_or_default(),
        architecture: found.pointer("/Architectures/0").and_then(Value::as_str).unwrap_or("x86_64").to_owned(),
        states: [text(&found, "State"), text(&found, "LastUpdateStatus")],
        liveness_region: found.pointer("/Environment/Variables/LIVENESS_REGION").and_then(Value::as_str).map(str::to_owned),
        may_run: Some(reserved.map(|reserved| number(&reserved, "ReservedConcurrentExecutions") != Some(0))),
    }))
}

pub(super) async fn source(aws: &Aws, account: &Account, name: String) -> Fact<Option<Source>> {
    let path = format!("/2015-03-31/event-source-mappings/{}", encoded(&name));
    let found = aws.look(Question::path(&LAMBDA, "GetEventSourceMapping", region(account), path)).await?;
    Ok(found.map(|found| Source {
        state: text(&found, "State"),
        from: text(&found, "EventSourceArn"),
        to: text(&found, "FunctionArn"),
        batch: number(&found, "BatchSize").unwrap_or_default(),
        window: number(&found, "MaximumBatchingWindowInSeconds").unwrap_or_default(),
        last_result: text(&found, "LastProcessingResult"),
    }))
}
