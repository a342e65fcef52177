//! The Lambda service on one machine: a registry of functions by name, each called with an event and an invocation, kept from taking the
//! server down with it, and given up on after its time-out.

use prooflight_shared::edge::Failure;
use prooflight_shared::invocation::Invocation;
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Answer = Pin<Box<dyn Future<Output = Result<Value, FunctionFailure>> + Send>>;
type Handler = dyn Fn(Value, Invocation) -> Answer + Send + Sync;

/// Why an invocation has no answer. The client sees 500 whatever it was; the log says which.
#[derive(Debug, thiserror::Error)]
pub enum FunctionFailure {
    /// Nothing of that name is registered.
    #[error("no such function")]
    Unknown,
    /// It says so itself.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// It does not take such an event, or its answer is no JSON.
    #[error("the event or the answer does not fit the function's types")]
    Unreadable(#[from] serde_json::Error),
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
        F: Fn(Value, Invocation) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, FunctionFailure>> + Send + 'static,
    {
        self.by_name.insert(name.to_owned(), Arc::new(move |event, invocation| Box::pin(function(event, invocation))));
    }

    /// Whether a function of that name is registered.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Calls a function. It runs to its end even when nobody waits for the answer any more, as an invocation does when a browser has gone.
    pub async fn invoke(&self, name: &str, timeout: Duration, event: Value, invocation: Invocation) -> Result<Value, FunctionFailure> {
        let function = self.by_name.get(name).ok_or(FunctionFailure::Unknown)?;
        let running = tokio::spawn(tokio::time::timeout(timeout, function(event, invocation)));
        match running.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(FunctionFailure::TimedOut(timeout)),
            Err(_) => Err(FunctionFailure::Panicked),
        }
    }
}
