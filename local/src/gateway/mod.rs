//! API Gateway and Lambda on one machine: a request under `/api` is matched with the routes of `template.yaml`, its token judged, and the
//! function called with the event that the real gateway would send. The gateway's own errors have the gateway's own bodies.

mod answer;
mod authorizer;
mod conditions;
mod cors;
mod deployment;
mod event;
mod functions;
mod intrinsics;
mod lambda_authorizer;
mod page_headers;
mod roles;
mod routes;
mod rules;
mod sources;
mod stack;

pub use authorizer::{Authorized, Authorizer, Refusal};
pub use cors::Cors;
pub use deployment::{Deployment, Function, JwtConfiguration, QueueSource, keys, secrets};
pub use functions::{FunctionFailure, Functions};
pub use lambda_authorizer::LambdaAuthorizer;
pub use page_headers::{PAGE_TEMPLATE, page_headers};
pub use routes::{Access, Match, Route, Routes};
pub use rules::Rule;
pub use stack::{ACCOUNT, API_ID, REGION, STACK_NAME, Stack, TemplateError};

use crate::arriving::{self, Unread};
use crate::clock::{Clock, wall_now};
use crate::random::bytes;
use answer::OwnAnswer;
use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use event::{Admitted, Arrival};
use http::{HeaderValue, Request, Response, StatusCode, request::Parts};
use lambda_authorizer::{Judgement, Remembered};
use percent_encoding::percent_decode_str;
use prooflight_shared::error_chain::ErrorChain;
use prooflight_shared::invocation::Invocation;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// The template that is deployed.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");
/// "Quotas for configuring and running an HTTP API": payload size 10 MB.
const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// The same page: an integration has 30 seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What stands for the API's own host name.
const PREFIX: &str = "/api";

/// The gateway with the functions behind it.
#[derive(Debug)]
pub struct Gateway {
    routes: Routes,
    cors: Option<Cors>,
    authorizer: Authorizer,
    remembered: Remembered,
    functions: Functions,
    timeouts: HashMap<String, Duration>,
    clock: Arc<Clock>,
    port: u16,
}

impl Gateway {
    /// A gateway for what is deployed, reached at `port`.
    pub fn new(deployment: Deployment, authorizer: Authorizer, functions: Functions, clock: Arc<Clock>, port: u16) -> Self {
        let timeouts = deployment.functions.into_iter().map(|function| (function.name, function.timeout)).collect();
        let (routes, cors) = (deployment.routes, deployment.cors);
        Self { routes, cors, authorizer, remembered: Remembered::default(), functions, timeouts, clock, port }
    }

    /// Everything under `/api`.
    pub fn router(self) -> Router {
        let gateway = Arc::new(self);
        Router::new()
            .route("/api", any(answer_request))
            .route("/api/", any(answer_request))
            .route("/api/{*path}", any(answer_request))
            .with_state(gateway)
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if self.cors.is_some() && cors::is_preflight(&parts.method, &parts.headers) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            if let Some(cors) = &self.cors {
                cors.annotate_preflight(&parts.headers, response.headers_mut());
            }
            return response;
        }
        let request_id = random::<11>().map(|bytes| STANDARD.encode(bytes));
        let answered = match &request_id {
            Ok(request_id) => self.invoke(&parts, body, request_id).await,
            Err(answer) => Err(answer.clone()),
        };
        let mut response = answered.unwrap_or_else(OwnAnswer::into_response);
        if let Some(cors) = &self.cors {
            cors.annotate(&parts.headers, response.headers_mut());
        }
        if let Some(request_id) = request_id.ok().and_then(|id| HeaderValue::from_str(&id).ok()) {
            response.headers_mut().insert("apigw-requestid", request_id);
        }
        response
    }

    async fn invoke(&self, parts: &Parts, body: Body, request_id: &str) -> Result<Response<Body>, OwnAnswer> {
        // Before anything is judged: a connection whose request was not read to its end cannot be used again.
        let body = arriving::whole(body, LARGEST_BODY).await.map_err(|unread| match unread {
            Unread::TooLarge => OwnAnswer::TooLarge,
            Unread::Late | Unread::Broken => OwnAnswer::BadRequest,
        })?;
        let path = parts.uri.path().strip_prefix(PREFIX).ok_or(OwnAnswer::NotFound)?;
        percent_decode_str(path).decode_utf8().map_err(|_| OwnAnswer::BadRequest)?;
        let found = self.routes.find(&parts.method, path).ok_or(OwnAnswer::NotFound)?;
        let source = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
        let arrival = Arrival { request_id, now: self.clock.now(), source, port: self.port, path };
        let caller = match &found.route.access {
            Access::Open => None,
            Access::Token { scopes } => {
                let judged = self.authorizer.authorize(&parts.headers, scopes, wall_now());
                Some(Admitted::ByToken(judged.map_err(|refusal| OwnAnswer::Refused(refusal, scopes.clone()))?))
            }
            Access::Function(authorizer) => Some(self.ask(authorizer, parts, &found, &arrival).await?),
        };
        let event = event::event(parts, &body, &found, caller.as_ref(), &arrival);
        let invocation_id = uuid::Builder::from_random_bytes(random()?).into_uuid().to_string();
        let invocation = Invocation::new(arrival.now, &invocation_id, random()?);
        let function = &found.route.function;
        let timeout = self.timeouts.get(function).copied().unwrap_or(LONGEST_WAIT);
        let response = tokio::time::timeout(LONGEST_WAIT, self.functions.invoke(function, timeout, event, invocation)).await;
        let response = match response {
            Err(_) => return Err(OwnAnswer::Unavailable),
            Ok(Ok(response)) => response,
            Ok(Err(FunctionFailure::Unreadable(error))) => {
                tracing::error!(%error, route = found.route.key, "the request does not fit a function's event");
                return Err(OwnAnswer::BadRequest);
            }
            Ok(Err(failure)) => {
                tracing::error!(error = %ErrorChain(&failure), function, "a function failed");
                return Err(OwnAnswer::FunctionFailed);
            }
        };
        let response: ApiGatewayV2httpResponse = serde_json::from_value(response).map_err(|error| {
            tracing::error!(%error, function, "a function answered what is no response");
            OwnAnswer::FunctionFailed
        })?;
        tracing::info!(route = found.route.key, status = response.status_code, "answered");
        answer::from_function(response).ok_or_else(|| {
            tracing::error!(function, "a function answered what cannot be sent");
            OwnAnswer::FunctionFailed
        })
    }
}

impl Gateway {
    /// Whom a Lambda authorizer lets in. Tokens go by wall time, as with the gateway's own.
    async fn ask(
        &self,
        authorizer: &LambdaAuthorizer,
        parts: &Parts,
        found: &Match<'_>,
        arrival: &Arrival<'_>,
    ) -> Result<Admitted, OwnAnswer> {
        let identity = LambdaAuthorizer::identity(parts).ok_or(OwnAnswer::Unnamed)?;
        let now = wall_now();
        let judgement = if let Some(judgement) = self.remembered.recall(authorizer, &identity, now) {
            judgement
        } else {
            let event =
                LambdaAuthorizer::event(event::event(parts, &[], found, None, arrival), parts.method.as_str(), arrival.path, &identity);
            let id = uuid::Builder::from_random_bytes(random()?).into_uuid().to_string();
            let timeout = self.timeouts.get(&authorizer.function).copied().unwrap_or(LONGEST_WAIT);
            let answered = self.functions.invoke(&authorizer.function, timeout, event, Invocation::new(now, &id, random()?)).await;
            let answer = answered.map_err(|failure| {
                tracing::error!(error = %ErrorChain(&failure), function = authorizer.function, "an authorizer failed");
                OwnAnswer::FunctionFailed
            })?;
            let judgement = Judgement::read(&answer)?;
            self.remembered.remember(authorizer, &identity, &judgement, now);
            judgement
        };
        match judgement {
            Judgement::Allowed(said) => Ok(Admitted::ByFunction(said)),
            Judgement::Denied => Err(OwnAnswer::Denied),
        }
    }
}

async fn answer_request(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response<Body> {
    gateway.answer(request).await
}

/// Without random bytes nothing is called: ids and secrets are made of them.
fn random<const N: usize>() -> Result<[u8; N], OwnAnswer> {
    bytes().map_err(|error| {
        tracing::error!(%error, "a request has no id");
        OwnAnswer::FunctionFailed
    })
}
