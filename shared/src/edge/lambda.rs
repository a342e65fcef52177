//! The wiring of a Lambda binary: log, environment, connections, and then the loop. Time, identity and randomness are minted
//! here, once per invocation.

use crate::environment::{Environment, EnvironmentError};
use crate::invocation::Invocation;
use crate::policy::PolicyError;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use std::future::Future;

/// A function behind the HTTP API: what its Lambda binary and the local gateway both run.
pub trait HttpFunction: Sized + Send + Sync + 'static {
    /// Its name: folder, binary and operation are called the same.
    const NAME: &'static str;

    /// Reads the settings and builds the clients.
    fn connect(environment: &Environment) -> Result<Self, ConnectError>;

    /// Opens the connections, side by side.
    fn warm_up(&self) -> impl Future<Output = ()> + Send;

    /// Answers one request.
    fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> impl Future<Output = ApiGatewayV2httpResponse> + Send;
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
}

/// Runs a function as Lambda's custom runtime. Lambda lends a full CPU until the first invocation is asked for, so that is
/// when connections are opened.
pub async fn serve<F: HttpFunction>() -> Result<(), lambda_runtime::Error> {
    log_as_json();
    let function = F::connect(&Environment::read(process_variable))?;
    function.warm_up().await;
    let function = &function;
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        // The gateway's id is in its access log as well; Lambda's own is in the lines that Lambda writes.
        let invocation = mint(event.payload.request_context.request_id.as_deref().unwrap_or(&event.context.request_id))?;
        Ok::<_, Diagnostic>(function.handle(event.payload, invocation).await)
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
