//! Whether a request to open a stream is let in: its signature and credentials, its parameters, and the session that it names. The
//! signature comes first, so that a stranger learns nothing about sessions.

use super::LivenessStream;
use super::chain::SignatureChain;
use super::draw::{Entropy, draw};
use super::machine::Admission;
use super::message::{StreamException, StreamExceptionName};
use crate::aws::claim::query_pairs;
use crate::aws::policy;
use crate::aws::signature::{SignatureFault, verify_presigned};
use crate::rekognition::{Challenge, Refusal, is_session_id, sdk_type};
use http::request::Parts;
use jiff::Timestamp;
use prooflight_vision::Size;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// A stream that was let in.
#[derive(Debug)]
pub(super) struct Admitted {
    /// For the machine.
    pub(super) admission: Admission,
    /// For the session store; never for a log.
    pub(super) session_id: String,
    /// At most so many audit images.
    pub(super) audit_images: u8,
    /// Among the streams that there may be at a time: it is taken after the signature, so that a stranger takes none.
    pub(super) place: OwnedSemaphorePermit,
}

/// Admits or refuses a request at `wall_now`. From here on the session counts as used.
pub(super) fn admit(request: &Parts, stream: &LivenessStream, entropy: &Entropy, wall_now: Timestamp) -> Result<Admitted, StreamException> {
    let chain = authorize(request, stream, wall_now)?;
    let query = Query::parse(request.uri.query().unwrap_or_default())?;
    let place = Arc::clone(&stream.places).try_acquire_owned().map_err(|_| crowded())?;
    let connected = stream.rekognition.connect(&query.session_id, &query.challenges, query.sdk_type).map_err(refused)?;
    let kind = connected.challenge.kind;
    let admission = Admission { kind, challenge: draw(kind, query.frame, entropy), expires_at: connected.expires_at, chain };
    Ok(Admitted { admission, session_id: query.session_id, audit_images: connected.audit_images, place })
}

/// The chain that the URL's signature begins, if its signer may stream.
fn authorize(request: &Parts, stream: &LivenessStream, wall_now: Timestamp) -> Result<SignatureChain, StreamException> {
    let verified = verify_presigned(request, &stream.credentials, wall_now).map_err(|fault| unsigned(&fault))?;
    if verified.scope.service != "rekognition" {
        return Err(StreamException::validation("WrongService", "the credential should be scoped to the service `rekognition`"));
    }
    if verified.scope.region != stream.region {
        return Err(StreamException {
            name: StreamExceptionName::InvalidSignature,
            code: "WrongRegion",
            message: "Credential should be scoped to a valid region.".to_owned(),
        });
    }
    // The session policy's end was written by the clock that sessions go by.
    let action = "rekognition:StartFaceLivenessSession";
    let asked = policy::Request { action, resource: "*", region: &stream.region, now: stream.clock.now(), prefix: None };
    if !policy::permits(&verified.caller, &asked) {
        return Err(StreamException::validation("AccessDenied", "the credentials do not allow rekognition:StartFaceLivenessSession now"));
    }
    let key = stream.credentials.get(&verified.access_key_id).ok_or_else(|| unsigned(&SignatureFault::UnknownKey))?;
    Ok(SignatureChain::new(key.secret_access_key, verified.scope.region, verified.signature))
}

/// What the URL says beside its signature, within the constraints of `StartFaceLivenessSessionRequest`.
#[derive(Debug, PartialEq)]
struct Query {
    session_id: String,
    frame: Size,
    challenges: Vec<Challenge>,
    sdk_type: Option<String>,
}

impl Query {
    fn parse(query: &str) -> Result<Self, StreamException> {
        let find = |name: &str| query_pairs(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let field = |name: &'static str| find(name).ok_or_else(|| malformed(format!("`{name}` is missing")));
        let session_id = field("session-id")?;
        if !is_session_id(&session_id) {
            return Err(malformed("`session-id` is not a lower-case UUID of 36 characters"));
        }
        let versions = field("challenge-versions")?;
        if !(15..=150).contains(&versions.len()) {
            return Err(malformed("`challenge-versions` is not 15 to 150 characters"));
        }
        // A challenge that only newer clients know is none that we could put.
        let challenges = versions.split(',').filter_map(|text| Challenge::from_str(text).ok()).collect();
        let frame = Size { width: pixels(&field("video-width")?)?, height: pixels(&field("video-height")?)? };
        Ok(Self { session_id, frame, challenges, sdk_type: find("x-amz-user-agent").and_then(|agent| sdk_type(&agent)) })
    }
}

/// The model says three or four digits; a frame of less than a hundred pixels has room for no face.
fn pixels(text: &str) -> Result<u32, StreamException> {
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let pixels = text.parse().ok().filter(|pixels| digits && *pixels >= 100);
    pixels.ok_or_else(|| malformed("`video-width` and `video-height` are not 100 to 9999 pixels"))
}

fn crowded() -> StreamException {
    StreamException {
        name: StreamExceptionName::Throttling,
        code: "TooManyStreams",
        message: "too many liveness streams are open; try again".to_owned(),
    }
}

fn malformed(message: impl Into<String>) -> StreamException {
    StreamException::validation("Request", message)
}

fn refused(refusal: Refusal) -> StreamException {
    let code = match refusal {
        Refusal::NotFound => "SessionNotFound",
        Refusal::Expired => "SessionExpired",
        Refusal::AlreadyUsed => "SessionAlreadyUsed",
        Refusal::ChallengeUnsupported => "ChallengeUnsupported",
        Refusal::NotStored => return StreamException::internal("NotStored"),
    };
    StreamException::validation(code, refusal.to_string())
}

fn unsigned(fault: &SignatureFault) -> StreamException {
    let code = match fault {
        SignatureFault::Missing => "SignatureMissing",
        SignatureFault::Incomplete(_) | SignatureFault::HeaderNotSigned(_) => "SignatureIncomplete",
        SignatureFault::UnknownKey => "UnknownKey",
        SignatureFault::WrongToken => "InvalidToken",
        SignatureFault::ExpiredToken => "ExpiredToken",
        SignatureFault::Skewed { .. } => "ClockSkew",
        SignatureFault::Expired { .. } => "ExpiredUrl",
        SignatureFault::WrongPayload | SignatureFault::Mismatch => "InvalidSignature",
    };
    StreamException::validation(code, fault.to_string())
}
