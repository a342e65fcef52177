//! What a client sends to open a verification, and how its Idempotency-Key becomes the verification's name.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use prooflight_shared::domain::{Owner, VerificationId, hex};
use prooflight_shared::edge::Problem;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The body of `POST /verifications`. A field that is not known is refused: a misspelt `policy` would otherwise ask the
/// default question.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenRequest {
    pub(crate) policy: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) consent: Option<GivenConsent>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
}

/// The version of the text that was agreed to.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenConsent {
    pub(crate) version: String,
}

/// 1-128 visible ASCII characters.
#[derive(Debug, Clone)]
pub(crate) struct IdempotencyKey(String);

const MOST_METADATA: usize = 20;
const LONGEST_METADATA_KEY: usize = 40;
const LONGEST_METADATA_VALUE: usize = 256;

impl OpenRequest {
    /// Refuses what is too long or not printable.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let malformed = |what: &str| Err(Problem::Malformed(what.to_owned()));
        if self.device_id.as_deref().is_some_and(|device| !is_visible_ascii(device, 128)) {
            return malformed("deviceId has to be 1 to 128 visible ASCII characters");
        }
        if self.consent.as_ref().is_some_and(|consent| !is_visible_ascii(&consent.version, 32)) {
            return malformed("consent.version has to be 1 to 32 visible ASCII characters");
        }
        let metadata = self.metadata.iter().flatten();
        if self.metadata.as_ref().is_some_and(|metadata| metadata.len() > MOST_METADATA) {
            return malformed("metadata has to have at most 20 entries");
        }
        for (key, value) in metadata {
            if !is_visible_ascii(key, LONGEST_METADATA_KEY) {
                return malformed("a key of metadata has to be 1 to 40 visible ASCII characters");
            }
            if value.len() > LONGEST_METADATA_VALUE || value.chars().any(char::is_control) {
                return malformed("a value of metadata has to be at most 256 bytes without control characters");
            }
        }
        Ok(())
    }

    /// Names the body's meaning, not its spelling: the order of its fields and its white space do not count, nor whether the
    /// default policy was named.
    pub(crate) fn digest(&self, policy: &str) -> String {
        let meaning = serde_json::to_vec(&(policy, &self.device_id, &self.consent, &self.metadata)).unwrap_or_default();
        hex(ring::digest::digest(&ring::digest::SHA256, &meaning).as_ref())
    }
}

impl IdempotencyKey {
    /// The request's key, if it has one.
    pub(crate) fn of(request: &ApiGatewayV2httpRequest) -> Result<Option<Self>, Problem> {
        let Some(value) = request.headers.get("idempotency-key") else { return Ok(None) };
        match value.to_str() {
            Ok(key) if is_visible_ascii(key, 128) => Ok(Some(Self(key.to_owned()))),
            _ => Err(Problem::Malformed("Idempotency-Key has to be 1 to 128 visible ASCII characters".to_owned())),
        }
    }
}

/// HMAC over the caller, the route and the key, so that a repeated request finds its verification and nobody else can guess
/// it. Lengths go in as well: no two callers can be spelt alike.
pub(crate) fn verification_id(key: &hmac::Key, owner: &Owner, idempotency_key: &IdempotencyKey, generation: u8) -> VerificationId {
    let mut context = hmac::Context::with_key(key);
    for part in ["POST /verifications", &owner.issuer, &owner.subject, &idempotency_key.0] {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.update(&[generation]);
    let tag = context.sign();
    let mut id = [0; 16];
    id.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    VerificationId::from_bytes(id)
}

fn is_visible_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(subject: &str) -> Owner {
        Owner { issuer: "https://issuer.example/".into(), subject: subject.into() }
    }

    #[test]
    fn a_name_depends_on_caller_key_and_generation() {
        let stack = hmac::Key::new(hmac::HMAC_SHA256, b"the stack's secret, 32 bytes long");
        let id = |subject: &str, key: &str, generation| verification_id(&stack, &owner(subject), &IdempotencyKey(key.into()), generation);
        let name = id("alice", "k1", 0);
        assert_eq!(name, id("alice", "k1", 0));
        for other in [id("alic", "ek1", 0), id("bob", "k1", 0), id("alice", "k2", 0), id("alice", "k1", 1)] {
            assert_ne!(name, other);
        }
    }

    #[test]
    fn the_digest_names_the_meaning() {
        let parse = |json: &str| serde_json::from_str::<OpenRequest>(json).unwrap();
        let digest = |json: &str| {
            let request = parse(json);
            request.digest(request.policy.as_deref().unwrap_or("liveness"))
        };
        assert_eq!(digest(r#"{"policy":"liveness","deviceId":"d"}"#), digest(r#"{ "deviceId" : "d", "policy" : "liveness" }"#));
        assert_eq!(digest(r#"{"policy":"liveness"}"#), digest("{}"));
        assert_ne!(digest(r#"{"policy":"bot-check"}"#), digest("{}"));
        assert_ne!(digest(r#"{"deviceId":"d"}"#), digest("{}"));
    }

    #[test]
    fn what_is_too_long_or_unprintable_is_refused() {
        for (json, accepted) in [
            ("{}".to_owned(), true),
            (format!(r#"{{"deviceId":"{}"}}"#, "d".repeat(128)), true),
            (format!(r#"{{"deviceId":"{}"}}"#, "d".repeat(129)), false),
            (r#"{"deviceId":""}"#.to_owned(), false),
            (r#"{"deviceId":"a b"}"#.to_owned(), false),
            (r#"{"consent":{"version":"2026-11"}}"#.to_owned(), true),
            (r#"{"consent":{"version":""}}"#.to_owned(), false),
            (r#"{"metadata":{"order":"Zürich 7"}}"#.to_owned(), true),
            (r#"{"metadata":{"":"x"}}"#.to_owned(), false),
            (r#"{"metadata":{"order":"a\u0000b"}}"#.to_owned(), false),
        ] {
            let request: OpenRequest = serde_json::from_str(&json).unwrap();
            assert_eq!(request.check().is_ok(), accepted, "{json}");
        }
    }
}
