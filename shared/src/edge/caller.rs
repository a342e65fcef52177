//! Who calls: what the gateway's authorizer read from a token that it has verified.

use super::Problem;
use crate::domain::Owner;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::Value;

/// A caller with a verified token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Issuer and subject.
    pub owner: Owner,
}

impl Caller {
    /// The caller with whichever of `scopes` his token carries first, and which that is.
    pub fn with_one_of(request: &ApiGatewayV2httpRequest, scopes: &[&'static str]) -> Result<(Self, &'static str), Problem> {
        let mut refused = Problem::ScopeMissing;
        for &scope in scopes {
            match Self::with_scope(request, scope) {
                Ok(caller) => return Ok((caller, scope)),
                Err(problem) => refused = problem,
            }
        }
        Err(refused)
    }

    /// The caller, if the token carries `scope`. The gateway has asked for it already, but passes a token that has *one* of a
    /// route's scopes, so the handler asks again ("Control access to HTTP APIs with JWT authorizers").
    pub fn with_scope(request: &ApiGatewayV2httpRequest, scope: &str) -> Result<Self, Problem> {
        let authorizer = request.request_context.authorizer.as_ref().ok_or(Problem::Unauthenticated)?;
        let claim = |name: &str| {
            let value = match &authorizer.jwt {
                // The gateway's own authorizer.
                Some(jwt) => jwt.claims.get(name).map(String::as_str),
                // Ours, which hands on the same claims.
                None => authorizer.fields.get(name).and_then(Value::as_str),
            };
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let (Some(issuer), Some(subject)) = (claim("iss"), claim("sub")) else { return Err(Problem::Unauthenticated) };
        let scopes = claim("scope").or_else(|| claim("scp")).unwrap_or_default();
        // The gateway writes a claim that is a list as "[one two]".
        let held = scopes.trim_matches(['[', ']']).split_ascii_whitespace().any(|held| held == scope);
        if held { Ok(Self { owner: Owner { issuer, subject } }) } else { Err(Problem::ScopeMissing) }
    }
}

/// A parameter of the query; an empty one is none.
pub fn query_parameter<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> Option<&'a str> {
    request.query_string_parameters.first(name).filter(|value| !value.is_empty())
}

/// A segment of the path, by its name in the route.
pub fn path_parameter<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> &'a str {
    request.path_parameters.get(name).map_or("", String::as_str)
}
