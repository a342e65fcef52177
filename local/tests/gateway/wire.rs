//! What the tests share: a gateway around a function of their own, and a request in one line.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use prooflight_local::clock::Clock;
use prooflight_local::gateway::{Authorizer, Deployment, Functions, Gateway, Stack, TEMPLATE};
use prooflight_local::tokens::TokenIssuer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const PAGE_ORIGIN: &str = "https://page.example";
pub(crate) const FUNCTIONS: [&str; 16] = [
    "authorize",
    "exchange-link",
    "publish-decision",
    "create-session",
    "complete-session",
    "get-verification",
    "open-verification",
    "close-verification",
    "lift-lockout",
    "enroll-face",
    "erase-subject",
    "export-subject",
    "cleanup",
    "get-evidence",
    "review-verification",
    "rescue-session",
];

/// The real template with the local issuer and one foreign page.
pub(crate) fn deployment() -> Deployment {
    deployment_with("")
}

/// The same with a receiver of webhooks.
pub(crate) fn deployment_with(webhook_url: &str) -> Deployment {
    let parameters = BTreeMap::from([
        ("WebhookUrl".to_owned(), webhook_url.to_owned()),
        ("JwtIssuer".to_owned(), "https://prooflight.local/".to_owned()),
        ("JwtAudience".to_owned(), "prooflight".to_owned()),
        ("AllowedOrigins".to_owned(), format!("https://localhost:8443,{PAGE_ORIGIN}")),
    ]);
    let stack = Stack::read(TEMPLATE, &parameters).expect("a readable template");
    Deployment::read(&stack, |arn| Ok(format!("secret of {arn}"))).expect("a deployable template")
}

/// The real routes, with `function` behind every one of them.
pub(crate) fn gateway<F, A>(issuer: &TokenIssuer, function: F) -> Router
where
    F: Fn(ApiGatewayV2httpRequest) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = ApiGatewayV2httpResponse> + Send + 'static,
{
    gateway_around(issuer, Functions::default(), function)
}

/// The same, but for the functions that are there already.
pub(crate) fn gateway_around<F, A>(issuer: &TokenIssuer, mut functions: Functions, function: F) -> Router
where
    F: Fn(ApiGatewayV2httpRequest) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = ApiGatewayV2httpResponse> + Send + 'static,
{
    for name in FUNCTIONS {
        if functions.contains(name) {
            continue;
        }
        let function = function.clone();
        functions.insert(name, move |event, _invocation| {
            let function = function.clone();
            async move { Ok(serde_json::to_value(function(serde_json::from_value(event)?).await)?) }
        });
    }
    let deployment = deployment();
    let authorizer = Authorizer::new(deployment.authorizer.clone(), issuer);
    Gateway::new(deployment, authorizer, functions, Arc::new(Clock::ephemeral()), 8443).router()
}

/// A response as a function would write it.
pub(crate) fn response(json: Value) -> ApiGatewayV2httpResponse {
    serde_json::from_value(json).expect("a response")
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }
}

/// One request to a router, without a port.
pub(crate) async fn send(router: &Router, method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
    *request.uri_mut() = uri.parse().expect("an address");
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().expect("a header name");
        request.headers_mut().append(name, value.parse().expect("a header value"));
    }
    let response = router.clone().oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}
