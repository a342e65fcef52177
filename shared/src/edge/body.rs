//! The request's body: small, JSON, and nothing in it that the API does not know.

use super::Problem;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The most that a body may hold, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// The body of a request that has nothing to say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

/// A part of a body that is an object and nothing else: serde takes a list in the order of the fields for a struct as well.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

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
    match serde_json::from_slice(&bytes) {
        Ok(Object(body)) => Ok(body),
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
