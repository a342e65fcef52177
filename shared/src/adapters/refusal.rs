//! What of an SDK error may be logged: its kind, the service's code, the HTTP status and AWS's request id. Never its message:
//! services quote what they were sent - keys, ids, whole canonical requests - and their wording is not ours to promise for.

use crate::fault::{Fault, FaultCode};
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::fmt;

/// The two codes of a service: what may pass by itself, and what somebody has to mend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes {
    pub(super) unavailable: FaultCode,
    pub(super) refused: FaultCode,
}

/// An SDK error without anything that came from, or went to, the service as free text.
#[derive(Debug)]
struct Refusal {
    kind: &'static str,
    code: Option<String>,
    status: Option<u16>,
    aws_request_id: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        for (name, value) in [("code", &self.code), ("aws request id", &self.aws_request_id)] {
            if let Some(value) = value {
                write!(f, ", {name} {value}")?;
            }
        }
        self.status.map_or(Ok(()), |status| write!(f, ", status {status}"))
    }
}

impl std::error::Error for Refusal {}

/// The fault behind a failed call; `context` completes "failed to ...".
pub(super) fn fault<E: ProvideErrorMetadata>(codes: Codes, context: &'static str, error: &SdkError<E, HttpResponse>) -> Fault {
    let service = error.as_service_error();
    let response = error.raw_response();
    let refusal = Refusal {
        kind: match error {
            SdkError::ConstructionFailure(_) => "the request could not be built",
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "an answer that cannot be read",
            _ => "the service refused",
        },
        code: service.and_then(ProvideErrorMetadata::code).map(str::to_owned),
        status: response.map(|response| response.status().as_u16()),
        aws_request_id: response.and_then(request_id).map(str::to_owned),
    };
    let code = if refusal.code.as_deref().is_some_and(needs_mending) { codes.refused } else { codes.unavailable };
    Fault::new(code, context, refusal)
}

fn request_id(response: &HttpResponse) -> Option<&str> {
    ["x-amzn-requestid", "x-amz-request-id"].into_iter().find_map(|name| response.headers().get(name))
}

/// Permissions, names and requests that no retry makes right.
fn needs_mending(code: &str) -> bool {
    const WORDS: [&str; 11] = [
        "AccessDenied",
        "InvalidParameter",
        "UnrecognizedClient",
        "InvalidSignature",
        "SignatureDoesNotMatch",
        "Validation",
        "ResourceNotFound",
        "NoSuchBucket",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ServiceQuotaExceeded",
    ];
    WORDS.iter().any(|word| code.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    const CODES: Codes = Codes { unavailable: FaultCode::StoreUnavailable, refused: FaultCode::StoreRefused };

    fn refused(code: &str, status: u16) -> Fault {
        let metadata = ErrorMetadata::builder().code(code).message("Value 'a-secret' at 'item' is not allowed").build();
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "R1");
        fault(CODES, "write", &SdkError::service_error(PutItemError::generic(metadata), response))
    }

    #[test]
    fn what_a_service_wrote_stays_out_of_the_chain() {
        let fault = refused("ValidationException", 400);
        assert_eq!(
            ErrorChain(&fault).to_string(),
            "failed to write: the service refused, code ValidationException, aws request id R1, status 400"
        );
    }

    #[test]
    fn what_somebody_has_to_mend_is_told_from_what_passes() {
        for (code, status, expected) in [
            ("AccessDeniedException", 400, FaultCode::StoreRefused),
            ("ValidationException", 400, FaultCode::StoreRefused),
            ("ResourceNotFoundException", 400, FaultCode::StoreRefused),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, FaultCode::StoreRefused),
            ("ThrottlingException", 400, FaultCode::StoreUnavailable),
            ("InternalServerError", 500, FaultCode::StoreUnavailable),
            ("SomethingNew", 500, FaultCode::StoreUnavailable),
        ] {
            assert_eq!(refused(code, status).code, expected, "{code}");
        }
    }
}
