//! The HTTP API: who may call it from where, and with what.

use super::{pages, region};
use crate::doctor::answers::{list, text};
use crate::doctor::aws::{Aws, Question, encoded};
use crate::doctor::facts::{Account, Api, Fact};
use crate::doctor::services::API_GATEWAY;
use futures_util::future::join4;
use serde_json::Value;

/// Reading any part of an API is one permission, `apigateway:GET`.
pub(super) async fn api(aws: &Aws, account: &Account, id: String) -> Fact<Option<Api>> {
    let id = encoded(&id);
    let ask = |part: &str, next: Option<String>| {
        let next = next.map(|next| format!("?nextToken={}", encoded(&next))).unwrap_or_default();
        Question::path(&API_GATEWAY, "GET", region(account), format!("/v2/apis/{id}{part}{next}"))
    };
    let (api, stages, authorizers, routes) = join4(
        aws.look(ask("", None)),
        pages(aws, "nextToken", |next| ask("/stages", next)),
        pages(aws, "nextToken", |next| ask("/authorizers", next)),
        pages(aws, "nextToken", |next| ask("/routes", next)),
    )
    .await;
    let Some(api) = api? else { return Ok(None) };
    let cors = api.get("corsConfiguration").cloned().unwrap_or_default();
    Ok(Some(Api {
        origins: texts(&cors, "allowOrigins"),
        exposed: texts(&cors, "exposeHeaders").into_iter().map(|header| header.to_lowercase()).collect(),
        stages: stages.map(|pages| items(&pages).map(stage).collect()),
        authorizers: authorizers.map(|pages| {
            let tokens = items(&pages).filter_map(|authorizer| authorizer.get("jwtConfiguration"));
            tokens.map(|token| (text(token, "issuer"), texts(token, "audience"))).collect()
        }),
        open_routes: routes.map(|pages| {
            let open = items(&pages).filter(|route| matches!(text(route, "authorizationType").as_str(), "" | "NONE"));
            open.map(|route| text(route, "routeKey")).collect()
        }),
    }))
}

fn stage(stage: &Value) -> (String, bool, bool) {
    let limit = stage.pointer("/defaultRouteSettings/throttlingRateLimit").and_then(Value::as_f64);
    let log = stage.pointer("/accessLogSettings/destinationArn").and_then(Value::as_str);
    (text(stage, "stageName"), limit.is_some_and(|limit| limit > 0.0), log.is_some_and(|arn| !arn.is_empty()))
}

fn items(pages: &[Value]) -> impl Iterator<Item = &Value> {
    pages.iter().flat_map(|page| list(page, "items"))
}

fn texts(answer: &Value, name: &str) -> Vec<String> {
    list(answer, name).into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
