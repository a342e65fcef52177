//! The request's body: small, JSON, and nothing in it that the API does not know.

use super::Problem;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The most that a body may hold, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// The body of a request that has nothing to say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

/// The body as `T`; an empty body is the default `T`.
pub fn decode_body<T: DeserializeOwned + Default>(request: &ApiGatewayV2httpRequest) -> Result<T, Problem> {
    let text = request.body.as_deref().unwrap_or_default();
    let bytes = if request.is_base64_encoded {
        // Four characters carry three bytes: a body that is too large is refused before it is decoded.
        if text.len() / 4 * 3 > MOST_BYTES + 2 {
            return Err(Problem::BodyTooLarge);
        }
        STANDARD.decode(text).map_err(|_| Problem::Malformed("the body is not base64".to_owned()))?
    } else {
        text.as_bytes().to_vec()
    };
    if bytes.len() > MOST_BYTES {
        return Err(Problem::BodyTooLarge);
    }
    if bytes.is_empty() {
        return Ok(T::default());
    }
    if !is_json(request) {
        return Err(Problem::UnsupportedMediaType);
    }
    // A list in the order of the fields would do for serde.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::Malformed("the body has to be an object".to_owned()));
    }
    match serde_json::from_slice(&bytes) {
        Ok(body) => Ok(body),
        // serde_json quotes the offending value: say where, never what.
        Err(error) => Err(Problem::Malformed(match error.classify() {
            serde_json::error::Category::Data => {
                format!("a field is unknown or of another type, at line {} column {}", error.line(), error.column())
            }
            _ => format!("the body is not JSON, at line {} column {}", error.line(), error.column()),
        })),
    }
}

fn is_json(request: &ApiGatewayV2httpRequest) -> bool {
    let media_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
