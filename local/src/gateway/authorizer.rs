//! The HTTP API's JWT authorizer, by the steps of "Control access to HTTP APIs with JWT authorizers in API Gateway": token, signature, `kid`,
//! `iss`, `aud` or `client_id`, `exp`, `nbf`, `iat`, and one of the route's scopes. JWT expiry goes by wall time, without leeway.

use super::deployment::JwtConfiguration;
use crate::tokens::{ALGORITHM, TokenIssuer};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Knows the issuer and its key.
pub struct Authorizer {
    rules: JwtConfiguration,
    key: DecodingKey,
    key_id: String,
}

/// A caller whose token is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized {
    /// Every claim as a string, as a function sees them in `requestContext.authorizer.jwt.claims`.
    pub claims: BTreeMap<String, String>,
    /// The token's scopes where the route asks for any, else none (`null` in the event).
    pub scopes: Option<Vec<String>>,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No token at all: 401.
    NoToken,
    /// A token that is not good, and what is wrong with it: 401.
    InvalidToken(&'static str),
    /// A good token without any of the route's scopes: 403.
    InsufficientScope,
}

impl std::fmt::Debug for Authorizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authorizer").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Authorizer {
    /// An authorizer for the tokens of the local issuer.
    pub fn new(rules: JwtConfiguration, issuer: &TokenIssuer) -> Self {
        let (key, key_id) = issuer.verifying_key();
        Self { rules, key, key_id }
    }

    /// Judges a request's token for a route that asks for one of `scopes` (any valid token where there are none).
    pub fn authorize(&self, headers: &HeaderMap, scopes: &[String], now: Timestamp) -> Result<Authorized, Refusal> {
        let claims = self.verified_claims(token(headers)?)?;
        check_claims(&claims, &self.rules, now).map_err(Refusal::InvalidToken)?;
        let held = scopes_of(&claims);
        if !scopes.is_empty() && !scopes.iter().any(|scope| held.contains(scope)) {
            return Err(Refusal::InsufficientScope);
        }
        let claims = claims.iter().map(|(name, value)| (name.clone(), claim_text(value))).collect();
        Ok(Authorized { claims, scopes: (!scopes.is_empty()).then_some(held) })
    }

    /// The claims of a token that the issuer's key signed, whatever they say.
    fn verified_claims(&self, token: &str) -> Result<Map<String, Json>, Refusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::InvalidToken("the token is malformed"))?;
        if header.alg != ALGORITHM {
            return Err(Refusal::InvalidToken("the token is signed by an algorithm that is not accepted"));
        }
        if header.kid.as_deref() != Some(&self.key_id) {
            return Err(Refusal::InvalidToken("the token names no key of the issuer"));
        }
        // Only the signature is left to the library: the claims are judged below, with `now` as an argument.
        let mut validation = Validation::new(ALGORITHM);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let token = jsonwebtoken::decode(token, &self.key, &validation);
        token.map(|token| token.claims).map_err(|_| Refusal::InvalidToken("the token's signature does not verify"))
    }
}

/// The token in the `Authorization` header, which may do without the `Bearer` prefix. Two headers are one too many.
fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::InvalidToken("the request has two tokens"));
    }
    let value = value.to_str().map_err(|_| Refusal::InvalidToken("the token is malformed"))?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        None if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    };
    if token.is_empty() { Err(Refusal::NoToken) } else { Ok(token) }
}

/// The claims that say whose token it is, for whom, and when. A claim of the wrong type is as bad as a wrong one.
fn check_claims(claims: &Map<String, Json>, rules: &JwtConfiguration, now: Timestamp) -> Result<(), &'static str> {
    if claims.get("iss").and_then(Json::as_str) != Some(&rules.issuer) {
        return Err("the token does not have a valid issuer");
    }
    // `client_id` counts only where there is no `aud`.
    let named = claims.get("aud").or_else(|| claims.get("client_id")).map(texts).unwrap_or_default();
    if !named.iter().any(|name| rules.audience.iter().any(|own| own == name)) {
        return Err("the token does not have a valid audience");
    }
    let now = now.as_duration().as_secs_f64();
    match claims.get("exp").and_then(Json::as_f64) {
        None => return Err("the token does not say when it expires"),
        Some(exp) if now >= exp => return Err("the token has expired"),
        Some(_) => {}
    }
    for (claim, problem) in [("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")] {
        match claims.get(claim).map(Json::as_f64) {
            None => {}
            Some(Some(time)) if time <= now => {}
            Some(_) => return Err(problem),
        }
    }
    Ok(())
}

/// `scope`, space-separated, or `scp`, which some issuers write as a list.
fn scopes_of(claims: &Map<String, Json>) -> Vec<String> {
    let claim = claims.get("scope").or_else(|| claims.get("scp"));
    claim.map(texts).unwrap_or_default().iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

/// A string or a list of strings; anything else holds none.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Claims reach a function as strings; a list becomes `[a b]`, an object `map[k:v]`, as the gateway writes them.
fn claim_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(claim_text).collect::<Vec<_>>().join(" ")),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}:{}", claim_text(value)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}
