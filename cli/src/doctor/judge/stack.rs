//! The stack itself, its API, its logs, and who is told.

use super::Judgement;
use crate::doctor::facts::{Alarm, Api, Stack};
use crate::doctor::finding::{
    ALARM_RINGS, ALARM_SILENT, API_UNLIMITED, API_UNLOGGED, AUTHORIZER_DIFFERS, COLLECTION_MISSING, CORS_ANY_ORIGIN, CORS_DIFFERS,
    CORS_HIDES_HEADERS, LOG_KEPT_FOREVER, LOG_RETENTION_DIFFERS, ROUTE_OPEN, RULE_DISABLED, SCHEDULE_DISABLED, STACK_UNSETTLED,
};
use std::collections::BTreeSet;

pub(super) fn judge(judgement: &mut Judgement, stack: &Stack) {
    let settled = stack.status.ends_with("_COMPLETE") && !stack.status.contains("ROLLBACK") && !stack.status.starts_with("DELETE");
    judgement.find_if(!settled, STACK_UNSETTLED, &stack.name, format!("its status is {}", stack.status));
    for (name, found) in judgement.there(&stack.apis) {
        api(judgement, stack, name, found);
    }
    let asked = stack.parameters.get("LogRetentionDays").and_then(|days| days.parse::<u64>().ok());
    for (name, days) in judgement.there(&stack.logs) {
        match (days, asked) {
            (None, _) => judgement.find(LOG_KEPT_FOREVER, name, "its lines are kept for ever"),
            (Some(days), Some(asked)) => {
                let found = format!("its lines are kept for {days} days, deployed were {asked}");
                judgement.find_if(*days != asked, LOG_RETENTION_DIFFERS, name, found);
            }
            _ => {}
        }
    }
    for (name, found) in judgement.there(&stack.alarms) {
        alarm(judgement, name, found);
    }
    for (name, enabled) in judgement.there(&stack.schedules) {
        judgement.find_if(!enabled, SCHEDULE_DISABLED, name, "it does not come");
    }
    for (name, enabled) in judgement.there(&stack.rules) {
        judgement.find_if(!enabled, RULE_DISABLED, name, "it passes nothing on");
    }
    for collection in &stack.collections {
        if judgement.known(&collection.fact) == Some(&None) {
            judgement.find(COLLECTION_MISSING, &collection.name, "no face can be enrolled, looked for or forgotten");
        }
    }
}

fn alarm(judgement: &mut Judgement, name: &str, alarm: &Alarm) {
    let found = if alarm.enabled { "it has no action" } else { "its actions are switched off" };
    judgement.find_if(alarm.actions.is_empty() || !alarm.enabled, ALARM_SILENT, name, found);
    judgement.find_if(alarm.state == "ALARM", ALARM_RINGS, name, "it rings now");
}

fn api(judgement: &mut Judgement, stack: &Stack, name: &str, api: &Api) {
    let any = api.origins.iter().any(|origin| origin.contains('*'));
    judgement.find_if(any, CORS_ANY_ORIGIN, name, format!("pages of {} may call it", api.origins.join(", ")));
    if let Some(asked) = stack.parameters.get("AllowedOrigins") {
        let asked: BTreeSet<&str> = asked.split(',').map(str::trim).collect();
        let has: BTreeSet<&str> = api.origins.iter().map(String::as_str).collect();
        judgement.find_if(!any && asked != has, CORS_DIFFERS, name, format!("pages of [{}] may call it", api.origins.join(", ")));
    }
    let hidden: Vec<&str> = ["date", "retry-after"].into_iter().filter(|header| !api.exposed.iter().any(|has| has == header)).collect();
    judgement.find_if(!hidden.is_empty(), CORS_HIDES_HEADERS, name, format!("a page cannot read {}", hidden.join(", ")));
    if let Some(open) = judgement.known(&api.open_routes) {
        // What answers 404, and keys that are published: nobody needs a token for them.
        let public = |route: &str| route == "$default" || route.contains("jwks") || route.contains("/.well-known/");
        for route in open.iter().filter(|route| !public(route)) {
            judgement.find(ROUTE_OPEN, name, format!("{route} asks for no token"));
        }
    }
    if let (Some(has), Some((issuer, asked))) = (judgement.known(&api.authorizers), tokens(stack)) {
        let right = has.iter().all(|(of, audiences)| *of == issuer && audiences.iter().all(|one| asked.contains(&one.as_str())));
        let right = right && !has.is_empty();
        let issuers: Vec<&str> = has.iter().map(|(issuer, _)| issuer.as_str()).collect();
        let found = format!("it takes tokens of [{}], or for another audience", issuers.join(", "));
        judgement.find_if(!right, AUTHORIZER_DIFFERS, name, found);
    }
    if let Some(stages) = judgement.known(&api.stages) {
        for (stage, limited, logged) in stages {
            judgement.find_if(!limited, API_UNLIMITED, name, format!("stage {stage} lets any number of requests through"));
            judgement.find_if(!logged, API_UNLOGGED, name, format!("stage {stage} has no access log"));
        }
    }
}

/// Issuer and audiences of the tokens that the API is to take: the stack's own user pool with its clients, or what the parameters name.
fn tokens(stack: &Stack) -> Option<(String, Vec<&str>)> {
    let name = |logical_id: &str| stack.names.get(logical_id).map(|(_, name)| name.as_str());
    match name("UserPool") {
        // The id begins with the region: eu-west-1_AbCdEfGhI.
        Some(id) => {
            let region = id.split('_').next().unwrap_or_default();
            let clients = ["PageClient", "ServiceClient"].into_iter().filter_map(name).collect();
            Some((format!("https://cognito-idp.{region}.amazonaws.com/{id}"), clients))
        }
        None => Some((stack.parameters.get("JwtIssuer")?.clone(), vec![stack.parameters.get("JwtAudience")?.as_str()])),
    }
}
