//! The local identity provider: access tokens for `/dev/token`, and the public key by which the gateway's authorizer knows them. A deployed
//! API takes its issuer's keys from the issuer's JWKS; here issuer and gateway are one process, and the key is handed over; `authorize` reads the published one, as it would there.

#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;

use crate::data_folder::{DataFolder, kept};
use crate::random::hex;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The `iss` claim of every local token.
pub const ISSUER: &str = "https://prooflight.local/";
/// The `aud` claim of every local token.
pub const AUDIENCE: &str = "prooflight";
/// What a token may be good for, as design and API description name it.
pub const SCOPES: [&str; 6] = ["verify", "open", "read", "review", "erase", "admin"];
/// How long a token is good for, on wall time.
pub const LIFETIME_SECONDS: i64 = 3600;

/// ES256: P-256 keys are drawn in no time, while the RSA keys that API Gateway asks of a real issuer take seconds to find. It is the one
/// place where the local authorizer accepts what the deployed one would not.
pub const ALGORITHM: Algorithm = Algorithm::ES256;

/// The issuer's key pair.
pub struct TokenIssuer {
    signing: EncodingKey,
    verifying: DecodingKey,
    key_id: String,
    published: String,
}

impl std::fmt::Debug for TokenIssuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TokenIssuer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Why the issuer's key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// The file cannot be read or written.
    #[error("the token key cannot be kept")]
    File(#[from] std::io::Error),
    /// The file holds something else; deleting it makes a new key, and tokens made before are refused.
    #[error("token-key.pk8 in the data folder is damaged; delete it to have a new key drawn")]
    Damaged,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    scope: &'a str,
    iat: i64,
    exp: i64,
}

impl TokenIssuer {
    /// The issuer whose key lies in the data folder; drawn on first use, and for this run only where there is no folder.
    pub fn open(folder: Option<&DataFolder>) -> Result<Self, TokenKeyError> {
        let random = SystemRandom::new();
        let draw = || {
            let drawn = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            drawn.map(|document| document.as_ref().to_vec()).map_err(|_| std::io::Error::other("the system gives no random bytes"))
        };
        let pkcs8 = kept(folder, "token-key.pk8", draw)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).map_err(|_| TokenKeyError::Damaged)?;
        let point = pair.public_key().as_ref();
        let key_id: String = hex(Sha256::digest(point)).chars().take(16).collect();
        // Uncompressed: a byte that says so, and two coordinates (SEC 1, 2.3.3).
        let (x, y) = point.get(1..).and_then(|rest| rest.split_at_checked(32)).ok_or(TokenKeyError::Damaged)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": key_id });
        let published = json!({ "keys": [key] }).to_string();
        Ok(Self { signing: EncodingKey::from_ec_der(&pkcs8), verifying: DecodingKey::from_ec_der(point), key_id, published })
    }

    /// A token for `subject` with space-separated `scope`, good from `now` for an hour.
    pub fn issue(&self, subject: &str, scope: &str, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let iat = now.as_second();
        let claims = Claims { iss: ISSUER, aud: AUDIENCE, sub: subject, scope, iat, exp: iat.saturating_add(LIFETIME_SECONDS) };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(ALGORITHM) };
        jsonwebtoken::encode(&header, &claims, &self.signing)
    }

    /// What an issuer publishes for whoever checks its tokens: a JWK set (RFC 7517).
    pub fn published_keys(&self) -> &str {
        &self.published
    }

    /// What tokens are checked with: the public key and its id.
    pub fn verifying_key(&self) -> (DecodingKey, String) {
        (self.verifying.clone(), self.key_id.clone())
    }
}
