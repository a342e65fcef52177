//! Says whose token a request carries, to the routes of one verification: an access token of the issuer's, or a client token, which people
//! without an account come with. It decides nothing else. It does not see which verification is meant, and API Gateway keeps its word for a
//! minute, for every route that asks; so it hands on what the token says, and the function behind the route compares.

mod issuer_keys;
pub mod jwt;

use aws_lambda_events::apigw::ApiGatewayV2CustomAuthorizerV2Request;
use issuer_keys::{IssuerKeys, KeysFault};
use jwt::{Rules, Untrusted};
use prooflight_shared::adapters::{AwsClients, ClientTokenKey, OutsideUrl};
use prooflight_shared::domain::CLIENT_TOKEN_PREFIX;
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::{self, Environment, EnvironmentError};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tracing::Instrument as _;

/// An HTTP API waits ten seconds for an authorizer ("Quotas for configuring and running an HTTP API"); so long has the function, less the time to say
/// that it was too slow.
pub const TIME_TO_AUTHORIZE: Duration = Duration::from_secs(9);

/// The use case with its connections.
#[derive(Debug)]
pub struct Authorize {
    rules: Rules,
    keys: IssuerKeys,
    client_tokens: ClientTokenKey,
}

/// The simple answer of a Lambda authorizer ("Control access to HTTP APIs with AWS Lambda authorizers"). It is always "yes": a "no" would be a 403 to
/// somebody whose token has expired, who is told 401 by the function, because nobody is named in here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    is_authorized: bool,
    context: BTreeMap<&'static str, String>,
}

impl LambdaFunction for Authorize {
    const NAME: &'static str = "authorize";
    type Event = ApiGatewayV2CustomAuthorizerV2Request;
    type Answer = Authorization;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        let issuer = environment.required(environment::JWT_ISSUER)?;
        let audiences = environment.required(environment::JWT_AUDIENCE)?.split_whitespace().map(str::to_owned).collect();
        let outside = |name, url: Option<&str>| {
            let problem = EnvironmentError::new(name, "is no https URL without a name and password");
            url.map(|url| OutsideUrl::parse(url).ok_or(problem)).transpose()
        };
        let published = outside(environment::JWKS_URL, environment.optional(environment::JWKS_URL))?;
        let discovered = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovered = outside(environment::JWT_ISSUER, Some(&discovered).filter(|_| published.is_none()).map(String::as_str))?;
        Ok(Self {
            rules: Rules { issuer: issuer.to_owned(), audiences },
            keys: IssuerKeys::new(published, discovered).map_err(ConnectError::RootCertificates)?,
            client_tokens: ClientTokenKey::new(clients.kms(), environment.required(environment::CLIENT_TOKEN_KEY_ARN)?),
        })
    }

    async fn warm_up(&self) {
        self.keys.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2CustomAuthorizerV2Request) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    /// A fault is a failed invocation, which API Gateway answers with 500 and does not remember: nobody is logged out for a minute because a
    /// service was slow.
    async fn handle(&self, request: ApiGatewayV2CustomAuthorizerV2Request, invocation: Invocation) -> Result<Authorization, Failure> {
        let span = tracing::info_span!("invocation", function = Self::NAME, request.id = invocation.request_id);
        let work = async {
            // A client's and an SDK's futures, one in the other, are deeper than the compiler looks.
            let identified = tokio::time::timeout(TIME_TO_AUTHORIZE, Box::pin(self.identify(&request, &invocation))).await;
            let context = identified.unwrap_or_else(|_| Err(Fault::bare(FaultCode::TooSlow, "say in time who comes").into()))?;
            tracing::info!(caller = if context.is_empty() { "unknown" } else { "known" }, "authorized");
            Ok(Authorization { is_authorized: true, context })
        };
        work.instrument(span).await
    }
}

impl Authorize {
    /// What the token says, if it is to be believed; nothing otherwise.
    async fn identify(
        &self,
        request: &ApiGatewayV2CustomAuthorizerV2Request,
        invocation: &Invocation,
    ) -> Result<BTreeMap<&'static str, String>, Problem> {
        let Some(token) = request.identity_source.as_deref().and_then(only).map(bare) else { return Ok(BTreeMap::new()) };
        if token.starts_with(CLIENT_TOKEN_PREFIX) {
            let Some(token) = self.client_tokens.read(token).await? else { return Ok(BTreeMap::new()) };
            return Ok(BTreeMap::from([
                ("verification", token.verification.to_string()),
                ("generation", u8::from(token.generation).to_string()),
                ("expiresAt", token.expires_at.to_string()),
            ]));
        }
        let Ok(unverified) = jwt::Unverified::read(token) else { return Ok(BTreeMap::new()) };
        let key = self.keys.find(unverified.key_id(), invocation.now).await.map_err(unreachable_issuer)?;
        let claims = key.ok_or(Untrusted::Key).and_then(|key| unverified.verified(&key, &self.rules, invocation.now));
        Ok(claims.map_or_else(
            |_| BTreeMap::new(),
            |claims| BTreeMap::from([("iss", self.rules.issuer.clone()), ("sub", claims.subject), ("scope", claims.scopes)]),
        ))
    }
}

/// Two headers are one too many.
fn only(sources: &[String]) -> Option<&str> {
    match sources {
        [source] => Some(source.trim()),
        _ => None,
    }
}

/// The token, which may do without its scheme, as with the gateway's own authorizer.
fn bare(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => header,
    }
}

fn unreachable_issuer(fault: KeysFault) -> Fault {
    Fault::new(FaultCode::IssuerUnavailable, "read the issuer's keys", fault)
}
