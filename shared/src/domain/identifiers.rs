//! The names of things. A malformed name cannot be built, so whoever holds one need not look again.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names a verification: `ver_` and 32 lower-case hexadecimal digits. Not a secret; only its owner and services reach it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerificationId(String);

impl VerificationId {
    /// From 16 bytes that were minted or derived at the edge.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("ver_{}", hex(&bytes)))
    }

    /// From a path segment; none when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("ver_")?;
        (digits.len() == 32 && digits.bytes().all(is_lower_hex)).then(|| Self(text.to_owned()))
    }

    /// The id as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VerificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Rekognition's name for a session, a lower-case UUID. Whoever knows it can stream into the session or ask for its result,
/// so it is a secret: it has no useful `Debug` and reaches no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// From a path segment or Rekognition's answer; none when it is not a lower-case UUID
    /// (`API_CreateFaceLivenessSession`, `SessionId`).
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => is_lower_hex(byte),
            });
        shaped.then(|| Self(text.to_owned()))
    }

    /// The id as it travels to Rekognition and to the subject.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Counts the sessions of one verification from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionNumber(pub u8);

impl fmt::Display for SessionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose verification it is: the issuer and subject of the token that opened it. It identifies a person, so it has no useful
/// `Debug` and reaches no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The token's `iss`.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner(..)")
    }
}

/// Drawn when a session is reserved: it tells two writers apart, and keys the token under which Rekognition creates the
/// session once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(String);

impl Nonce {
    /// From 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// The text that is used as a key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_parse() {
        let good = VerificationId::from_bytes([0xab; 16]);
        assert_eq!(VerificationId::parse(good.as_str()), Some(good.clone()));
        for bad in ["", "ver_", "ver_ab", &good.as_str().to_uppercase(), &format!("{good}0"), &good.as_str().replace("ver_", "")] {
            assert_eq!(VerificationId::parse(bad), None, "{bad}");
        }
        let session = "0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e6f";
        assert!(SessionId::parse(session).is_some());
        for bad in ["", "0f9c8a52", &session.to_uppercase(), &session.replace('-', "_"), &format!("{session}\n")] {
            assert!(SessionId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn secrets_have_no_debug() {
        let session = SessionId::parse("0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e6f").unwrap();
        let owner = Owner { issuer: "https://issuer.example/".into(), subject: "alice".into() };
        let nonce = Nonce::from_bytes([7; 16]);
        assert_eq!(format!("{session:?} {owner:?} {nonce:?}"), "SessionId(..) Owner(..) Nonce(..)");
    }
}
