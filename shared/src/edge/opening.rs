//! What every request to open a verification may carry, and how much of it is taken.

use super::Problem;
use crate::domain::{Consent, Terms};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the text that was agreed to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GivenConsent {
    version: String,
}

const MOST_METADATA: usize = 20;
const LONGEST_METADATA_KEY: usize = 40;
const LONGEST_METADATA_VALUE: usize = 256;

/// The consent to be recorded, if the policy is content: only a version that it lists counts, and what counts for nothing is refused
/// and not dropped, because whoever sent it would take it for recorded.
pub fn consent_for(terms: &Terms, given: Option<GivenConsent>, now: Timestamp) -> Result<Option<Consent>, Problem> {
    match given {
        Some(given) if terms.consent_versions.contains(&given.version) => Ok(Some(Consent { version: given.version, recorded_at: now })),
        _ if terms.consent_required => Err(Problem::ConsentRequired),
        Some(_) => Err(Problem::ConsentUnknown),
        None => Ok(None),
    }
}

/// The request's Idempotency-Key, if it has one: 1-128 visible ASCII characters.
pub fn idempotency_key(request: &ApiGatewayV2httpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = request.headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if is_visible_ascii(key, 128) => Ok(Some(key)),
        _ => malformed("Idempotency-Key has to be 1 to 128 visible ASCII characters"),
    }
}

/// Refuses hints and notes that are too long or not printable.
pub fn check_notes(
    device_id: Option<&str>,
    consent: Option<&GivenConsent>,
    metadata: Option<&BTreeMap<String, String>>,
) -> Result<(), Problem> {
    if device_id.is_some_and(|device| !is_visible_ascii(device, 128)) {
        return malformed("deviceId has to be 1 to 128 visible ASCII characters");
    }
    if consent.is_some_and(|consent| !is_visible_ascii(&consent.version, 32)) {
        return malformed("consent.version has to be 1 to 32 visible ASCII characters");
    }
    if metadata.is_some_and(|metadata| metadata.len() > MOST_METADATA) {
        return malformed("metadata has to have at most 20 entries");
    }
    for (key, value) in metadata.into_iter().flatten() {
        if !is_visible_ascii(key, LONGEST_METADATA_KEY) {
            return malformed("a key of metadata has to be 1 to 40 visible ASCII characters");
        }
        if value.len() > LONGEST_METADATA_VALUE || value.chars().any(char::is_control) {
            return malformed("a value of metadata has to be at most 256 bytes without control characters");
        }
    }
    Ok(())
}

/// Between one and `longest` characters that print and are no space.
pub fn is_visible_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn malformed<T>(what: &str) -> Result<T, Problem> {
    Err(Problem::Malformed(what.to_owned()))
}
