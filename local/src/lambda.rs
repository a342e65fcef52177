//! The functions of `template.yaml` as they run here: the same code as in Lambda, with the variables that the Lambda service would set. Each
//! signs with an access key of its own, so that the AWS endpoint knows who called what.

use crate::aws::credentials::{Caller, Credential, Credentials};
use crate::gateway::{Function, FunctionFailure, Functions, REGION};
use crate::random::{bytes, hex};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_get_verification::GetVerification;
use prooflight_shared::environment::{Environment, EnvironmentError};
use prooflight_shared::invocation::Invocation;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::OnceCell;

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
        source: EnvironmentError,
    },
    /// There is no key to sign with.
    #[error("a function has no access key")]
    Random(#[from] std::io::Error),
}

/// The functions, and what opens their connections.
pub(crate) struct Deployed {
    pub(crate) registry: Functions,
    pub(crate) warm_up: Work<()>,
}

/// Something to be done later.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Connected<U> = Arc<OnceCell<Arc<U>>>;

/// Every function of the template with its key and its environment; connections are made by `warm_up`, or by a request that comes before.
pub(crate) fn functions(functions: &[Function], credentials: &Credentials, aws_port: u16) -> Result<Deployed, LambdaError> {
    let mut registry = Functions::default();
    let mut warming: Vec<Work<()>> = Vec::new();
    for function in functions {
        let environment = environment(function, credentials, aws_port)?;
        let registry = &mut registry;
        warming.push(match function.name.as_str() {
            "create-session" => register(
                registry,
                &function.name,
                environment,
                |environment| Box::pin(async move { CreateSession::connect(&environment).await }),
                |function, request, invocation| Box::pin(async move { function.handle(request, invocation).await }),
            ),
            "complete-session" => register(
                registry,
                &function.name,
                environment,
                |environment| Box::pin(async move { CompleteSession::connect(&environment).await }),
                |function, request, invocation| Box::pin(async move { function.handle(request, invocation).await }),
            ),
            "get-verification" => register(
                registry,
                &function.name,
                environment,
                |environment| Box::pin(async move { GetVerification::connect(&environment).await }),
                |function, request, invocation| Box::pin(async move { function.handle(request, invocation).await }),
            ),
            _ => return Err(LambdaError::Unknown(function.name.clone())),
        });
    }
    let warm_up = Box::pin(async move {
        for warm in warming {
            warm.await;
        }
    });
    Ok(Deployed { registry, warm_up })
}

/// Puts a function into the registry; the returned work opens its connections.
fn register<U: Send + Sync + 'static>(
    registry: &mut Functions,
    name: &str,
    environment: Environment,
    connect: fn(Arc<Environment>) -> Work<Result<U, EnvironmentError>>,
    handle: fn(Arc<U>, ApiGatewayV2httpRequest, Invocation) -> Work<ApiGatewayV2httpResponse>,
) -> Work<()> {
    let environment = Arc::new(environment);
    let cell: Connected<U> = Arc::default();
    let connected = move || {
        let (cell, environment) = (Arc::clone(&cell), Arc::clone(&environment));
        async move { cell.get_or_try_init(async || connect(environment).await.map(Arc::new)).await.cloned() }
    };
    let warm = connected();
    registry.insert(name, move |request, invocation| {
        let connected = connected();
        async move {
            let function = connected.await.map_err(|error| FunctionFailure::Init(Box::new(error)))?;
            Ok(handle(function, request, invocation).await)
        }
    });
    Box::pin(async move {
        if let Err(error) = warm.await {
            tracing::error!(%error, "a function could not be set up");
        }
    })
}

/// The template's variables, and those that the Lambda service sets ("Using Lambda environment variables").
fn environment(function: &Function, credentials: &Credentials, aws_port: u16) -> Result<Environment, LambdaError> {
    let access_key_id = format!("AKIA{}", hex(bytes::<8>()?).to_uppercase());
    let secret_access_key = hex(bytes::<20>()?);
    let session_token = hex(bytes::<32>()?);
    let mut variables: BTreeMap<&str, &str> = function.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let endpoint = format!("http://127.0.0.1:{aws_port}");
    variables.extend([
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", &access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &secret_access_key),
        ("AWS_SESSION_TOKEN", &session_token),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_ENDPOINT_URL", &endpoint),
    ]);
    let environment = Environment::read(|name| variables.get(name).map(|value| (*value).to_owned()));
    let environment = environment.map_err(|source| LambdaError::Environment { function: function.name.clone(), source })?;
    let caller = Caller::Function(function.name.clone());
    credentials.insert(&access_key_id, Credential { secret_access_key, session_token: Some(session_token), expires_at: None, caller });
    Ok(environment)
}
