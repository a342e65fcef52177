//! Functions, what feeds them, and the queues that they and their feeders need.

use super::Judgement;
use crate::doctor::facts::{Facts, Function, Queue, Stack};
use crate::doctor::finding::{
    DEAD_LETTERS_SHORT, DEAD_LETTERS_WAIT, FUNCTION_ARCHITECTURE, FUNCTION_OFF, FUNCTION_REGION_DIFFERS, FUNCTION_ROLE_DIFFERS,
    FUNCTION_TIME_DIFFERS, FUNCTION_UNREADY, QUEUE_UNENCRYPTED, QUEUE_WITHOUT_DEAD_LETTERS, SOURCE_DISABLED, SOURCE_FAILING, SOURCE_WAITS,
    VISIBILITY_SHORT,
};
use crate::doctor::template::Template;
use serde_json::Value;

pub(super) fn judge(judgement: &mut Judgement, facts: &Facts, stack: &Stack) {
    let functions = judgement.there(&stack.functions);
    let queues = judgement.there(&stack.queues);
    let template = stack.template.as_ref().ok().map(|template| Template::new(template, stack, &facts.account));
    for resource in &stack.functions {
        if let Ok(Some(function)) = &resource.fact {
            let says = |path: &str| template.and_then(|template| template.property(&resource.logical_id, path));
            one(judgement, facts, stack, &resource.name, function, &says);
        }
    }
    for (uuid, source) in judgement.there(&stack.sources) {
        let to = functions.iter().find(|(_, function)| function.arn == source.to);
        let of = to.map_or(source.to.as_str(), |(name, _)| name);
        let running = matches!(source.state.as_str(), "Enabled" | "Enabling" | "Creating" | "Updating");
        judgement.find_if(!running, SOURCE_DISABLED, uuid, format!("{} does not reach {of}: {}", source.from, source.state));
        let failing = source.last_result.starts_with("PROBLEM");
        judgement.find_if(failing, SOURCE_FAILING, uuid, format!("{of} is not reached: {}", source.last_result));
        let Some((queue_name, queue)) = queues.iter().find(|(_, queue)| queue.arn == source.from) else { continue };
        let found = format!("{of} gets {} messages at a time, after up to {} seconds", source.batch, source.window);
        judgement.find_if(source.batch > 1 || source.window > 0, SOURCE_WAITS, uuid, found);
        if let Some((_, function)) = to {
            let found = format!("hides a message for {} seconds, and {of} may run for {}", queue.visibility, function.timeout);
            judgement.find_if(queue.visibility < function.timeout, VISIBILITY_SHORT, queue_name, found);
        }
        let found = format!("feeds {of}, and what fails again and again goes nowhere");
        judgement.find_if(queue.dead_letters.is_none(), QUEUE_WITHOUT_DEAD_LETTERS, queue_name, found);
    }
    for (name, queue) in &queues {
        keeps(judgement, name, queue, &queues, stack);
    }
}

fn one(judgement: &mut Judgement, facts: &Facts, stack: &Stack, name: &str, function: &Function, says: &impl Fn(&str) -> Option<Value>) {
    let [state, update] = &function.states;
    let failed = state == "Failed" || update == "Failed";
    judgement.find_if(failed, FUNCTION_UNREADY, name, format!("its state is {state}, its last update {update}"));
    if let Some(may_run) = &function.may_run
        && judgement.known(may_run) == Some(&false)
    {
        judgement.find(FUNCTION_OFF, name, "none of it may run: zero are reserved");
    }
    if let Some(role) = says("Role").as_ref().and_then(Value::as_str) {
        judgement.find_if(role != function.role, FUNCTION_ROLE_DIFFERS, name, format!("it runs as {}", function.role));
    }
    if let Some(seconds) = says("Timeout").as_ref().and_then(Value::as_u64) {
        let found = format!("it has {} seconds, in the template {seconds}", function.timeout);
        judgement.find_if(seconds != function.timeout, FUNCTION_TIME_DIFFERS, name, found);
    }
    if let Some(architecture) = stack.parameters.get("Architecture") {
        let found = format!("it runs on {}, deployed was {architecture}", function.architecture);
        judgement.find_if(architecture != &function.architecture, FUNCTION_ARCHITECTURE, name, found);
    }
    if let Some(region) = &function.liveness_region {
        let found = format!("it asks Rekognition in {region}, and browsers are sent to {}", facts.liveness_region);
        judgement.find_if(region != &facts.liveness_region, FUNCTION_REGION_DIFFERS, name, found);
    }
}

/// A queue for what failed is one that another queue, or an event source, names as that.
fn keeps(judgement: &mut Judgement, name: &str, queue: &Queue, queues: &[(&str, &Queue)], stack: &Stack) {
    judgement.find_if(!queue.encrypted, QUEUE_UNENCRYPTED, name, "its messages lie there as they are");
    let sources: Vec<_> = queues.iter().filter(|(_, source)| source.dead_letters.as_deref() == Some(&queue.arn)).collect();
    for (source, of) in &sources {
        let found = format!("keeps for {} seconds what {source} may have kept for {}", queue.retention, of.retention);
        judgement.find_if(queue.retention <= of.retention, DEAD_LETTERS_SHORT, name, found);
    }
    let read = stack.sources.iter().any(|source| matches!(&source.fact, Ok(Some(source)) if source.from == queue.arn));
    let found = format!("{} messages that were given up wait there", queue.waiting);
    judgement.find_if(!read && queue.waiting > 0, DEAD_LETTERS_WAIT, name, found);
}
