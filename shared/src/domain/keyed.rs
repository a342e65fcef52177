//! Keyed digests that stand for a person or a device where the name itself must not: in keys, indexes, collections and what is
//! left after an erasure. Without the stack's key nobody can tell whose they are.

use super::{Owner, VerificationId, identifiers::hex};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The stack's key.
#[derive(Clone)]
pub struct StackKey(ring::hmac::Key);

/// Stands for a subject: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectKey(String);

/// Stands for a device: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceKey(String);

impl StackKey {
    /// From the secret of the stack.
    pub fn new(secret: &str) -> Self {
        Self(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// Of a subject.
    pub fn subject(&self, subject: &Owner) -> SubjectKey {
        SubjectKey(hex(&self.digest("subject", &[&subject.issuer, &subject.subject])))
    }

    /// Of a device.
    pub fn device(&self, device_id: &str) -> DeviceKey {
        DeviceKey(hex(&self.digest("device", &[device_id])))
    }

    /// Of what a page draws when it exchanges the link to a verification.
    pub fn page(&self, verification: &VerificationId, drawn: &str) -> String {
        hex(&self.digest("page", &[verification.as_str(), drawn]))
    }

    /// A verification's name, derived from what a repeated request repeats: nobody else can guess it.
    pub fn verification(&self, parts: &[&str]) -> VerificationId {
        VerificationId::from_bytes(self.digest("verification", parts))
    }

    /// Over `what` and `parts`, each with its length, so that no two lists are spelt alike.
    pub fn digest(&self, what: &str, parts: &[&str]) -> [u8; 16] {
        let mut context = ring::hmac::Context::with_key(&self.0);
        for part in std::iter::once(&what).chain(parts) {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        let mut digest = [0; 16];
        digest.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        digest
    }
}

impl fmt::Debug for StackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StackKey(..)")
    }
}

impl SubjectKey {
    /// From a stored text or a path; none when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        is_digest(text).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DeviceKey {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_are_spelt_alike() {
        let key = StackKey::new("the stack's secret, 32 bytes long");
        let subject = |issuer: &str, subject: &str| key.subject(&Owner { issuer: issuer.into(), subject: subject.into() });
        let alice = subject("https://issuer.example/", "alice");
        assert_eq!(alice, subject("https://issuer.example/", "alice"));
        assert_ne!(alice, subject("https://issuer.example/a", "lice"));
        assert_ne!(alice.as_str(), key.device("alice").as_str());
        assert_ne!(alice, StackKey::new("another").subject(&Owner { issuer: "https://issuer.example/".into(), subject: "alice".into() }));
        assert_eq!(SubjectKey::parse(alice.as_str()), Some(alice));
        assert_eq!(SubjectKey::parse("alice"), None);
    }
}
