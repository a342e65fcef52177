//! The door of the endpoint: takes the whole request in, has its signature verified, asks the caller's policies, tells the journal,
//! and hands the request to its service. Every answer carries a request id; a log line names service, operation and status,
//! never a key or a body.

use crate::arriving::{self, Unread};
use crate::aws::credentials::Credentials;
use crate::aws::journal::{ACCOUNT, Journal};
use crate::aws::lambda::Lambda;
use crate::aws::signature::{SignatureFault, Verified, is_presigned, verify_header, verify_presigned};
use crate::aws::sqs::{self, Queues};
use crate::aws::sts::{Form, Sts, StsFault};
use crate::aws::{
    Rekognition, dynamodb, entropy, eventbridge, json, kms, lambda, policy, rekognition, s3, secretsmanager, stepfunctions, sts_xml,
};
use crate::clock::{Clock, wall_now};
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use dynamodb::Tables;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use s3::Buckets;
use s3s::service::S3Service;
use std::sync::Arc;
use tracing::instrument::WithSubscriber as _;

/// What the door needs to answer.
pub(super) struct Front {
    pub(super) credentials: Arc<Credentials>,
    pub(super) clock: Arc<Clock>,
    pub(super) journal: Arc<Journal>,
    pub(super) tables: Arc<Tables>,
    pub(super) buckets: Arc<Buckets>,
    pub(super) objects: S3Service,
    pub(super) queues: Arc<Queues>,
    pub(super) sts: Sts,
    pub(super) rekognition: Rekognition,
    pub(super) lambda: Lambda,
    pub(super) events: Arc<eventbridge::Events>,
    pub(super) tasks: Arc<stepfunctions::Tasks>,
    pub(super) secrets: Arc<secretsmanager::Secrets>,
    pub(super) keys: Arc<kms::Keys>,
}

/// How a request speaks, which decides how a refusal is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol<'a> {
    /// awsJson: the service as the target names it, and the operation.
    Json { service: &'a str, operation: &'a str },
    /// The query protocol of STS.
    Query,
    /// REST in XML: S3.
    Rest,
}

const LARGEST_OBJECT: usize = 20 * 1024 * 1024;
const LARGEST_CALL: usize = 5 * 1024 * 1024;
/// Two pictures in base64, each larger than Rekognition takes: it has an error of its own for them.
const LARGEST_PICTURES: usize = 24 * 1024 * 1024;

/// Answers one request.
pub(super) async fn answer(State(front): State<Arc<Front>>, request: Request<Body>) -> Response<Body> {
    let Ok(request_id) = entropy::request_id() else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let protocol = Protocol::of(&parts, &target);
    let mut response = front.answer(protocol, parts, body, &request_id).await;
    let name = if protocol == Protocol::Rest { "x-amz-request-id" } else { "x-amzn-requestid" };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(HeaderName::from_static(name), id);
    }
    let (service, operation) = protocol.name();
    tracing::debug!(service, operation, status = response.status().as_u16(), request_id, "aws");
    response.map(Body::from)
}

impl Front {
    async fn answer(&self, protocol: Protocol<'_>, parts: Parts, body: Body, request_id: &str) -> Response<Bytes> {
        let body = match arriving::whole(body, protocol.largest_body()).await {
            Ok(body) => body,
            Err(unread) => return protocol.unread(unread, request_id, &parts.method).await,
        };
        if protocol == Protocol::Rest && s3::posting::is_form(&parts) {
            return match self.form(&parts, &body).await {
                Ok(response) => response,
                Err(error) => s3::fault(error, request_id, &parts.method).await,
            };
        }
        let presigned = is_presigned(&parts);
        let verified = if presigned {
            verify_presigned(&parts, &self.credentials, wall_now())
        } else {
            verify_header(&parts, &body, &self.credentials, wall_now())
        };
        let verified = match verified {
            Ok(verified) => verified,
            Err(refusal) => return protocol.refused(&refusal, presigned, request_id, &parts.method).await,
        };
        let service = verified.scope.service.clone();
        match protocol {
            Protocol::Json { service: addressed, operation } if addressed == service => {
                self.json(service.as_str(), operation, &parts, body, verified).await
            }
            Protocol::Json { service: addressed, .. } if is_ours(addressed) => {
                let message = format!("Credential should be scoped to correct service: '{addressed}'.");
                json::fault(addressed, StatusCode::BAD_REQUEST, "InvalidSignatureException", &message)
            }
            Protocol::Json { operation, .. } => json::unknown_operation(&service, operation),
            Protocol::Query => self.query(&parts, &body, &verified, request_id),
            Protocol::Rest if service == "s3" => self.rest(parts, body, verified).await,
            Protocol::Rest if service == "lambda" => self.invoke(&parts, &body, &verified).await,
            Protocol::Rest => json::unknown_operation(&service, &format!("{} {}", parts.method, parts.uri.path())),
        }
    }

    async fn json(&self, service: &str, operation: &str, parts: &Parts, body: Bytes, verified: Verified) -> Response<Bytes> {
        let permissions = match service {
            "dynamodb" => dynamodb::permissions(operation, &body, &verified.scope.region),
            "rekognition" => rekognition::permissions(operation, &body, &verified.scope.region),
            "sqs" => sqs::permissions(operation, &body, &verified.scope.region),
            "events" => eventbridge::permissions(operation, &body, &verified.scope.region),
            "states" => stepfunctions::permissions(operation),
            "secretsmanager" => secretsmanager::permissions(operation, &body),
            "kms" => kms::permissions(operation, &body),
            _ => return json::unknown_operation(service, operation),
        };
        let now = self.clock.now();
        let denied = permissions.iter().find(|(action, resource)| !self.permits(&verified, action, resource));
        if let Some((action, _)) = denied {
            return json::access_denied(service, action);
        }
        for (action, resource) in &permissions {
            self.journal.record(&verified.caller, action, resource);
        }
        match service {
            "rekognition" => return (self.rekognition)(operation.to_owned(), body, verified.caller).await,
            "events" => return self.events.answer(operation, &body, now),
            "states" => return self.tasks.answer(operation, &body, now),
            "secretsmanager" => return self.secrets.answer(operation, &body),
            "kms" => return self.keys.answer(operation, &body),
            _ => {}
        }
        if service == "sqs" {
            let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let asking = sqs::Asking { sender: verified.caller.name(), host, region: &verified.scope.region };
            return self.queues.answer(operation, &body, asking).await;
        }
        let (tables, operation) = (Arc::clone(&self.tables), operation.to_owned());
        match tokio::task::spawn_blocking(move || tables.answer(&operation, &body)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "a DynamoDB call did not finish");
                json::fault(service, StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "the call did not finish")
            }
        }
    }

    fn permits(&self, verified: &Verified, action: &str, resource: &str) -> bool {
        let request = policy::Request { action, resource, region: &verified.scope.region, now: self.clock.now(), prefix: None };
        policy::permits(&verified.caller, &request)
    }

    async fn invoke(&self, parts: &Parts, body: &Bytes, verified: &Verified) -> Response<Bytes> {
        let Some(function) = lambda::function_of(parts) else {
            return json::unknown_operation("lambda", &format!("{} {}", parts.method, parts.uri.path()));
        };
        let action = "lambda:InvokeFunction";
        let arn = format!("arn:aws:lambda:{}:{ACCOUNT}:function:{function}", verified.scope.region);
        if !self.permits(verified, action, &arn) {
            return json::access_denied("lambda", action);
        }
        self.journal.record(&verified.caller, action, &arn);
        lambda::invoke(&self.lambda, function, parts, body).await
    }

    fn query(&self, parts: &Parts, body: &Bytes, verified: &Verified, request_id: &str) -> Response<Bytes> {
        let text = if parts.method == Method::POST {
            String::from_utf8_lossy(body).into_owned()
        } else {
            parts.uri.query().unwrap_or_default().to_owned()
        };
        let form = Form::parse(&text);
        let action = form.get("Action").unwrap_or_default();
        let service = verified.scope.service.as_str();
        if service != "sts" {
            let message = format!("prooflight-local does not implement {service}:{action}");
            return sts_xml::fault(&StsFault { code: "InvalidAction", status: 400, message }, request_id);
        }
        // Whoever holds a key may ask whose it is (API_GetCallerIdentity).
        let free = action == "GetCallerIdentity";
        let action = format!("sts:{action}");
        let resource = form.get("RoleArn").unwrap_or("*");
        if !free && !self.permits(verified, &action, resource) {
            let message = format!("not authorized to perform: {action} because no policy allows the {action} action");
            return sts_xml::fault(&StsFault { code: "AccessDenied", status: 403, message }, request_id);
        }
        self.journal.record(&verified.caller, &action, resource);
        self.sts.answer(&form, &verified.caller, request_id, wall_now())
    }

    /// An upload form carries its signature in its fields.
    async fn form(&self, parts: &Parts, body: &Bytes) -> s3s::S3Result<Response<Bytes>> {
        let posted = s3::posting::read(parts, body, &self.credentials, wall_now())?;
        let (action, resource) = ("s3:PutObject", format!("arn:aws:s3:::{}/{}", posted.bucket, posted.key));
        let Verified { caller, scope, .. } = &posted.verified;
        let request = policy::Request { action, resource: &resource, region: &scope.region, now: self.clock.now(), prefix: None };
        if !policy::permits(caller, &request) {
            return Err(s3s::s3_error!(AccessDenied, "no policy allows the {action} action"));
        }
        self.journal.record(caller, action, &resource);
        posted.store(&self.buckets).await
    }

    async fn rest(&self, mut parts: Parts, body: Bytes, verified: Verified) -> Response<Bytes> {
        let method = parts.method.clone();
        parts.extensions.insert(s3::Signer { caller: verified.caller, region: verified.scope.region });
        let request = Request::from_parts(parts, s3s::Body::from(body));
        // `s3s` logs whole requests, signatures included, and every refusal as an error: nobody listens to it.
        match self.objects.call(request).with_subscriber(tracing::subscriber::NoSubscriber::default()).await {
            Ok(response) => s3::stripped(response, &method).await,
            Err(_) => s3::fault(s3s::S3ErrorCode::InternalError.into(), "", &method).await,
        }
    }
}

impl<'a> Protocol<'a> {
    fn of(parts: &Parts, target: &'a str) -> Self {
        if let Some((prefix, operation)) = target.rsplit_once('.') {
            let service = match prefix {
                "DynamoDB_20120810" | "DynamoDBStreams_20120810" => "dynamodb",
                "RekognitionService" => "rekognition",
                "AmazonSQS" => "sqs",
                "AWSEvents" => "events",
                "AWSStepFunctions" => "states",
                "TrentService" => "kms",
                other => other,
            };
            return Self::Json { service, operation };
        }
        let form =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let action = parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("Action=")));
        if parts.uri.path() == "/" && (form || action) { Self::Query } else { Self::Rest }
    }

    fn largest_body(self) -> usize {
        match self {
            Self::Rest => LARGEST_OBJECT,
            Self::Json { service: "rekognition", .. } => LARGEST_PICTURES,
            Self::Json { .. } | Self::Query => LARGEST_CALL,
        }
    }

    fn name(self) -> (&'a str, &'a str) {
        match self {
            Self::Json { service, operation } => (service, operation),
            Self::Query => ("sts", ""),
            Self::Rest => ("s3", ""),
        }
    }

    async fn refused(self, refusal: &SignatureFault, presigned: bool, request_id: &str, method: &Method) -> Response<Bytes> {
        match self {
            Self::Json { service, .. } => json::refused_signature(service, refusal),
            Self::Query => sts_xml::fault(&sts_xml::refused_signature(refusal), request_id),
            Self::Rest => s3::fault(s3::refused_signature(refusal, presigned), request_id, method).await,
        }
    }

    async fn unread(self, unread: Unread, request_id: &str, method: &Method) -> Response<Bytes> {
        let (status, code, rest, message) = match unread {
            Unread::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", s3s::S3ErrorCode::EntityTooLarge, "the body is too large")
            }
            Unread::Late => {
                (StatusCode::REQUEST_TIMEOUT, "RequestTimeout", s3s::S3ErrorCode::RequestTimeout, "the body did not arrive in time")
            }
            Unread::Broken => {
                (StatusCode::BAD_REQUEST, "IncompleteBody", s3s::S3ErrorCode::IncompleteBody, "the body did not arrive whole")
            }
        };
        match self {
            Self::Json { service, .. } => json::fault(service, status, &format!("{code}Exception"), message),
            Self::Query => sts_xml::fault(&StsFault { code, status: status.as_u16(), message: message.to_owned() }, request_id),
            Self::Rest => s3::fault(s3s::S3Error::with_message(rest, message), request_id, method).await,
        }
    }
}

/// Whether a target's name is one of our services', as opposed to a prefix that we do not know.
fn is_ours(service: &str) -> bool {
    matches!(service, "dynamodb" | "rekognition" | "sqs" | "events" | "states" | "secretsmanager" | "kms")
}
