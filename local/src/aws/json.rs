//! The awsJson protocol's answers ("AWS JSON 1.0/1.1 protocol" in the Smithy documentation): how the services of that protocol word
//! a refused signature, a missing permission or an operation that we do not have.

use crate::aws::signature::SignatureFault;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

/// An awsJson error answer: `code` goes into `__type`.
pub fn fault(service: &str, status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    // DynamoDB qualifies the errors of its front, other services do not; SDKs read the part after the `#`.
    let namespace = match service {
        "dynamodb" => "com.amazon.coral.service#",
        "sqs" => "com.amazonaws.sqs#",
        _ => "",
    };
    answer(service, status, json!({"__type": format!("{namespace}{code}"), "message": message}).to_string())
}

/// An awsJson answer with a body of its own.
pub fn answer(service: &str, status: StatusCode, body: String) -> Response<Bytes> {
    let content_type =
        if matches!(service, "dynamodb" | "sqs" | "states") { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer to an operation that this endpoint does not have.
pub fn unknown_operation(service: &str, operation: &str) -> Response<Bytes> {
    let message = format!("prooflight-local does not implement {service}:{operation}");
    fault(service, StatusCode::BAD_REQUEST, "UnknownOperationException", &message)
}

/// The answer to a caller whose session policy does not allow the action.
pub fn access_denied(service: &str, action: &str) -> Response<Bytes> {
    let message = format!("not authorized to perform: {action} because no session policy allows the {action} action");
    fault(service, StatusCode::BAD_REQUEST, "AccessDeniedException", &message)
}

/// The answer to a refused signature ("Common Errors" of the service's API reference; DynamoDB answers all of them with 400).
pub fn refused_signature(service: &str, refusal: &SignatureFault) -> Response<Bytes> {
    let (code, message) = match refusal {
        SignatureFault::Missing => ("MissingAuthenticationTokenException", "Request is missing Authentication Token".to_owned()),
        SignatureFault::Incomplete(_) => ("IncompleteSignatureException", refusal.to_string()),
        SignatureFault::UnknownKey | SignatureFault::WrongToken => {
            ("UnrecognizedClientException", "The security token included in the request is invalid.".to_owned())
        }
        SignatureFault::ExpiredToken => ("ExpiredTokenException", "The security token included in the request is expired".to_owned()),
        SignatureFault::Skewed { .. } | SignatureFault::Expired { .. } => {
            ("InvalidSignatureException", format!("Signature expired or not yet current: {refusal}"))
        }
        SignatureFault::HeaderNotSigned(_) | SignatureFault::WrongPayload => ("InvalidSignatureException", refusal.to_string()),
        SignatureFault::Mismatch => (
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
                .to_owned(),
        ),
    };
    fault(service, StatusCode::BAD_REQUEST, code, &message)
}
