//! The functions of `template.yaml` as they run here: the same code as in Lambda, with the variables that the Lambda service would set. Each
//! signs with an access key of its own, so that the AWS endpoint knows who called what.

use crate::aws::credentials::{Credential, Credentials};
use crate::aws::lambda::{FunctionError, Lambda};
use crate::clock::Clock;
use crate::gateway::{Function, FunctionFailure, Functions, REGION, STACK_NAME};
use crate::random::{bytes, hex};
use prooflight_authorize::Authorize;
use prooflight_cleanup::Cleanup;
use prooflight_close_verification::CloseVerification;
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_deliver_webhook::DeliverWebhook;
use prooflight_enroll_face::EnrollFace;
use prooflight_erase_subject::EraseSubject;
use prooflight_exchange_link::ExchangeLink;
use prooflight_export_subject::ExportSubject;
use prooflight_get_evidence::GetEvidence;
use prooflight_get_verification::GetVerification;
use prooflight_lift_lockout::LiftLockout;
use prooflight_open_verification::OpenVerificationFunction;
use prooflight_publish_decision::PublishDecision;
use prooflight_rescue_session::RescueSession;
use prooflight_review_verification::ReviewVerification;
use prooflight_shared::edge::{ConnectError, LambdaFunction};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Why a function cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// The template names one that is not built into this binary.
    #[error("template.yaml deploys {0}, which prooflight-local does not contain")]
    Unknown(String),
    /// The template gives it a variable that it refuses, or not one that it needs.
    #[error("template.yaml gives {function} an environment that it refuses")]
    Environment {
        /// The function.
        function: String,
        /// The variable.
        source: ConnectError,
    },
    /// There is no key to sign with.
    #[error("a function has no access key")]
    Random(#[from] std::io::Error),
}

/// The functions, and what opens their connections.
pub(crate) struct Deployed {
    pub(crate) registry: Functions,
    pub(crate) variables: Variables,
    pub(crate) warm_up: Work<()>,
}

/// The environment variables of every function, by its name.
pub(crate) type Variables = BTreeMap<String, BTreeMap<String, String>>;

/// Something to be done later.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Every function of the template with its key and its environment.
pub(crate) fn functions(functions: &[Function], credentials: &Credentials, aws_port: u16) -> Result<Deployed, LambdaError> {
    let mut registry = Functions::default();
    let mut warming: Vec<Work<()>> = Vec::new();
    let mut all_variables = Variables::new();
    for function in functions {
        let variables = variables(function, credentials, aws_port)?;
        let environment = Environment::read(|name| variables.get(name).cloned());
        let warm = match function.name.as_str() {
            CreateSession::NAME => host::<CreateSession>(&mut registry, &environment),
            CompleteSession::NAME => host::<CompleteSession>(&mut registry, &environment),
            Authorize::NAME => host::<Authorize>(&mut registry, &environment),
            ExchangeLink::NAME => host::<ExchangeLink>(&mut registry, &environment),
            GetVerification::NAME => host::<GetVerification>(&mut registry, &environment),
            OpenVerificationFunction::NAME => host::<OpenVerificationFunction>(&mut registry, &environment),
            CloseVerification::NAME => host::<CloseVerification>(&mut registry, &environment),
            LiftLockout::NAME => host::<LiftLockout>(&mut registry, &environment),
            EnrollFace::NAME => host::<EnrollFace>(&mut registry, &environment),
            EraseSubject::NAME => host::<EraseSubject>(&mut registry, &environment),
            ExportSubject::NAME => host::<ExportSubject>(&mut registry, &environment),
            Cleanup::NAME => host::<Cleanup>(&mut registry, &environment),
            GetEvidence::NAME => host::<GetEvidence>(&mut registry, &environment),
            ReviewVerification::NAME => host::<ReviewVerification>(&mut registry, &environment),
            RescueSession::NAME => host::<RescueSession>(&mut registry, &environment),
            PublishDecision::NAME => host::<PublishDecision>(&mut registry, &environment),
            DeliverWebhook::NAME => host::<DeliverWebhook>(&mut registry, &environment),
            _ => return Err(LambdaError::Unknown(function.name.clone())),
        };
        warming.push(warm.map_err(|source| LambdaError::Environment { function: function.name.clone(), source })?);
        all_variables.insert(function.name.clone(), variables);
    }
    let warm_up = Box::pin(async move {
        for warm in warming {
            warm.await;
        }
    });
    Ok(Deployed { registry, variables: all_variables, warm_up })
}

/// What the AWS endpoint invokes the functions with: by their own names, or by those that the stack gives them.
pub(crate) fn invoker(functions: &[Function], registry: Functions, clock: Arc<Clock>) -> Lambda {
    let timeouts: BTreeMap<String, Duration> = functions.iter().map(|function| (function.name.clone(), function.timeout)).collect();
    let (registry, timeouts) = (Arc::new(registry), Arc::new(timeouts));
    Arc::new(move |name, event| {
        let (registry, timeouts, clock) = (Arc::clone(&registry), Arc::clone(&timeouts), Arc::clone(&clock));
        Box::pin(async move {
            let name = name.strip_prefix(STACK_NAME).and_then(|rest| rest.strip_prefix('-')).unwrap_or(&name);
            let timeout = *timeouts.get(name)?;
            let failed = |error_type: &str, message: String| FunctionError { error_type: error_type.to_owned(), message };
            let minted = bytes::<16>().and_then(|id| Ok((uuid::Builder::from_random_bytes(id).into_uuid().to_string(), bytes::<32>()?)));
            let (id, entropy) = match minted {
                Ok(minted) => minted,
                Err(error) => return Some(Err(failed("Runtime.ExitError", error.to_string()))),
            };
            let answered = registry.invoke(name, timeout, event, Invocation::new(clock.now(), &id, entropy)).await;
            Some(answered.map_err(|failure| match failure {
                FunctionFailure::Failed(failure) => failed(&failure.error_type, failure.message),
                FunctionFailure::TimedOut(_) => failed("Sandbox.Timedout", failure.to_string()),
                FunctionFailure::Unknown | FunctionFailure::Unreadable(_) | FunctionFailure::Panicked => {
                    failed("Runtime.ExitError", failure.to_string())
                }
            }))
        })
    })
}

/// Puts a function into the registry; the returned work opens its connections.
fn host<F: LambdaFunction>(registry: &mut Functions, environment: &Environment) -> Result<Work<()>, ConnectError> {
    let function = Arc::new(F::connect(environment)?);
    let warm = Arc::clone(&function);
    registry.insert(F::NAME, move |event, invocation| {
        let function = Arc::clone(&function);
        async move {
            let event: F::Event = serde_json::from_value(event)?;
            let request_id = F::request_id(&event).unwrap_or(&invocation.request_id).to_owned();
            let answer = function.handle(event, Invocation { request_id, ..invocation }).await?;
            Ok(serde_json::to_value(answer)?)
        }
    });
    Ok(Box::pin(async move { warm.warm_up().await }))
}

/// The template's variables, and those that the Lambda service sets ("Using Lambda environment variables").
fn variables(function: &Function, credentials: &Credentials, aws_port: u16) -> Result<BTreeMap<String, String>, LambdaError> {
    let access_key_id = format!("AKIA{}", hex(bytes::<8>()?).to_uppercase());
    let secret_access_key = hex(bytes::<20>()?);
    let session_token = hex(bytes::<32>()?);
    let mut variables = function.environment.clone();
    let endpoint = format!("http://127.0.0.1:{aws_port}");
    let set_by_lambda = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", &access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &secret_access_key),
        ("AWS_SESSION_TOKEN", &session_token),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_ENDPOINT_URL", &endpoint),
    ];
    variables.extend(set_by_lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let credential = Credential { secret_access_key, session_token: Some(session_token), expires_at: None, caller: function.caller() };
    credentials.insert(&access_key_id, credential);
    Ok(variables)
}
