//! The `DynamoDB` events of a function: what its mapping to a table's stream is told by the template. And what Lambda needs a function's
//! role for, to deliver from a stream or a queue.

use super::deployment::{Function, QueueSource};
use super::intrinsics::{resolve, resolve_text};
use super::stack::{ACCOUNT, REGION, Resource, Stack, TemplateError};
use crate::aws::policy::Request;
use crate::event_sources::{Filter, StreamSource};
use serde_norway::Value as Yaml;

/// The stream that a function is behind, where it is.
pub(super) fn stream_source(stack: &Stack, resource: &Resource<'_>) -> Result<Option<StreamSource>, TemplateError> {
    for (_, event) in resource.property(&["Events"]).and_then(Yaml::as_mapping).into_iter().flatten() {
        if event.get("Type").and_then(Yaml::as_str) != Some("DynamoDB") {
            continue;
        }
        let property = |path: &[&str]| path.iter().try_fold(event.get("Properties")?, |value, key| value.get(*key));
        let text = |path: &[&str]| property(path).map(|value| resolve_text(value, stack)).transpose();
        if text(&["StartingPosition"])?.as_deref() != Some("TRIM_HORIZON") {
            return Err(TemplateError::Unsupported("another StartingPosition than TRIM_HORIZON".to_owned()));
        }
        let stream = text(&["Stream"])?.ok_or_else(|| missing(resource, "Stream"))?;
        let table = stream.split('/').nth(1).ok_or_else(|| missing(resource, "Stream"))?.to_owned();
        let types = property(&["FunctionResponseTypes"]).map(|types| resolve(types, stack)).transpose()?;
        return Ok(Some(StreamSource {
            table,
            // "DynamoDB" event source of SAM: a hundred records, and no end of retries, where nothing is said.
            batch_size: property(&["BatchSize"]).and_then(Yaml::as_u64).and_then(|size| usize::try_from(size).ok()).unwrap_or(100),
            retries: property(&["MaximumRetryAttempts"])
                .and_then(Yaml::as_u64)
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(u32::MAX),
            bisects: property(&["BisectBatchOnFunctionError"]).and_then(Yaml::as_bool).unwrap_or(false),
            reports_failures: types.is_some_and(|types| types == serde_json::json!(["ReportBatchItemFailures"])),
            filters: filters(stack, property(&["FilterCriteria", "Filters"]))?,
            dead_letters: text(&["DestinationConfig", "OnFailure", "Destination"])?
                .and_then(|arn| arn.rsplit(':').next().map(str::to_owned)),
        }));
    }
    Ok(None)
}

/// "Configuring an Amazon SQS queue to use with AWS Lambda" and "Process DynamoDB records with Lambda" list what an event source mapping
/// does with the role of its function; "Retain discarded batch records" adds the destination.
pub(super) fn mapping_permissions(queues: &[QueueSource], stream: Option<&StreamSource>) -> Vec<(&'static str, String)> {
    let queue = |name: &str| format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
    let mut needed = Vec::new();
    for source in queues {
        needed.extend(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map(|action| (action, queue(&source.queue))));
    }
    if let Some(source) = stream {
        let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}/stream/latest", source.table);
        let read = ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"];
        needed.extend(read.map(|action| (action, arn.clone())));
        needed.push(("dynamodb:ListStreams", "*".to_owned()));
        needed.extend(source.dead_letters.iter().map(|name| ("sqs:SendMessage", queue(name))));
    }
    needed
}

/// Lambda refuses a mapping whose function may not read its source.
pub(super) fn check_mappings(function: &Function) -> Result<(), TemplateError> {
    let denied = function.lambda_does.iter().find(|(action, resource)| {
        let request = Request { action, resource, region: REGION, now: jiff::Timestamp::UNIX_EPOCH, prefix: None };
        !function.role.allows(&request)
    });
    denied.map_or(Ok(()), |(action, resource)| {
        Err(TemplateError::Missing(format!("the role of {} lacks {action} on {resource}, which its event source needs", function.name)))
    })
}

fn filters(stack: &Stack, filters: Option<&Yaml>) -> Result<Vec<Filter>, TemplateError> {
    let mut parsed = Vec::new();
    for filter in filters.and_then(Yaml::as_sequence).into_iter().flatten() {
        let pattern = filter.get("Pattern").map(|pattern| resolve_text(pattern, stack)).transpose()?.unwrap_or_default();
        parsed.push(Filter::parse(&pattern).ok_or_else(|| TemplateError::Unsupported(format!("the filter {pattern}")))?);
    }
    Ok(parsed)
}

fn missing(resource: &Resource<'_>, property: &str) -> TemplateError {
    TemplateError::Missing(format!("an event of {} has no {property}", resource.logical_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the template says of the function that publishes, or of one with other properties.
    fn read(properties: &str) -> Result<Option<StreamSource>, TemplateError> {
        let text = format!(
            "
Resources:
  VerificationTable: {{Type: AWS::DynamoDB::Table}}
  Dead: {{Type: AWS::SQS::Queue}}
  Publish: {{Type: AWS::Serverless::Function, Properties: {{Events: {{Write: {{Type: DynamoDB, Properties: {{{properties}}}}}}}}}}}
"
        );
        let stack = Stack::read(&text, &[].into())?;
        let function = stack.resources_of("AWS::Serverless::Function").next().expect("a function");
        stream_source(&stack, &function)
    }

    #[test]
    fn a_mapping_is_what_the_template_says() {
        let stream = "Stream: !GetAtt VerificationTable.StreamArn, StartingPosition: TRIM_HORIZON";
        let plain = read(stream).expect("readable").expect("a stream");
        assert_eq!((plain.table.as_str(), plain.batch_size, plain.retries), ("prooflight-local-verification-table", 100, u32::MAX));
        assert!(!plain.bisects && !plain.reports_failures && plain.filters.is_empty() && plain.dead_letters.is_none());
        let told = read(&format!(
            "{stream}, BatchSize: 10, MaximumRetryAttempts: 5, BisectBatchOnFunctionError: true, \
             FunctionResponseTypes: [ReportBatchItemFailures], DestinationConfig: {{OnFailure: {{Destination: !GetAtt Dead.Arn}}}}, \
             FilterCriteria: {{Filters: [{{Pattern: '{{\"a\":[\"b\"]}}'}}]}}"
        ));
        let told = told.expect("readable").expect("a stream");
        assert_eq!((told.batch_size, told.retries, told.filters.len()), (10, 5, 1));
        assert!(told.bisects && told.reports_failures);
        assert_eq!(told.dead_letters.as_deref(), Some("prooflight-local-dead"));
    }

    #[test]
    fn what_is_not_imitated_is_refused() {
        for properties in [
            "Stream: !GetAtt VerificationTable.StreamArn, StartingPosition: LATEST",
            "StartingPosition: TRIM_HORIZON",
            "Stream: !GetAtt VerificationTable.StreamArn, StartingPosition: TRIM_HORIZON, \
             FilterCriteria: {Filters: [{Pattern: '{\"a\":[{\"prefix\":\"b\"}]}'}]}",
        ] {
            assert!(read(properties).is_err(), "{properties}");
        }
    }
}
