//! The keys that webhooks are signed with: one secret that holds the current one and, while receivers change over, the previous one. It is
//! read for each delivery, so that another key counts from the next one on.

use super::refusal::{Codes, fault};
use crate::fault::{Fault, FaultCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::fmt;

/// Where the keys are.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    client: aws_sdk_secretsmanager::Client,
    arn: String,
}

/// One key: 24 to 64 random bytes, as "Standard Webhooks" 1.0.0 asks for.
pub struct SigningSecret(Vec<u8>);

/// What the secret's value says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    current: String,
    #[serde(default)]
    previous: Option<String>,
}

const CODES: Codes = Codes { unavailable: FaultCode::SigningKeyUnavailable, refused: FaultCode::SigningKeyRefused };
const CONTEXT: &str = "read the keys that webhooks are signed with";

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

impl SigningSecret {
    /// The key's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// From its serialised form: base64, with the prefix by which it is known for what it is, or without.
    fn parse(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok()?;
        (24..=64).contains(&key.len()).then_some(Self(key))
    }
}

impl SigningKeys {
    /// The secret of that ARN.
    pub fn new(client: aws_sdk_secretsmanager::Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned() }
    }

    /// The keys that count, the current one first.
    pub async fn read(&self) -> Result<Vec<SigningSecret>, Fault> {
        let value = self.client.get_secret_value().secret_id(&self.arn).send().await.map_err(|error| fault(CODES, CONTEXT, &error))?;
        // What is wrong with it is not said: it would quote the secret.
        value.secret_string().and_then(parse).ok_or_else(|| Fault::bare(CODES.refused, CONTEXT))
    }

    /// Opens the connection, by the one call that the role allows.
    pub async fn warm_up(&self) {
        let _ = self.client.get_secret_value().secret_id(&self.arn).send().await;
    }
}

/// All of it or nothing: with one of two keys unreadable, some receivers would refuse everything and nobody would be told why.
fn parse(value: &str) -> Option<Vec<SigningSecret>> {
    let Keys { current, previous } = serde_json::from_str(value).ok()?;
    let previous = previous.filter(|key| !key.is_empty());
    std::iter::once(current).chain(previous).map(|key| SigningSecret::parse(&key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "plJ3nmyCDGBKInavdOK15jslplJ3nmyC";

    #[test]
    fn one_key_or_two_count() {
        for (value, count) in [
            (format!(r#"{{"current":"{ONE}"}}"#), 1),
            (format!(r#"{{"current":"whsec_{ONE}"}}"#), 1),
            (format!(r#"{{"current":"\u0077hsec_{ONE}"}}"#), 1),
            (format!(r#"{{"current":"{ONE}","previous":""}}"#), 1),
            (format!(r#"{{"current":"{ONE}","previous":null}}"#), 1),
            (format!(r#"{{"current":"whsec_{ONE}","previous":"{OTHER}"}}"#), 2),
        ] {
            let keys = parse(&value).unwrap_or_else(|| panic!("{value}"));
            assert_eq!(keys.len(), count, "{value}");
            assert_eq!(keys[0].bytes(), STANDARD.decode(ONE).unwrap());
            assert!(!format!("{keys:?}").contains("49"), "no byte of it is shown: {keys:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for value in [
            "",
            "{}",
            ONE,
            r#"{"current":""}"#,
            r#"{"current":"c2hvcnQ="}"#,
            &format!(r#"{{"current":"{ONE}!"}}"#),
            &format!(r#"{{"current":"{ONE}","previous":"short"}}"#),
            &format!(r#"{{"current":"{ONE}","next":"{OTHER}"}}"#),
            &format!(r#"{{"current":"{}"}}"#, "A".repeat(88)),
        ] {
            assert!(parse(value).is_none(), "{value}");
        }
    }
}
