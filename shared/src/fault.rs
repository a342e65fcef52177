//! The unexpected: what went wrong inside, for the operator. Outside it is always "internal error" or "try again later".

use std::error::Error;
use std::fmt;

/// Something failed that the caller has no part in. Its `Display` is its own sentence; the causes are printed once, at the
/// edge, as an [`ErrorChain`](crate::error_chain::ErrorChain).
#[derive(Debug)]
pub struct Fault {
    /// For the operator who can mend it.
    pub code: FaultCode,
    context: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Few, stable, and each with a remedy of its own in docs/OPERATIONS.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// The table did not answer, or not in time.
    StoreUnavailable,
    /// The table refuses us: permissions, name, or a request that it does not accept.
    StoreRefused,
    /// Others kept changing the same verification.
    StoreContended,
    /// A stored document cannot be read.
    StoreCorrupt,
    /// The evidence bucket did not take an image.
    BucketUnavailable,
    /// The bucket refuses us.
    BucketRefused,
    /// Rekognition throttles or is down.
    LivenessUnavailable,
    /// Rekognition refuses us: permissions, region, or a request that it does not accept.
    LivenessRefused,
    /// Rekognition's face operations throttle or are down.
    FacesUnavailable,
    /// Rekognition's face operations refuse us: permissions, the collection, or a request that they do not accept.
    FacesRefused,
    /// STS did not vend streaming credentials.
    CredentialsUnavailable,
    /// STS refuses to: permissions, or the role's trust.
    CredentialsRefused,
    /// The queue of rescues did not take a message.
    RescueUnavailable,
    /// The queue of rescues refuses us: permissions, its URL, or a message that it does not accept.
    RescueRefused,
    /// `EventBridge` throttles or is down.
    BusUnavailable,
    /// `EventBridge` refuses us: permissions, the bus, or an event that it does not accept.
    BusRefused,
    /// Step Functions throttles or is down.
    WorkflowUnavailable,
    /// Step Functions refuses us: permissions, or an answer that it does not accept.
    WorkflowRefused,
    /// The receiver of webhooks was not reached, or did not take one: it is sent again.
    WebhookUnavailable,
    /// A webhook was given up: refused for good, not taken for a day, or no event at all.
    WebhookRefused,
    /// The queue of webhooks is slow, or did not take a message.
    WebhookQueueUnavailable,
    /// The queue of webhooks refuses us: permissions, or its URL.
    WebhookQueueRefused,
    /// Secrets Manager, or KMS, throttles or is down.
    SigningKeyUnavailable,
    /// There is no key to sign with: permissions, or a secret or a key of KMS that is not one.
    SigningKeyRefused,
    /// The issuer of access tokens does not answer, or not with its keys.
    IssuerUnavailable,
    /// The invocation ran out of time, because services were slow.
    TooSlow,
    /// A bug of ours.
    Bug,
}

impl FaultCode {
    /// Every code.
    pub const ALL: [Self; 27] = [
        Self::StoreUnavailable,
        Self::StoreRefused,
        Self::StoreContended,
        Self::StoreCorrupt,
        Self::BucketUnavailable,
        Self::BucketRefused,
        Self::LivenessUnavailable,
        Self::LivenessRefused,
        Self::FacesUnavailable,
        Self::FacesRefused,
        Self::CredentialsUnavailable,
        Self::CredentialsRefused,
        Self::RescueUnavailable,
        Self::RescueRefused,
        Self::BusUnavailable,
        Self::BusRefused,
        Self::WorkflowUnavailable,
        Self::WorkflowRefused,
        Self::WebhookUnavailable,
        Self::WebhookRefused,
        Self::WebhookQueueUnavailable,
        Self::WebhookQueueRefused,
        Self::SigningKeyUnavailable,
        Self::SigningKeyRefused,
        Self::IssuerUnavailable,
        Self::TooSlow,
        Self::Bug,
    ];

    /// Whether somebody has to mend something; the others may pass by themselves.
    pub fn needs_somebody(self) -> bool {
        matches!(
            self,
            Self::StoreRefused
                | Self::StoreCorrupt
                | Self::BucketRefused
                | Self::LivenessRefused
                | Self::FacesRefused
                | Self::CredentialsRefused
                | Self::RescueRefused
                | Self::BusRefused
                | Self::WorkflowRefused
                | Self::WebhookRefused
                | Self::WebhookQueueRefused
                | Self::SigningKeyRefused
                | Self::Bug
        )
    }

    /// The code as it stands in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StoreUnavailable => "store.unavailable",
            Self::StoreRefused => "store.refused",
            Self::StoreContended => "store.contended",
            Self::StoreCorrupt => "store.corrupt",
            Self::BucketUnavailable => "bucket.unavailable",
            Self::BucketRefused => "bucket.refused",
            Self::LivenessUnavailable => "liveness.unavailable",
            Self::LivenessRefused => "liveness.refused",
            Self::FacesUnavailable => "faces.unavailable",
            Self::FacesRefused => "faces.refused",
            Self::CredentialsUnavailable => "credentials.unavailable",
            Self::CredentialsRefused => "credentials.refused",
            Self::RescueUnavailable => "rescue.unavailable",
            Self::RescueRefused => "rescue.refused",
            Self::BusUnavailable => "bus.unavailable",
            Self::BusRefused => "bus.refused",
            Self::WorkflowUnavailable => "workflow.unavailable",
            Self::WorkflowRefused => "workflow.refused",
            Self::WebhookUnavailable => "webhook.unavailable",
            Self::WebhookRefused => "webhook.refused",
            Self::WebhookQueueUnavailable => "webhook_queue.unavailable",
            Self::WebhookQueueRefused => "webhook_queue.refused",
            Self::SigningKeyUnavailable => "signing_key.unavailable",
            Self::SigningKeyRefused => "signing_key.refused",
            Self::IssuerUnavailable => "issuer.unavailable",
            Self::TooSlow => "invocation.too_slow",
            Self::Bug => "bug",
        }
    }
}

impl Fault {
    /// A fault with its cause; `context` completes "failed to ...".
    pub fn new(code: FaultCode, context: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code, context, source: Some(source.into()) }
    }

    /// A fault that has no cause but itself.
    pub fn bare(code: FaultCode, context: &'static str) -> Self {
        Self { code, context, source: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.context)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
