//! A result that a server can believe although a browser brought it: a JWS (RFC 7515, compact, ES256) over how a verification stands, for one
//! audience and one nonce, good for five minutes. What is signed, and how key and signature are written, is decided here; KMS only signs.

use super::{Verification, VerificationId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::Serialize;

/// So long a signed result may be believed.
pub const SIGNED_RESULT_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A result before it is signed: header and claims as they go over the wire.
#[derive(Debug)]
pub struct UnsignedResult(String);

/// Who asked for it, to show it to whom.
#[derive(Debug, Clone, Copy)]
pub struct Addressed<'a> {
    /// Who signs: the stack.
    pub issuer: &'a str,
    /// Who is to believe it.
    pub audience: &'a str,
    /// What he gave out, to know it for the answer to his own question.
    pub nonce: &'a str,
}

/// A public key on P-256, as a JSON Web Key (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultKeyPublic {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    // Nothing that takes access tokens takes one of these for one (RFC 8725, 3.11).
    typ: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    nonce: &'a str,
    iat: i64,
    exp: i64,
    verification: &'a VerificationId,
    policy: &'a str,
    policy_version: &'a str,
    status: super::Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
}

/// `SubjectPublicKeyInfo` of an uncompressed point on P-256, up to the point's coordinates (RFC 5480): there is no other form of it.
pub(super) const P256_SPKI: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00, 0x04,
];

impl ResultKeyPublic {
    /// From what KMS answers: DER. Any other kind of key is none.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (x, y) = der.strip_prefix(&P256_SPKI)?.split_at_checked(32)?;
        if y.len() != 32 {
            return None;
        }
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // "JSON Web Key (JWK) Thumbprint", RFC 7638: a key goes by what it is, so that another key has another name.
        let thumbprint = digest(&SHA256, format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes());
        let kid = URL_SAFE_NO_PAD.encode(thumbprint);
        Some(Self { kty: "EC", crv: "P-256", x, y, usage: "sig", alg: "ES256", kid })
    }
}

impl UnsignedResult {
    /// How a verification stands, the passing of time already applied. None where it cannot be written.
    pub fn of(verification: &Verification, addressed: Addressed<'_>, key: &ResultKeyPublic, now: Timestamp) -> Option<Self> {
        let iat = now.as_second();
        let claims = Claims {
            iss: addressed.issuer,
            aud: addressed.audience,
            sub: &verification.owner.subject,
            nonce: addressed.nonce,
            iat,
            exp: iat.checked_add(SIGNED_RESULT_HOLDS_FOR.as_secs())?,
            verification: &verification.id,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            status: verification.status,
            decided_at: verification.decided_at,
        };
        let header = Header { alg: "ES256", typ: "prooflight-result+jwt", kid: &key.kid };
        let part = |json: Result<Vec<u8>, serde_json::Error>| json.ok().map(|json| URL_SAFE_NO_PAD.encode(json));
        Some(Self(format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&claims))?)))
    }

    /// What is to be signed: nothing of the content leaves for it.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        bytes
    }

    /// With its signature, which came as DER. None where that is not one.
    pub fn signed(self, der: &[u8]) -> Option<String> {
        Some(format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(fixed(der)?)))
    }
}

/// An ECDSA signature as JWS writes it: the two numbers, 32 bytes each (RFC 7518, 3.4), of `SEQUENCE { INTEGER, INTEGER }`.
fn fixed(der: &[u8]) -> Option<[u8; 64]> {
    let [0x30, length, rest @ ..] = der else { return None };
    if usize::from(*length) != rest.len() {
        return None;
    }
    let (r, rest) = integer(rest)?;
    let (s, rest) = integer(rest)?;
    let mut signature = [0; 64];
    let (first, second) = signature.split_at_mut(32);
    first.copy_from_slice(&r);
    second.copy_from_slice(&s);
    rest.is_empty().then_some(signature)
}

/// A DER integer that is not negative, in 32 bytes, and what comes after it.
fn integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    let digits = match digits {
        [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => digits,
        [first, ..] if (1..0x80).contains(first) => digits,
        _ => return None,
    };
    let mut number = [0; 32];
    number.get_mut(32_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_written_in_64_bytes_whatever_der_made_of_it() {
        let number = |digits: &[u8]| [&[2, u8::try_from(digits.len()).unwrap()], digits].concat();
        let sequence = |parts: &[Vec<u8>]| [vec![0x30, u8::try_from(parts.concat().len()).unwrap()], parts.concat()].concat();
        let long = [[0].as_slice(), &[0xff; 32]].concat();
        let signature = fixed(&sequence(&[number(&long), number(&[7])])).expect("a signature");
        assert_eq!(signature[..32], [0xff; 32]);
        assert_eq!((&signature[32..63], signature[63]), ([0; 31].as_slice(), 7));
        for broken in [
            sequence(&[number(&[7])]),
            sequence(&[number(&[7]), number(&[7]), number(&[7])]),
            sequence(&[number(&[0x80]), number(&[7])]),
            sequence(&[number(&[0, 7]), number(&[7])]),
            sequence(&[number(&[0]), number(&[7])]),
            sequence(&[number(&[1; 33]), number(&[7])]),
            [sequence(&[number(&[7]), number(&[7])]), vec![0]].concat(),
            vec![0x30, 0x80],
            vec![],
        ] {
            assert!(fixed(&broken).is_none(), "{broken:?}");
        }
    }

    #[test]
    fn only_a_point_of_p_256_is_a_key() {
        let der = [P256_SPKI.as_slice(), &[1; 32], &[2; 32]].concat();
        let key = ResultKeyPublic::from_der(&der).expect("a key");
        assert_eq!(key.kid, ResultKeyPublic::from_der(&der).expect("a key").kid);
        let other = [P256_SPKI.as_slice(), &[1; 32], &[3; 32]].concat();
        assert_ne!(key.kid, ResultKeyPublic::from_der(&other).expect("a key").kid);
        for broken in [&der[..90], &[&der[..], &[0]].concat()[..], &der[1..], &[]] {
            assert!(ResultKeyPublic::from_der(broken).is_none());
        }
    }
}
