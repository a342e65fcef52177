//! Verifies Signature Version 4: the request is signed again with the secret that we know, by AWS's own signer, and the two
//! signatures are compared in constant time (IAM User Guide, "AWS Signature Version 4 for API requests").
//!
//! Signing again rather than canonicalising here: the rules of paths, queries and header values are the signer's, and a client
//! of ours uses that very signer. Time is wall time and an argument.

use crate::aws::claim::{Claim, QUERY_FIELDS, header, query_pairs};
use crate::aws::credentials::{Caller, Credential, Credentials};
use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

pub use crate::aws::claim::Scope;

/// A request whose signature is right.
#[derive(Clone)]
pub struct Verified {
    /// Who signed it.
    pub caller: Caller,
    /// The key that was used: an identifier, not a secret, but a temporary one is still kept out of logs.
    pub access_key_id: String,
    /// What the signature was made for.
    pub scope: Scope,
    /// When the client says that it signed.
    pub signed_at: Timestamp,
    /// The signature, 64 hexadecimal digits: the seed of a chain of signed chunks.
    pub signature: String,
    secret_access_key: String,
}

impl Verified {
    /// The key that signs what follows on the same connection (chunks of an upload, frames of an event stream).
    pub fn signing_key(&self) -> Vec<u8> {
        signing_key(&self.secret_access_key, self.signed_at, &self.scope.region, &self.scope.service)
    }
}

/// The derived key for a secret on the UTC day of `day`, in a region, for a service: 32 bytes.
pub fn signing_key(secret_access_key: &str, day: Timestamp, region: &str, service: &str) -> Vec<u8> {
    v4::generate_signing_key(secret_access_key, day.into(), region, service).as_ref().to_vec()
}

/// Why a request's signature is refused. How it is worded on the wire is the addressed service's business.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// Nothing signed this request.
    #[error("the request is not signed with AWS4-HMAC-SHA256")]
    Missing,
    /// The signature cannot be read.
    #[error("{0}")]
    Incomplete(Cow<'static, str>),
    /// The access key is not one of ours.
    #[error("the access key is unknown")]
    UnknownKey,
    /// The key came with a session token, and the request has none or another one.
    #[error("the session token does not belong to the access key")]
    WrongToken,
    /// The temporary key's time is over.
    #[error("the temporary credentials have expired")]
    ExpiredToken,
    /// The request was signed too long before or after our own time.
    #[error("signed at {signed_at}, which is too far from {now}")]
    Skewed {
        /// The client's time.
        signed_at: Timestamp,
        /// Ours.
        now: Timestamp,
    },
    /// A presigned URL after its end.
    #[error("the presigned request expired at {ended_at}")]
    Expired {
        /// When its time was over.
        ended_at: Timestamp,
    },
    /// A header that changes what the request does is not covered by the signature.
    #[error("the header `{0}` must be signed")]
    HeaderNotSigned(String),
    /// The body is not the one whose hash was signed.
    #[error("the body does not have the hash that `x-amz-content-sha256` states")]
    WrongPayload,
    /// The signature is another one than the secret gives.
    #[error("the signature does not match")]
    Mismatch,
}

impl SignatureFault {
    pub(crate) fn incomplete(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Incomplete(message.into())
    }
}

/// Longer request targets are refused before anything is computed from them.
const LONGEST_TARGET: usize = 16 * 1024;

/// How far a client's clock may be off: 5 minutes, and 15 for S3 (`RequestTimeTooSkewed` in its list of error codes).
fn tolerance(service: &str) -> SignedDuration {
    SignedDuration::from_mins(if service == "s3" { 15 } else { 5 })
}

/// Whether the request's signature is in its query.
pub fn is_presigned(request: &Parts) -> bool {
    query_pairs(request.uri.query().unwrap_or_default()).any(|(key, _)| key == "X-Amz-Signature")
}

/// Verifies a request that carries its signature in the `Authorization` header. `body` is the whole body as it was sent.
pub fn verify_header(request: &Parts, body: &[u8], credentials: &Credentials, now: Timestamp) -> Result<Verified, SignatureFault> {
    let claim = Claim::from_header(request)?;
    let payload = payload_of_header_signed(request, body, &claim.scope.service)?;
    verify(request, claim, &payload, credentials, now)
}

/// Verifies a presigned URL, whose `Host` may have been signed with or without the port (browsers sign it without when they
/// open a websocket). The body of a presigned S3 request is not covered; any other service's must be empty.
pub fn verify_presigned(request: &Parts, credentials: &Credentials, now: Timestamp) -> Result<Verified, SignatureFault> {
    let claim = Claim::from_query(request)?;
    let payload = if claim.scope.service == "s3" { SignableBody::UnsignedPayload } else { SignableBody::empty() };
    verify(request, claim, &payload, credentials, now)
}

/// Verifies the policy of an upload form ("Calculating a signature": the string to sign is the policy itself). How long it is good for stands
/// in the policy, not in the signature.
pub(crate) fn verify_policy(claim: Claim, policy: &str, credentials: &Credentials, now: Timestamp) -> Result<Verified, SignatureFault> {
    let credential = credentials.get(&claim.access_key_id).ok_or(SignatureFault::UnknownKey)?;
    check_token(&claim, &credential, now)?;
    let key = signing_key(&credential.secret_access_key, claim.signed_at, &claim.scope.region, &claim.scope.service);
    let expected = v4::calculate_signature(key, policy.as_bytes());
    if claim.scope.service != "s3" || !same(&expected, &claim.signature) {
        return Err(SignatureFault::Mismatch);
    }
    Ok(verified(claim, credential))
}

fn payload_of_header_signed<'a>(request: &Parts, body: &'a [u8], service: &str) -> Result<SignableBody<'a>, SignatureFault> {
    if service != "s3" {
        return Ok(SignableBody::Bytes(body));
    }
    // S3 is told the hash, or that there is none (S3 API Reference, "Signature Calculations for the Authorization Header").
    let stated = header(request, "x-amz-content-sha256")?;
    let stated = stated.ok_or_else(|| SignatureFault::incomplete("the header `x-amz-content-sha256` is needed"))?;
    let named = stated == "UNSIGNED-PAYLOAD" || stated.starts_with("STREAMING-");
    if !named && !same(&stated, &hex_sha256(body)) {
        return Err(SignatureFault::WrongPayload);
    }
    Ok(SignableBody::Precomputed(stated.into_owned()))
}

fn verify(
    request: &Parts,
    claim: Claim,
    payload: &SignableBody<'_>,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Verified, SignatureFault> {
    let credential = credentials.get(&claim.access_key_id).ok_or(SignatureFault::UnknownKey)?;
    check_token(&claim, &credential, now)?;
    check_time(&claim, now)?;
    check_coverage(request, &claim)?;
    let host = header(request, "host")?.map(Cow::into_owned).or_else(|| request.uri.authority().map(ToString::to_string));
    let host = host.ok_or_else(|| SignatureFault::incomplete("the header `host` is needed"))?;
    // Only a presigned URL is ever signed for the name alone.
    let bare = claim.valid_for.and_then(|_| host.rsplit_once(':')).map(|(name, _)| name);
    for host in std::iter::once(host.as_str()).chain(bare) {
        let expected = sign_again(request, host, &claim, &credential, payload.clone())?;
        if same(&expected, &claim.signature) {
            return Ok(verified(claim, credential));
        }
    }
    Err(SignatureFault::Mismatch)
}

fn verified(claim: Claim, credential: Credential) -> Verified {
    Verified {
        caller: credential.caller,
        access_key_id: claim.access_key_id,
        scope: claim.scope,
        signed_at: claim.signed_at,
        signature: claim.signature,
        secret_access_key: credential.secret_access_key,
    }
}

fn check_token(claim: &Claim, credential: &Credential, now: Timestamp) -> Result<(), SignatureFault> {
    match (&credential.session_token, &claim.session_token) {
        (Some(ours), Some(theirs)) if same(ours, theirs) => {}
        (None, None) => {}
        _ => return Err(SignatureFault::WrongToken),
    }
    if credential.expires_at.is_some_and(|end| end <= now) {
        return Err(SignatureFault::ExpiredToken);
    }
    Ok(())
}

fn check_time(claim: &Claim, now: Timestamp) -> Result<(), SignatureFault> {
    let tolerance = tolerance(&claim.scope.service);
    let age = now.duration_since(claim.signed_at);
    let Some(valid_for) = claim.valid_for else {
        let off = age.abs() > tolerance;
        return if off { Err(SignatureFault::Skewed { signed_at: claim.signed_at, now }) } else { Ok(()) };
    };
    if age < -tolerance {
        return Err(SignatureFault::Skewed { signed_at: claim.signed_at, now });
    }
    if age > valid_for {
        return Err(SignatureFault::Expired { ended_at: claim.signed_at.saturating_add(valid_for).unwrap_or(Timestamp::MAX) });
    }
    Ok(())
}

/// Headers that say what is asked for must be signed, or somebody on the way could change them.
fn check_coverage(request: &Parts, claim: &Claim) -> Result<(), SignatureFault> {
    if !claim.signed_headers.contains("host") {
        return Err(SignatureFault::HeaderNotSigned("host".to_owned()));
    }
    // A presigned URL's sender adds these without knowing the secret; none of them changes what is done.
    let free: &[&str] = if claim.valid_for.is_some() { &["x-amz-user-agent", "x-amz-checksum-mode", "x-amz-content-sha256"] } else { &[] };
    let unsigned = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| name.starts_with("x-amz-") && !claim.signed_headers.contains(*name) && !free.contains(name));
    match unsigned {
        Some(name) => Err(SignatureFault::HeaderNotSigned(name.to_owned())),
        None => Ok(()),
    }
}

fn sign_again(
    request: &Parts,
    host: &str,
    claim: &Claim,
    credential: &Credential,
    payload: SignableBody<'_>,
) -> Result<String, SignatureFault> {
    let target = target(request, claim)?;
    let mut headers: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(claim.signed_headers.len());
    for name in &claim.signed_headers {
        let value = if name == "host" { Some(Cow::Borrowed(host)) } else { header(request, name)? };
        headers.push((name, value.ok_or(SignatureFault::Mismatch)?));
    }
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    if claim.scope.service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let mut token = None;
    if let Some(valid_for) = claim.valid_for {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(valid_for.unsigned_abs());
        // In a header-signed request the token is one of the signed headers and is there already.
        token.clone_from(&claim.session_token);
    }
    let identity = SigningCredentials::new(&claim.access_key_id, &credential.secret_access_key, token, None, "prooflight-local").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&claim.scope.region)
        .name(&claim.scope.service)
        .time(claim.signed_at.into())
        .settings(settings)
        .build()
        .map_err(|error| SignatureFault::incomplete(error.to_string()))?
        .into();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_ref()));
    // The signer traces what it signs, session token included: it gets nobody to tell.
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        let request = SignableRequest::new(request.method.as_str(), target, headers, payload)?;
        Ok(sign(request, &params)?.into_parts().1)
    })
    .map_err(|error: aws_sigv4::http_request::SigningError| SignatureFault::incomplete(error.to_string()))
}

/// Path and query as they were sent, less what the signer adds to a presigned query.
fn target(request: &Parts, claim: &Claim) -> Result<String, SignatureFault> {
    let path = request.uri.path();
    let query = request.uri.query().unwrap_or_default();
    // The signer takes both for granted: an absolute path, and a length that stays short when every byte is escaped.
    if !path.starts_with('/') || path.len() + query.len() > LONGEST_TARGET {
        return Err(SignatureFault::incomplete("the request target is too long or not a path"));
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            claim.valid_for.is_none() || !query_pairs(name).any(|(name, _)| QUERY_FIELDS.contains(&name.as_ref()))
        })
        .collect();
    Ok(if kept.is_empty() || query.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) })
}

fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

fn hex_sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    format!("{:x}", sha2::Sha256::digest(bytes))
}
