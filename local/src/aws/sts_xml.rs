//! The query protocol's answers as STS writes them ("AWS query protocol" in the Smithy documentation; "Common Error Types" of
//! the AWS STS API Reference).

use crate::aws::signature::SignatureFault;
use crate::aws::sts::StsFault;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What stands inside an element.
pub(crate) enum Element<'a> {
    Text(&'a str),
    Nested(&'a [(&'a str, &'a str)]),
}

/// Elements in the order given, with their text escaped.
pub(crate) fn elements(list: &[(&str, &Element<'_>)]) -> String {
    let mut xml = String::new();
    for (name, element) in list {
        match element {
            Element::Text(text) => push(&mut xml, name, &escaped(text)),
            Element::Nested(children) => {
                let mut inner = String::new();
                for (name, text) in *children {
                    push(&mut inner, name, &escaped(text));
                }
                push(&mut xml, name, &inner);
            }
        }
    }
    xml
}

/// A successful answer: `result` is the content of `<ActionResult>`.
pub(crate) fn answer(action: &str, result: &str, request_id: &str) -> Response<Bytes> {
    let body = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{action}Response>",
        escaped(request_id)
    );
    response(StatusCode::OK, body)
}

/// An error answer.
pub(crate) fn fault(fault: &StsFault, request_id: &str) -> Response<Bytes> {
    let side = if fault.status < 500 { "Sender" } else { "Receiver" };
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\
         <Error><Type>{side}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        escaped(fault.code),
        escaped(&fault.message),
        escaped(request_id)
    );
    response(StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
}

/// The error for a refused signature.
pub(crate) fn refused_signature(refusal: &SignatureFault) -> StsFault {
    let invalid_token = "The security token included in the request is invalid.";
    let (code, status, message) = match refusal {
        SignatureFault::Missing => ("MissingAuthenticationToken", 403, "Request is missing Authentication Token".to_owned()),
        SignatureFault::Incomplete(_) => ("IncompleteSignature", 400, refusal.to_string()),
        SignatureFault::UnknownKey | SignatureFault::WrongToken => ("InvalidClientTokenId", 403, invalid_token.to_owned()),
        SignatureFault::ExpiredToken => ("ExpiredToken", 403, "The security token included in the request is expired".to_owned()),
        SignatureFault::Skewed { .. } | SignatureFault::Expired { .. } => {
            ("SignatureDoesNotMatch", 403, format!("Signature expired or not yet current: {refusal}"))
        }
        SignatureFault::HeaderNotSigned(_) | SignatureFault::WrongPayload | SignatureFault::Mismatch => {
            ("SignatureDoesNotMatch", 403, refusal.to_string())
        }
    };
    StsFault { code, status, message }
}

fn push(xml: &mut String, name: &str, content: &str) {
    for part in ["<", name, ">", content, "</", name, ">"] {
        xml.push_str(part);
    }
}

fn response(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write these, escaped or not.
            control if control.is_control() && !matches!(control, '\t' | '\n' | '\r') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
        escaped
    })
}
