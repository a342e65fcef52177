//! What invokes a function that has two doors: the HTTP API, or a service that calls it directly.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An event of either kind.
#[derive(Debug)]
pub enum Trigger<T> {
    /// A request that came through API Gateway.
    Http(Box<ApiGatewayV2httpRequest>),
    /// An input that was given directly; none where it does not fit, which is the function's to refuse by name.
    Direct(Option<T>),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Trigger<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        // API Gateway alone writes a request context; whoever may invoke a function directly could write one too, and would
        // gain nothing: what he may do is Lambda's to say, not ours.
        if event.pointer("/requestContext/http").is_some() {
            return serde_json::from_value(event).map(|request| Self::Http(Box::new(request))).map_err(D::Error::custom);
        }
        Ok(Self::Direct(serde_json::from_value(event).ok()))
    }
}
