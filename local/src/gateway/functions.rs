//! The Lambda service on one machine: a registry of functions by name, each called with an event and an invocation, kept from taking the
//! server down with it, and given up on after its time-out.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use prooflight_shared::invocation::Invocation;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Answer = Pin<Box<dyn Future<Output = Result<ApiGatewayV2httpResponse, FunctionFailure>> + Send>>;
type Handler = dyn Fn(ApiGatewayV2httpRequest, Invocation) -> Answer + Send + Sync;

/// Why an invocation has no answer. The client sees 500 whatever it was; the log says which.
#[derive(Debug, thiserror::Error)]
pub enum FunctionFailure {
    /// Nothing of that name is registered.
    #[error("no such function")]
    Unknown,
    /// Its connections could not be made.
    #[error("the function could not be set up")]
    Init(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It panicked, which Lambda would report as `Runtime.ExitError`.
    #[error("the function panicked")]
    Panicked,
    /// It took longer than the template gives it.
    #[error("the function did not answer within {0:?}")]
    TimedOut(Duration),
}

/// Functions by name.
#[derive(Clone, Default)]
pub struct Functions {
    by_name: HashMap<String, Arc<Handler>>,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.by_name.keys()).finish()
    }
}

impl Functions {
    /// Registers a function.
    pub fn insert<F, A>(&mut self, name: &str, function: F)
    where
        F: Fn(ApiGatewayV2httpRequest, Invocation) -> A + Send + Sync + 'static,
        A: Future<Output = Result<ApiGatewayV2httpResponse, FunctionFailure>> + Send + 'static,
    {
        self.by_name.insert(name.to_owned(), Arc::new(move |request, invocation| Box::pin(function(request, invocation))));
    }

    /// Whether a function of that name is registered.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Calls a function. It runs to its end even when nobody waits for the answer any more, as an invocation does when a browser has gone.
    pub async fn invoke(
        &self,
        name: &str,
        timeout: Duration,
        request: ApiGatewayV2httpRequest,
        invocation: Invocation,
    ) -> Result<ApiGatewayV2httpResponse, FunctionFailure> {
        let function = self.by_name.get(name).ok_or(FunctionFailure::Unknown)?;
        let running = tokio::spawn(tokio::time::timeout(timeout, function(request, invocation)));
        match running.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(FunctionFailure::TimedOut(timeout)),
            Err(_) => Err(FunctionFailure::Panicked),
        }
    }
}
