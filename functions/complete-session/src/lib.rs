//! Placeholder with the interface that the local gateway and the Lambda binary share.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use prooflight_shared::environment::{Environment, EnvironmentError};
use prooflight_shared::invocation::Invocation;

/// The use case with its connections.
#[derive(Debug)]
pub struct CompleteSession;

impl CompleteSession {
    /// Builds the clients and opens their connections.
    pub async fn connect(_environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self)
    }

    /// Answers one request.
    pub async fn handle(&self, _request: ApiGatewayV2httpRequest, _invocation: Invocation) -> ApiGatewayV2httpResponse {
        ApiGatewayV2httpResponse::default()
    }
}
