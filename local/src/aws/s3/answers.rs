//! S3's error answers in XML ("Error Responses" of the Amazon S3 API Reference), for what is refused before `s3s` sees it, and
//! the last touch to what `s3s` answers.

use super::S3Fault;
use crate::aws::signature::SignatureFault;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use s3s::{S3Error, S3ErrorCode};

impl From<S3Fault> for S3Error {
    fn from(fault: S3Fault) -> Self {
        let code = match &fault {
            S3Fault::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            S3Fault::NoSuchKey => S3ErrorCode::NoSuchKey,
            S3Fault::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            S3Fault::BucketName(_) => S3ErrorCode::InvalidBucketName,
            S3Fault::Key => S3ErrorCode::KeyTooLongError,
            S3Fault::BadDigest(_) => S3ErrorCode::BadDigest,
            S3Fault::Storage(error) => {
                tracing::error!(%error, "the local S3 failed");
                S3ErrorCode::InternalError
            }
        };
        Self::with_message(code, fault.to_string())
    }
}

/// The error for a refused signature.
pub(crate) fn refused_signature(refusal: &SignatureFault, presigned: bool) -> S3Error {
    let custom = |code: &'static str, status: StatusCode| {
        let mut error = S3Error::new(S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::AccessDenied));
        error.set_status_code(status);
        error
    };
    let mut error = match refusal {
        SignatureFault::Missing | SignatureFault::Expired { .. } | SignatureFault::HeaderNotSigned(_) => S3ErrorCode::AccessDenied.into(),
        SignatureFault::Incomplete(_) if presigned => S3ErrorCode::AuthorizationQueryParametersError.into(),
        SignatureFault::Incomplete(_) => S3ErrorCode::AuthorizationHeaderMalformed.into(),
        SignatureFault::UnknownKey => S3ErrorCode::InvalidAccessKeyId.into(),
        SignatureFault::WrongToken => S3ErrorCode::InvalidToken.into(),
        SignatureFault::ExpiredToken => S3ErrorCode::ExpiredToken.into(),
        SignatureFault::Skewed { .. } => S3ErrorCode::RequestTimeTooSkewed.into(),
        SignatureFault::WrongPayload => custom("XAmzContentSHA256Mismatch", StatusCode::BAD_REQUEST),
        SignatureFault::Mismatch => S3ErrorCode::SignatureDoesNotMatch.into(),
    };
    error.set_message(match refusal {
        SignatureFault::Expired { .. } => "Request has expired".to_owned(),
        SignatureFault::Mismatch => {
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.".to_owned()
        }
        other => other.to_string(),
    });
    error
}

/// The answer that says `error`.
pub(crate) async fn fault(mut error: S3Error, request_id: &str, method: &Method) -> Response<Bytes> {
    error.set_request_id(request_id);
    match error.to_http_response() {
        Ok(response) => stripped(response, method).await,
        Err(_) => internal(),
    }
}

/// The whole answer in memory; without a body where HTTP allows none.
pub(crate) async fn stripped(response: s3s::HttpResponse, method: &Method) -> Response<Bytes> {
    let (mut parts, mut body) = response.into_parts();
    if parts.status == StatusCode::NOT_MODIFIED || (*method == Method::HEAD && !parts.status.is_success()) {
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Bytes::new());
    }
    match body.store_all_limited(usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, bytes),
        Err(_) => internal(),
    }
}

fn internal() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"<Error><Code>InternalError</Code></Error>"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
