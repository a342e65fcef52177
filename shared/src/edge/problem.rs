//! Every "no" that a client can get, as `application/problem+json` (RFC 9457). Each has one status and one stable code; what
//! is behind a fault stays inside.

use crate::app::Refused;
use crate::domain::{Rejection, ReviewRejection, Standing};
use crate::error_chain::ErrorChain;
use crate::fault::{Fault, FaultCode};
use jiff::Timestamp;
use serde::Serialize;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub enum Problem {
    /// The body or a header is not what the API takes; which part, and why. Never an echo of the input.
    Malformed(String),
    /// No caller could be named.
    Unauthenticated,
    /// The token lacks the route's scope.
    ScopeMissing,
    /// The policy is for services to open.
    PolicyNotOpenable,
    /// There is none, or it is not the caller's, or the id cannot be one.
    NotFound,
    /// The body is over 16 KiB.
    BodyTooLarge,
    /// The body is not JSON by its own word.
    UnsupportedMediaType,
    /// The same Idempotency-Key came with another body.
    IdempotencyMismatch,
    /// No policy of that name.
    PolicyUnknown,
    /// The policy asks for a consent that did not come.
    ConsentRequired,
    /// The policy lists no such version of the consent text.
    ConsentUnknown,
    /// The policy compares with an enrolled face, and the subject has none.
    NotEnrolled,
    /// The policy compares with nothing that a source picture could give.
    SourceNotUsed,
    /// The subject is being erased.
    ErasureInProgress,
    /// The subject has failed too often, or asked too often.
    Limited {
        /// Which limit.
        standing: Standing,
        /// When to come again, in seconds.
        retry_after_seconds: u32,
    },
    /// A verdict has to name the evidence that it rests on.
    IfMatchRequired,
    /// The reviewer has not looked at the evidence lately.
    LookFirst,
    /// The rules of the verification say no.
    Rejected(Rejection),
    /// Something failed inside.
    Faulted(Fault),
}

/// The body of a problem.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProblemBody<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    request_id: &'a str,
}

/// When Rekognition, DynamoDB, S3 or SQS are in trouble, this soon is early enough and well inside the 180 seconds.
const RETRY_SOON_SECONDS: u32 = 2;

impl Problem {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.meaning().0
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.meaning().1
    }

    /// A sentence for people.
    pub fn title(&self) -> &'static str {
        self.meaning().2
    }

    /// Status, code and title, in one table.
    fn meaning(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (400, "malformed", "The request cannot be read"),
            Self::Unauthenticated => (401, "unauthenticated", "The caller is not known"),
            Self::ScopeMissing => (403, "scope_missing", "The token does not allow this"),
            Self::PolicyNotOpenable => (403, "policy_not_openable", "This policy is opened by a service"),
            Self::NotFound => (404, "not_found", "There is no such verification"),
            Self::BodyTooLarge => (413, "body_too_large", "The body is over 16 KiB"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", "The body has to be application/json"),
            Self::IdempotencyMismatch => (422, "idempotency_mismatch", "The Idempotency-Key came with another body before"),
            Self::PolicyUnknown => (422, "policy_unknown", "There is no such policy"),
            Self::ConsentRequired => (422, "consent_required", "This policy needs a consent"),
            Self::ConsentUnknown => (422, "consent_unknown", "There is no such version of the consent text"),
            Self::NotEnrolled => (422, "not_enrolled", "The subject has no enrolled face"),
            Self::SourceNotUsed => (422, "source_not_used", "This policy compares with no source picture"),
            Self::ErasureInProgress => (409, "erasure_in_progress", "The subject is being erased"),
            Self::Limited { standing: Standing::Blocked { .. }, .. } => (403, "blocked", "Too many checks have failed"),
            Self::Limited { standing: Standing::LockedOut { .. }, .. } => {
                (429, "locked_out", "Too many checks have failed in a short time")
            }
            Self::IfMatchRequired => (428, "if_match_required", "A verdict has to name the evidence in If-Match"),
            Self::LookFirst => (409, "look_first", "The evidence has to be looked at first"),
            Self::Rejected(Rejection::Review(refused)) => match refused {
                ReviewRejection::NotInReview => (409, "verification_closed", "There is nothing to review"),
                ReviewRejection::Claimed => (409, "claimed", "Another reviewer is at it"),
                ReviewRejection::OwnVerification => (403, "own_verification", "Nobody reviews himself"),
                ReviewRejection::WrongVerdict => (422, "wrong_verdict", "This verdict answers another question"),
                ReviewRejection::WrongReason => (422, "wrong_reason", "This reason speaks for another verdict"),
                ReviewRejection::EvidenceChanged => (412, "evidence_changed", "The evidence is not what was looked at"),
                ReviewRejection::AlreadyReviewed { .. } => (409, "already_reviewed", "Another verdict was first"),
            },
            Self::Rejected(Rejection::NotEnrollable) => (409, "not_enrollable", "This verification enrols nobody"),
            Self::Rejected(Rejection::VerificationClosed) => (409, "verification_closed", "The verification is closed"),
            Self::Rejected(Rejection::LinkSpent) => (410, "link_spent", "The link was used before, or is over"),
            Self::Rejected(Rejection::NotDecided) => (409, "not_decided", "The verification is still open"),
            Self::Rejected(Rejection::SessionInProgress) => (409, "session_in_progress", "The last session is still running"),
            Self::Limited { standing: Standing::RateLimited { .. } | Standing::Free, .. } | Self::Rejected(Rejection::TooManySessions) => {
                (429, "rate_limited", "Too many sessions were asked for")
            }
            Self::Rejected(Rejection::SessionGone) => (503, "try_again", "The session was given up"),
            Self::Faulted(fault) => match fault.code {
                FaultCode::LivenessUnavailable
                | FaultCode::LivenessRefused
                | FaultCode::CredentialsUnavailable
                | FaultCode::CredentialsRefused => (503, "liveness_unavailable", "The liveness check is not available right now"),
                FaultCode::FacesUnavailable | FaultCode::FacesRefused => (503, "try_again", "Faces cannot be compared right now"),
                FaultCode::StoreUnavailable
                | FaultCode::StoreRefused
                | FaultCode::StoreContended
                | FaultCode::BucketUnavailable
                | FaultCode::BucketRefused
                | FaultCode::RescueUnavailable
                | FaultCode::RescueRefused
                | FaultCode::BusUnavailable
                | FaultCode::BusRefused
                | FaultCode::WorkflowUnavailable
                | FaultCode::WorkflowRefused
                | FaultCode::WebhookUnavailable
                | FaultCode::WebhookRefused
                | FaultCode::WebhookQueueUnavailable
                | FaultCode::WebhookQueueRefused
                | FaultCode::SigningKeyUnavailable
                | FaultCode::SigningKeyRefused
                | FaultCode::IssuerUnavailable
                | FaultCode::TooSlow => (503, "try_again", "The request could not be carried out right now"),
                FaultCode::StoreCorrupt | FaultCode::Bug => (500, "internal_error", "Internal error"),
            },
        }
    }

    /// When to come again, for whatever may pass by itself.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            // Asked again, it is completed as soon as Rekognition is done, and it ends by itself at the latest.
            Self::Rejected(Rejection::SessionInProgress) => Some(5),
            Self::Limited { standing: Standing::Blocked { .. }, .. } => None,
            Self::Limited { retry_after_seconds, .. } => Some(*retry_after_seconds),
            Self::ErasureInProgress => Some(60),
            // Only a new verification has room again, and this one expires by then.
            Self::Rejected(Rejection::TooManySessions) => Some(1800),
            _ => (self.status() == 503).then_some(RETRY_SOON_SECONDS),
        }
    }

    /// Once, where it is handled; an error means that somebody has to look, anything else is the day's work.
    pub fn log(&self) {
        match self {
            Self::Faulted(fault) if fault.code.needs_somebody() => {
                tracing::error!(fault.code = fault.code.as_str(), status = self.status(), "{}", ErrorChain(fault));
            }
            Self::Faulted(fault) => {
                tracing::warn!(fault.code = fault.code.as_str(), status = self.status(), "{}", ErrorChain(fault));
            }
            _ => tracing::info!(status = self.status(), code = self.code(), "refused"),
        }
    }

    pub(super) fn body<'a>(&'a self, request_id: &'a str) -> ProblemBody<'a> {
        let (status, code, title) = self.meaning();
        let detail = match self {
            Self::Malformed(detail) => Some(detail.as_str()),
            _ => None,
        };
        // Whoever lost is told the winner.
        let winner = match self {
            Self::Rejected(Rejection::Review(ReviewRejection::AlreadyReviewed { verdict, at })) => Some((verdict.as_str(), *at)),
            _ => None,
        };
        let (verdict, decided_at) = winner.unzip();
        ProblemBody { r#type: format!("urn:prooflight:problem:{code}"), title, status, code, detail, verdict, decided_at, request_id }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Faulted(fault)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rejected(rejection) => Self::Rejected(rejection),
            // Seen with its own eyes only by whoever held it a moment ago.
            Refused::Erased => Self::NotFound,
            Refused::Limited { standing, retry_after_seconds } => Self::Limited { standing, retry_after_seconds },
            Refused::Faulted(fault) => Self::Faulted(fault),
        }
    }
}
