//! One endpoint per test, with the SDK's clients on it: in process, through a connector that hands a request to the router.

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use prooflight_local::aws::credentials::{Caller, Credential, Credentials};
use prooflight_local::aws::policy::Policy;
use prooflight_local::aws::{AwsEndpoint, AwsOptions};
use prooflight_local::clock::{Clock, wall_now};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tower::ServiceExt as _;

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const DEVELOPER: &str = "local";
pub(crate) const FUNCTION: &str = "AKIACREATESESSION";

/// An endpoint with a developer's and a function's key.
pub(crate) struct World {
    pub(crate) endpoint: AwsEndpoint,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) router: axum::Router,
    role: Arc<Policy>,
}

fn function(role: &Arc<Policy>) -> Caller {
    Caller::Function { name: "create-session".into(), role: Arc::clone(role) }
}

/// What the function may do: with one table, one index of it, and some objects of one bucket.
fn role() -> Value {
    let table = "arn:aws:dynamodb:eu-west-1:000000000000:table/verifications";
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let mut list = allow("s3:ListBucket", "arn:aws:s3:::pictures");
    list["Condition"] = json!({"StringLike": {"s3:prefix": "sources/*"}});
    json!({"Statement": [
        allow("dynamodb:PutItem", table),
        allow("dynamodb:Query", &format!("{table}/index/by-day")),
        allow("s3:*Object", "arn:aws:s3:::pictures/sources/*"),
        allow("s3:GetObject", "arn:aws:s3:::pictures/evidence/*"),
        list,
        allow("sts:*", "*"),
    ]})
}

impl World {
    pub(crate) fn in_memory() -> Self {
        Self::open(None)
    }

    pub(crate) fn open(data: Option<&Path>) -> Self {
        let credentials = Arc::new(Credentials::default());
        let role = Arc::new(Policy::read(&role()).unwrap());
        for (key, secret, caller) in [(DEVELOPER, "local-secret", Caller::Developer), (FUNCTION, "function-secret", function(&role))] {
            let credential = Credential { secret_access_key: secret.into(), session_token: None, expires_at: None, caller };
            credentials.insert(key, credential);
        }
        let clock = Arc::new(Clock::ephemeral());
        let endpoint = AwsEndpoint::open(AwsOptions {
            data,
            clock: Arc::clone(&clock),
            credentials: Arc::clone(&credentials),
            roles: [].into(),
            secrets: Arc::default(),
            keys: Arc::default(),
        })
        .unwrap();
        let router = endpoint.router(
            Arc::new(|operation, _, caller| {
                // Rekognition is not under test here: it answers with what it was called with.
                Box::pin(async move { Response::new(Bytes::from(format!("{{\"{operation}\":\"{caller:?}\"}}").replace('\\', ""))) })
            }),
            Arc::new(|_, _| Box::pin(async { None })),
        );
        Self { endpoint, credentials, clock, router, role }
    }

    /// As whom the function signs.
    pub(crate) fn function(&self) -> Caller {
        function(&self.role)
    }

    /// The developer's configuration.
    pub(crate) fn sdk(&self) -> SdkConfig {
        self.sdk_for(&keys(DEVELOPER, "local-secret", None), None)
    }

    /// Anybody's configuration; `at` is the time that the client believes it is.
    pub(crate) fn sdk_for(&self, credentials: &SdkCredentials, at: Option<SystemTime>) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new(REGION))
            .endpoint_url("http://127.0.0.1:4566")
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials.clone()))
            .retry_config(RetryConfig::disabled())
            .http_client(InProcess(self.router.clone()));
        if let Some(time) = at {
            config = config.time_source(StaticTimeSource::new(time));
        }
        config.build()
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk())
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk())
    }

    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.sdk())
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> (StatusCode, http::HeaderMap, String) {
        let (parts, body) = self.router.clone().oneshot(request.map(Body::from)).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }
}

/// Signs a request with the developer's key, as `service` wants it. The body's hash is `payload` where it is not the body's own.
pub(crate) fn signed(request: Request<Bytes>, service: &str, payload: Option<&str>, at: Timestamp) -> Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    parts.headers.insert("host", "127.0.0.1:4566".parse().unwrap());
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = keys(DEVELOPER, "local-secret", None).into();
    let params = v4::SigningParams::builder().identity(&identity).region(REGION).name(service).time(at.into()).settings(settings);
    let params = params.build().unwrap().into();
    let payload = payload.map_or(SignableBody::Bytes(&body), |payload| SignableBody::Precomputed(payload.to_owned()));
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let target = parts.uri.to_string();
    let signable = SignableRequest::new(parts.method.as_str(), &target, headers, payload).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut request = Request::from_parts(parts, body.clone());
    instructions.apply_to_request_http1x(&mut request);
    request
}

/// What a client signs with.
pub(crate) fn keys(id: impl Into<String>, secret: impl Into<String>, token: Option<String>) -> SdkCredentials {
    SdkCredentials::new(id, secret, token, None, "test")
}

/// An awsJson call, unsigned.
pub(crate) fn call(target: &str, body: &str) -> Request<Bytes> {
    Request::post("/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

pub(crate) fn now() -> Timestamp {
    wall_now()
}

/// The SDK's way into the router. The router's body is not `Sync`, as the SDK's must be: it is collected first.
#[derive(Debug, Clone)]
struct InProcess(axum::Router);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let router = self.0.clone();
        HttpConnectorFuture::new(async move {
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::io(error);
            let mut request = request.try_into_http1x().map_err(|error| failed(error.into()))?.map(Body::new);
            // What a client on a socket does: the authority becomes the host, the path the target.
            let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
            request
                .headers_mut()
                .entry("host")
                .or_insert(authority.parse().map_err(|error: http::header::InvalidHeaderValue| failed(error.into()))?);
            let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).parse();
            *request.uri_mut() = target.map_err(|error: http::uri::InvalidUri| failed(error.into()))?;
            let (parts, body) = router.oneshot(request).await.map_err(|never| match never {})?.into_parts();
            let body = body.collect().await.map_err(|error| failed(error.into()))?.to_bytes();
            let response = http::Response::from_parts(parts, SdkBody::from(body));
            response.try_into().map_err(|error: aws_smithy_runtime_api::http::HttpError| failed(error.into()))
        })
    }
}
