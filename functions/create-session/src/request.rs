//! What a client sends to open a verification.

use prooflight_shared::domain::hex;
use prooflight_shared::edge::{GivenConsent, Object, Problem, check_notes};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The body of `POST /verifications`. A field that is not known is refused: a misspelt `policy` would otherwise ask the
/// default question.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenRequest {
    pub(crate) policy: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) consent: Option<Object<GivenConsent>>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
}

impl OpenRequest {
    /// Refuses what is too long or not printable.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        check_notes(self.device_id.as_deref(), self.consent.as_ref().map(|Object(consent)| consent), self.metadata.as_ref())
    }

    /// Names the body's meaning, not its spelling: the order of its fields and its white space do not count, nor whether the
    /// default policy was named.
    pub(crate) fn digest(&self, policy: &str) -> String {
        let meaning = serde_json::to_vec(&(policy, &self.device_id, &self.consent, &self.metadata)).unwrap_or_default();
        hex(ring::digest::digest(&ring::digest::SHA256, &meaning).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
