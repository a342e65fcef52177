//! One Rekognition per test: the SDK's client goes straight into the router of the AWS endpoint, the stream listens on a free port.

use aws_credential_types::Credentials as SdkCredentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rekognition::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use axum::body::Body;
use http_body_util::BodyExt as _;
use prooflight_local::aws::credentials::{Caller, Credential, Credentials};
use prooflight_local::aws::{AwsEndpoint, AwsOptions};
use prooflight_local::clock::Clock;
use prooflight_local::rekognition::{Rekognition, ScriptError, ScriptedOutcome};
use prooflight_local::stream::{self, LivenessStream};
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use tower::ServiceExt as _;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const BUCKET: &str = "liveness-output";

pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) rekognition: Arc<Rekognition>,
    pub(crate) endpoint: AwsEndpoint,
    pub(crate) sdk: aws_sdk_rekognition::Client,
}

impl World {
    pub(crate) fn in_memory() -> Self {
        Self::open(None, Arc::new(Clock::ephemeral()))
    }

    pub(crate) fn open(data: Option<&Path>, clock: Arc<Clock>) -> Self {
        let credentials = Arc::new(Credentials::default());
        let options = AwsOptions {
            data,
            clock: Arc::clone(&clock),
            credentials: Arc::clone(&credentials),
            roles: [].into(),
            secrets: Arc::default(),
            keys: Arc::default(),
        };
        let endpoint = AwsEndpoint::open(options).unwrap();
        endpoint.ensure_bucket(BUCKET).unwrap();
        let rekognition = Arc::new(Rekognition::open(data, Arc::clone(&clock), endpoint.buckets(), REGION).unwrap());
        let answering = Arc::clone(&rekognition);
        let router = endpoint.router(
            Arc::new(move |operation, body, caller| {
                let rekognition = Arc::clone(&answering);
                Box::pin(async move { rekognition.answer(&operation, body, &caller).await })
            }),
            Arc::new(|_, _| Box::pin(async { None })),
        );
        let world = Self {
            sdk: sdk(router, SdkCredentials::new("local", "local-secret", None, None, "tests")),
            clock,
            credentials,
            rekognition,
            endpoint,
        };
        world.key("local", Caller::Developer);
        world
    }

    /// Adds a key with the secret `local-secret`.
    pub(crate) fn key(&self, access_key_id: &str, caller: Caller) {
        let credential = Credential { secret_access_key: "local-secret".to_owned(), session_token: None, expires_at: None, caller };
        self.credentials.insert(access_key_id, credential);
    }

    /// The SDK's client for another key, with or without a session token.
    pub(crate) fn sdk_for(&self, access_key_id: &str, session_token: Option<&str>) -> aws_sdk_rekognition::Client {
        let rekognition = Arc::clone(&self.rekognition);
        let router = self.endpoint.router(
            Arc::new(move |operation, body, caller| {
                let rekognition = Arc::clone(&rekognition);
                Box::pin(async move { rekognition.answer(&operation, body, &caller).await })
            }),
            Arc::new(|_, _| Box::pin(async { None })),
        );
        sdk(router, SdkCredentials::new(access_key_id, "local-secret", session_token.map(str::to_owned), None, "tests"))
    }

    pub(crate) async fn create(&self) -> String {
        self.sdk.create_face_liveness_session().send().await.unwrap().session_id
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.sdk.get_face_liveness_session_results().session_id(id).send().await.unwrap().status.as_str().to_owned()
    }

    /// Scripts an outcome as `/dev/outcome` does.
    pub(crate) async fn script(&self, body: Value) -> Result<(), ScriptError> {
        let outcome: ScriptedOutcome = serde_json::from_value(body).unwrap();
        self.rekognition.script(outcome).await
    }

    /// Serves the stream on a free port, without TLS, until the test ends.
    pub(crate) async fn serve_stream(&self) -> u16 {
        let stream = LivenessStream::new(Arc::clone(&self.rekognition), Arc::clone(&self.credentials), Arc::clone(&self.clock), REGION);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, stream::router(Arc::new(stream))).await });
        port
    }
}

fn sdk(router: axum::Router, credentials: SdkCredentials) -> aws_sdk_rekognition::Client {
    let config = aws_sdk_rekognition::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url("http://127.0.0.1:4566")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(InProcess(router.clone()))))
        .build();
    aws_sdk_rekognition::Client::from_conf(config)
}

/// Hands a request to the router. The router's body is not `Sync`, as the SDK's must be: it is collected first.
#[derive(Debug)]
struct InProcess(axum::Router);

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let router = self.0.clone();
        HttpConnectorFuture::new(async move { pass(router, request).await.map_err(ConnectorError::io) })
    }
}

async fn pass(router: axum::Router, request: HttpRequest) -> Result<HttpResponse, Box<dyn Error + Send + Sync>> {
    let mut request = request.try_into_http1x()?.map(Body::new);
    request.headers_mut().insert("host", "127.0.0.1:4566".parse()?);
    *request.uri_mut() = "/".parse()?;
    let (parts, body) = router.oneshot(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(http::Response::from_parts(parts, SdkBody::from(body)).try_into()?)
}
