//! The signature of a webhook, as "Standard Webhooks" 1.0.0 has it (standardwebhooks.com): HMAC-SHA256 over id, time of this try and body, with
//! dots between them; one signature for each key, so that receivers can change to another key at their leisure.

use crate::webhook::Webhook;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use prooflight_shared::adapters::SigningSecret;
use ring::hmac;

/// The headers by which a receiver checks what it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// `webhook-id`.
    pub(crate) id: String,
    /// `webhook-timestamp`: seconds, of this try.
    pub(crate) timestamp: String,
    /// `webhook-signature`: one for each key, with blanks between them.
    pub(crate) signature: String,
}

impl Signed {
    /// Signs with every key.
    pub(crate) fn new(keys: &[SigningSecret], webhook: &Webhook, now: Timestamp) -> Self {
        let timestamp = now.as_second().to_string();
        let signatures: Vec<String> = keys.iter().map(|key| sign(key.bytes(), &webhook.id, &timestamp, &webhook.body)).collect();
        Self { id: webhook.id.clone(), timestamp, signature: signatures.join(" ") }
    }
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's libraries share.
    #[test]
    fn it_is_what_other_libraries_sign() {
        let key = STANDARD.decode("plJ3nmyCDGBKInavdOK15jsl").expect("base64");
        let signature = sign(&key, "msg_loFOjxBNrRLzqYUf", "1731705121", br#"{"event_type":"ping","data":{"success":true}}"#);
        assert_eq!(signature, "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=");
    }
}
