//! The rules of event buses in the template: which events a bus sends on, and to which queues. Of what a rule can say, this knows a pattern of
//! texts and queues as targets that get the event as it is; all else is refused by name.

use super::intrinsics::{resolve, resolve_text};
use super::stack::{Resource, Stack, TemplateError};
use crate::event_sources::Filter;
use serde_norway::Value as Yaml;

/// An `AWS::Events::Rule`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The bus's name.
    pub(crate) bus: String,
    pub(crate) pattern: Filter,
    /// The names of the queues that matching events are sent to.
    pub(crate) queues: Vec<String>,
}

/// Every rule of the stack.
pub(super) fn rules(stack: &Stack) -> Result<Vec<Rule>, TemplateError> {
    stack.resources_of("AWS::Events::Rule").map(|resource| rule(stack, &resource)).collect()
}

fn rule(stack: &Stack, resource: &Resource<'_>) -> Result<Rule, TemplateError> {
    for unknown in ["ScheduleExpression", "State", "RoleArn"] {
        if resource.property(&[unknown]).is_some() {
            return Err(TemplateError::Unsupported(format!("{unknown} of a rule")));
        }
    }
    let bus = resource.property(&["EventBusName"]).map_or(Ok("default".to_owned()), |bus| resolve_text(bus, stack))?;
    let pattern = resource.property(&["EventPattern"]).ok_or_else(|| missing(resource, "EventPattern"))?;
    let pattern = resolve(pattern, stack)?;
    let unsupported = TemplateError::Unsupported(format!("the event pattern {pattern}"));
    let pattern = Filter::of(pattern).ok_or(unsupported)?;
    let targets = resource.property(&["Targets"]).and_then(Yaml::as_sequence).ok_or_else(|| missing(resource, "Targets"))?;
    let queues = targets.iter().map(|target| queue(stack, resource, target)).collect::<Result<_, _>>()?;
    Ok(Rule { bus, pattern, queues })
}

/// The queue that a target is. How `EventBridge` would try again is nothing that happens here: a queue of this process is there or not.
fn queue(stack: &Stack, resource: &Resource<'_>, target: &Yaml) -> Result<String, TemplateError> {
    for (property, _) in target.as_mapping().into_iter().flatten() {
        let property = property.as_str().unwrap_or_default();
        if !["Id", "Arn", "DeadLetterConfig", "RetryPolicy"].contains(&property) {
            return Err(TemplateError::Unsupported(format!("{property} of a rule's target")));
        }
    }
    let arn = resolve_text(target.get("Arn").ok_or_else(|| missing(resource, "Arn"))?, stack)?;
    let queue = arn.strip_prefix("arn:aws:sqs:").and_then(|rest| rest.rsplit(':').next()).map(str::to_owned);
    queue.ok_or_else(|| TemplateError::Unsupported(format!("the target {arn}")))
}

fn missing(resource: &Resource<'_>, property: &str) -> TemplateError {
    TemplateError::Missing(format!("the rule {} has no {property}", resource.logical_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(properties: &str) -> Result<Vec<Rule>, TemplateError> {
        let text = format!(
            "
Resources:
  Bus: {{Type: AWS::Events::EventBus, Properties: {{Name: !Sub '${{AWS::StackName}}-events'}}}}
  Waiting: {{Type: AWS::SQS::Queue}}
  Topic: {{Type: AWS::Serverless::Function}}
  Rule: {{Type: AWS::Events::Rule, Properties: {{{properties}}}}}
"
        );
        rules(&Stack::read(&text, &[].into())?)
    }

    #[test]
    fn a_rule_is_what_the_template_says() {
        let read = read("EventBusName: !Ref Bus, EventPattern: {source: [us]}, Targets: [{Id: a, Arn: !GetAtt Waiting.Arn}]");
        let pattern = Filter::of(json!({ "source": ["us"] })).expect("a pattern");
        let rule = Rule { bus: "prooflight-local-events".into(), pattern, queues: vec!["prooflight-local-waiting".into()] };
        assert_eq!(read.expect("readable"), [rule]);
    }

    #[test]
    fn what_is_not_imitated_is_refused() {
        let target = "Targets: [{Id: a, Arn: !GetAtt Waiting.Arn}]";
        for properties in [
            &format!("EventPattern: {{source: [{{prefix: us}}]}}, {target}"),
            &format!("ScheduleExpression: rate(1 minute), {target}"),
            target,
            "EventPattern: {source: [us]}",
            "EventPattern: {source: [us]}, Targets: [{Id: a, Arn: !GetAtt Topic.Arn}]",
            "EventPattern: {source: [us]}, Targets: [{Id: a, Arn: !GetAtt Waiting.Arn, InputPath: $.detail}]",
        ] {
            assert!(read(properties).is_err(), "{properties}");
        }
    }
}
