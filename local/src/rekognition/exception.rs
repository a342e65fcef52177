//! The exceptions of the operations, with the wire shape that SDKs map to their modelled errors (awsJson1.1: `__type` in the
//! body, `x-amzn-errortype` in the header, and the status that the model gives the shape).

use crate::aws::json;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

/// An answer that is not the result asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", name.as_str())]
pub struct Exception {
    /// Which one.
    pub name: ExceptionName,
    /// A sentence for the developer.
    pub message: String,
}

impl Exception {
    /// A constraint of the request is violated.
    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self { name: ExceptionName::InvalidParameterException, message: message.into() }
    }

    /// No session has this id, or not any more.
    pub fn session_not_found() -> Self {
        Self { name: ExceptionName::SessionNotFoundException, message: "no session has this id".to_owned() }
    }

    /// The picture is none, or none that is read.
    pub fn invalid_image_format(message: impl Into<String>) -> Self {
        Self { name: ExceptionName::InvalidImageFormatException, message: message.into() }
    }

    /// The picture has too many bytes or pixels.
    pub fn image_too_large(message: impl Into<String>) -> Self {
        Self { name: ExceptionName::ImageTooLargeException, message: message.into() }
    }

    /// The object that a request names is not there for the caller.
    pub fn invalid_s3_object() -> Self {
        let message = "the object could not be had from S3: check bucket, key, version and permissions";
        Self { name: ExceptionName::InvalidS3ObjectException, message: message.to_owned() }
    }

    /// What a request names does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { name: ExceptionName::ResourceNotFoundException, message: message.into() }
    }

    /// No collection has this id.
    pub fn collection_not_found() -> Self {
        Self::not_found("no collection has this id")
    }

    /// What a request would make exists.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self { name: ExceptionName::ResourceAlreadyExistsException, message: message.into() }
    }

    /// A token that no answer gave.
    pub fn invalid_pagination_token() -> Self {
        Self { name: ExceptionName::InvalidPaginationTokenException, message: "NextToken is not one of ours".to_owned() }
    }

    /// The fault is ours; the cause has been logged.
    pub fn internal() -> Self {
        Self { name: ExceptionName::InternalServerError, message: "the local service failed; its log says why".to_owned() }
    }

    /// The HTTP answer; the endpoint adds the request id.
    pub fn to_response(&self) -> Response<Bytes> {
        let name = self.name.as_str();
        let body = json!({"__type": name, "Code": name, "Message": self.message});
        let mut response = json::answer("rekognition", self.name.status(), body.to_string());
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(name));
        response
    }
}

/// The names that can stand in `__type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ExceptionName {
    /// The caller may not do this.
    AccessDeniedException,
    /// More bytes or pixels than the operation takes.
    ImageTooLargeException,
    /// The service failed.
    InternalServerError,
    /// Neither JPEG nor PNG, or damaged.
    InvalidImageFormatException,
    /// A page's token is none.
    InvalidPaginationTokenException,
    /// A parameter violates a constraint.
    InvalidParameterException,
    /// An object cannot be had from S3.
    InvalidS3ObjectException,
    /// More requests than the account may make.
    ProvisionedThroughputExceededException,
    /// It exists.
    ResourceAlreadyExistsException,
    /// It does not exist.
    ResourceNotFoundException,
    /// No such session.
    SessionNotFoundException,
    /// The service is busy.
    ThrottlingException,
    /// The body is not JSON of the right types; not modelled, as every awsJson service answers it.
    SerializationException,
}

impl ExceptionName {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDeniedException => "AccessDeniedException",
            Self::ImageTooLargeException => "ImageTooLargeException",
            Self::InternalServerError => "InternalServerError",
            Self::InvalidImageFormatException => "InvalidImageFormatException",
            Self::InvalidPaginationTokenException => "InvalidPaginationTokenException",
            Self::InvalidParameterException => "InvalidParameterException",
            Self::InvalidS3ObjectException => "InvalidS3ObjectException",
            Self::ProvisionedThroughputExceededException => "ProvisionedThroughputExceededException",
            Self::ResourceAlreadyExistsException => "ResourceAlreadyExistsException",
            Self::ResourceNotFoundException => "ResourceNotFoundException",
            Self::SessionNotFoundException => "SessionNotFoundException",
            Self::ThrottlingException => "ThrottlingException",
            Self::SerializationException => "SerializationException",
        }
    }

    /// The model marks `InternalServerError` and `ThrottlingException` as faults of the server.
    fn status(self) -> StatusCode {
        match self {
            Self::InternalServerError | Self::ThrottlingException => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
