//! What a decision's signature is over. The table says who was approved, and whoever may write to it could say so too; the signature is made by a key of KMS that
//! only those who judge may use, so a decision that somebody wrote by hand, or changed, has none that fits.

use super::signed_result::P256_SPKI;
use super::{Decision, SessionNumber, VerificationId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// A decision as it is signed: whose, which session's, what, by which rules, on what evidence, and when.
#[derive(Debug, Clone, Copy)]
pub struct SealedDecision<'a> {
    /// The verification.
    pub verification: &'a VerificationId,
    /// Which of its sessions.
    pub session: SessionNumber,
    /// What was decided.
    pub decision: &'a Decision,
}

/// The signature: ASN.1 in Base64, as KMS gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seal(String);

/// The public half of the key, an uncompressed point on P-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionKeyPublic(Vec<u8>);

const UNCOMPRESSED: u8 = 4;

impl SealedDecision<'_> {
    /// SHA-256 over the fields, each on a line of its own; none of them can hold a line break. What is signed has the reasons in it as
    /// well, since the reviewer acts on them.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.text().as_bytes()).as_ref());
        bytes
    }

    /// Whether that key has signed exactly this.
    pub fn is_sealed_by(&self, seal: &Seal, key: &DecisionKeyPublic) -> bool {
        let Ok(signature) = STANDARD.decode(&seal.0) else { return false };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.0).verify(self.text().as_bytes(), &signature).is_ok()
    }

    fn text(&self) -> String {
        let Decision { outcome, reasons, policy, policy_version, evidence_digest, decided_at } = self.decision;
        let outcome = word(outcome);
        let reasons: Vec<String> = reasons.iter().map(word).collect();
        let (verification, session, reasons) = (self.verification, self.session, reasons.join(","));
        format!(
            "prooflight decision 1\n{verification}\n{session}\n{outcome}\n{reasons}\n{policy}\n{policy_version}\n{evidence_digest}\n{decided_at}\n"
        )
    }
}

impl DecisionKeyPublic {
    /// From what KMS answers: DER. Any other kind of key is none.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        // The point itself, as a signature is checked with it, begins with the last byte before the coordinates.
        let coordinates = der.strip_prefix(&P256_SPKI).filter(|coordinates| coordinates.len() == 64)?;
        Some(Self([&[UNCOMPRESSED], coordinates].concat()))
    }
}

impl Seal {
    /// From KMS's answer.
    pub fn of(signature: &[u8]) -> Self {
        Self(STANDARD.encode(signature))
    }
}

/// As it is stored.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
