//! A function's response as an HTTP answer, and the answers that the gateway gives by itself: `{"message": ...}`, in API Gateway's words.

use super::authorizer::Refusal;
use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body as EventBody;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, SET_COOKIE, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

/// An answer of the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnAnswer {
    BadRequest,
    Refused(Refusal, Vec<String>),
    /// A Lambda authorizer was not asked, because nobody is named.
    Unnamed,
    /// A Lambda authorizer said no.
    Denied,
    NotFound,
    TooLarge,
    /// The function failed, or answered what cannot be sent.
    FunctionFailed,
    /// The function did not answer in the time that a gateway waits.
    Unavailable,
}

impl OwnAnswer {
    pub(super) fn into_response(self) -> Response<Body> {
        let (status, message) = match &self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::Refused(Refusal::InsufficientScope, _) | Self::Denied => (StatusCode::FORBIDDEN, "Forbidden"),
            Self::Refused(..) | Self::Unnamed => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            Self::FunctionFailed => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Self::Refused(refusal, scopes) = &self {
            // The shape that "Troubleshooting issues with HTTP API JWT authorizers" shows.
            let scope = scopes.join(" ");
            let challenge = match refusal {
                Refusal::NoToken => "Bearer".to_owned(),
                Refusal::InvalidToken(problem) => {
                    format!("Bearer scope=\"{scope}\" error=\"invalid_token\" error_description=\"{problem}\"")
                }
                Refusal::InsufficientScope => format!("Bearer scope=\"{scope}\" error=\"insufficient_scope\""),
            };
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}

/// A function's response on the wire; none where it cannot be sent, which the gateway answers with 500 as if the function had failed.
pub(super) fn from_function(response: ApiGatewayV2httpResponse) -> Option<Response<Body>> {
    let status = u16::try_from(response.status_code).ok().and_then(|code| StatusCode::from_u16(code).ok())?;
    if status.is_informational() {
        return None;
    }
    let body = match (response.body, response.is_base64_encoded) {
        (None | Some(EventBody::Empty), _) => Bytes::new(),
        (Some(EventBody::Text(text)), false) => Bytes::from(text),
        (Some(EventBody::Text(text)), true) => Bytes::from(STANDARD.decode(text).ok()?),
        // In JSON these bytes travel as Base64 whatever the flag says.
        (Some(EventBody::Binary(bytes)), true) => Bytes::from(bytes),
        (Some(EventBody::Binary(bytes)), false) => Bytes::from(STANDARD.encode(bytes)),
        _ => return None,
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    // A header comes from one place: the second map adds what the first has not.
    for (name, value) in &response.headers {
        headers.append(name, value.clone());
    }
    let further: Vec<_> = response.multi_value_headers.iter().filter(|(name, _)| !response.headers.contains_key(*name)).collect();
    for (name, value) in further {
        headers.append(name, value.clone());
    }
    for cookie in &response.cookies {
        headers.append(SET_COOKIE, HeaderValue::from_str(cookie).ok()?);
    }
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, HeaderName::from_static("keep-alive")] {
        headers.remove(name);
    }
    // What payload format 2.0 infers when a function says nothing.
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Some(answer)
}
