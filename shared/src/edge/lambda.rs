//! The wiring of a Lambda binary: log, environment, connections, and then the loop. Time, identity and randomness are minted
//! here, once per invocation.

use super::Failure;
use crate::environment::{Environment, EnvironmentError};
use crate::invocation::Invocation;
use crate::policy::PolicyError;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// A function: what its Lambda binary and the local Lambda service both run.
pub trait LambdaFunction: Sized + Send + Sync + 'static {
    /// Its name: folder, binary and operation are called the same.
    const NAME: &'static str;

    /// What it is invoked with.
    type Event: DeserializeOwned + Send + 'static;

    /// What it returns.
    type Answer: Serialize + Send + 'static;

    /// Reads the settings and builds the clients.
    fn connect(environment: &Environment) -> Result<Self, ConnectError>;

    /// Opens the connections, side by side.
    fn warm_up(&self) -> impl Future<Output = ()> + Send;

    /// The id that the sender gave the event, where he gives one: answers and logs name it in place of Lambda's own.
    fn request_id(_event: &Self::Event) -> Option<&str> {
        None
    }

    /// Handles one event. A function behind the HTTP API has an answer for everything and never fails.
    fn handle(&self, event: Self::Event, invocation: Invocation) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The deployment's settings are wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The policies that it was built with are wrong.
    #[error("infra/policies.json is refused")]
    Policies(#[from] PolicyError),
    /// Nobody's certificate could be checked.
    #[error("there are no root certificates")]
    RootCertificates(#[source] std::io::Error),
}

/// Runs a function as Lambda's custom runtime. Lambda lends a full CPU until the first invocation is asked for, so that is
/// when connections are opened.
pub async fn serve<F: LambdaFunction>() -> Result<(), lambda_runtime::Error> {
    log_as_json();
    let function = F::connect(&Environment::read(process_variable))?;
    function.warm_up().await;
    let function = &function;
    lambda_runtime::run(service_fn(|event: LambdaEvent<F::Event>| async move {
        // The gateway's id is in its access log as well; Lambda's own is in the lines that Lambda writes.
        let invocation = mint(F::request_id(&event.payload).unwrap_or(&event.context.request_id))?;
        function.handle(event.payload, invocation).await.map_err(Diagnostic::from)
    }))
    .await
}

fn mint(request_id: &str) -> Result<Invocation, Diagnostic> {
    let mut entropy = [0; 32];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut entropy)
        .map_err(|_| Diagnostic { error_type: "bug".to_owned(), error_message: "failed to draw random bytes".to_owned() })?;
    Ok(Invocation::new(wall_clock(), request_id, entropy))
}

#[expect(clippy::disallowed_methods, reason = "the one place where a function reads the clock")]
fn wall_clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// JSON lines, as Lambda's own, with the span of the invocation.
fn log_as_json() {
    use tracing_subscriber::filter::LevelFilter;
    tracing_subscriber::fmt().json().with_max_level(LevelFilter::INFO).with_current_span(true).with_span_list(false).without_time().init();
}
