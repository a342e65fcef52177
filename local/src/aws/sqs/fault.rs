//! How SQS says no. It speaks awsJson now and was a query service before, whose codes its SDKs still show: they come in a header of
//! their own ("AWS Query Compatible", Smithy documentation).

use crate::aws::json;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};

/// A refusal in the service's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    pub(super) kind: Kind,
    pub(super) message: String,
}

/// The errors of `API_SendMessage`, `API_ReceiveMessage` and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleIsInvalid,
    MessageNotInflight,
    EmptyBatchRequest,
    TooManyEntriesInBatchRequest,
    BatchEntryIdsNotDistinct,
    InvalidBatchEntryId,
    BatchRequestTooLong,
    InvalidMessageContents,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    MissingParameter,
    UnsupportedOperation,
    Internal,
}

impl Kind {
    /// The name of the error's shape, and the code that the query protocol had for it.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::QueueDoesNotExist => ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
            Self::QueueNameExists => ("QueueNameExists", "QueueAlreadyExists"),
            Self::ReceiptHandleIsInvalid => ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::MessageNotInflight => ("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
            Self::EmptyBatchRequest => ("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
            Self::TooManyEntriesInBatchRequest => ("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
            Self::BatchEntryIdsNotDistinct => ("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
            Self::InvalidBatchEntryId => ("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"),
            Self::BatchRequestTooLong => ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
            Self::InvalidMessageContents => ("InvalidMessageContents", "InvalidMessageContents"),
            Self::InvalidAttributeName => ("InvalidAttributeName", "InvalidAttributeName"),
            Self::InvalidAttributeValue => ("InvalidAttributeValue", "InvalidAttributeValue"),
            Self::InvalidParameterValue => ("InvalidParameterValueException", "InvalidParameterValue"),
            Self::MissingParameter => ("MissingRequiredParameterException", "MissingParameter"),
            Self::UnsupportedOperation => ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"),
            Self::Internal => ("InternalFailure", "InternalFailure"),
        }
    }

    /// The code in the results of a batch.
    pub(super) fn code(self) -> &'static str {
        self.names().1
    }
}

impl Refusal {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What the disk says is our own matter.
    pub(super) fn internal(error: &std::io::Error) -> Self {
        tracing::error!(%error, "the local SQS failed");
        Self::new(Kind::Internal, "the local SQS failed")
    }

    pub(super) fn render(&self) -> Response<Bytes> {
        let (shape, code) = self.kind.names();
        let (status, side) = match self.kind {
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Receiver"),
            _ => (StatusCode::BAD_REQUEST, "Sender"),
        };
        let mut response = json::fault("sqs", status, shape, &self.message);
        if let Ok(value) = HeaderValue::from_str(&format!("{code};{side}")) {
            response.headers_mut().insert("x-amzn-query-error", value);
        }
        response
    }
}
