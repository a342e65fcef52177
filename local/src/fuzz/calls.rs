//! Calls of the services that speak awsJson, signed by somebody who may do everything: through the door of the endpoint, its permissions and its journal, to the
//! service and back.

use crate::aws::credentials::{Caller, Credential, Credentials};
use crate::aws::kms::Keys;
use crate::aws::secretsmanager::Secrets;
use crate::aws::{AwsEndpoint, AwsOptions};
use crate::clock::{Clock, wall_now};
use crate::gateway::{Deployment, REGION, Stack, TEMPLATE, keys, secrets};
use crate::rekognition::Rekognition;
use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

const KEY: &str = "local";
const SECRET: &str = "local-secret";
const HOST: &str = "127.0.0.1:4566";

/// The services' names in targets, and in signatures.
const SERVICES: [(&str, &str); 8] = [
    ("DynamoDB_20120810", "dynamodb"),
    ("DynamoDBStreams_20120810", "dynamodb"),
    ("RekognitionService", "rekognition"),
    ("AmazonSQS", "sqs"),
    ("AWSEvents", "events"),
    ("AWSStepFunctions", "states"),
    ("secretsmanager", "secretsmanager"),
    ("TrentService", "kms"),
];

/// These decode pictures with the networks, which are not what is looked for here.
const OF_PICTURES: [&str; 4] = ["DetectFaces", "CompareFaces", "IndexFaces", "SearchFacesByImage"];

const MOST_CALLS: usize = 8;
/// Whoever waits for messages waits no longer than this.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// What is stored is thrown away after so many inputs.
const INPUTS_OF_A_LIFE: u32 = 500;

struct Place {
    runtime: Runtime,
    router: Router,
    inputs: u32,
}

/// Makes the calls in the bytes, one a line: target, space, body.
///
/// # Panics
///
/// When a call is answered with a server's error, or not in JSON, which is what a fuzzer looks for.
pub fn aws_json(bytes: &[u8]) {
    static PLACE: Mutex<Option<Place>> = Mutex::new(None);
    let mut place = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
    if place.as_ref().is_none_or(|place| place.inputs >= INPUTS_OF_A_LIFE) {
        *place = Place::new();
    }
    let Some(place) = place.as_mut() else { return };
    place.inputs += 1;
    for line in bytes.split(|byte| *byte == b'\n').take(MOST_CALLS) {
        let at = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (target, body) = line.split_at(at);
        if let Ok(target) = std::str::from_utf8(target) {
            place.call(target, body.get(1..).unwrap_or_default());
        }
    }
}

impl Place {
    fn new() -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().ok()?;
        let issuer = [("JwtIssuer", "https://prooflight.local/"), ("JwtAudience", "prooflight"), ("AllowedOrigins", "https://localhost")];
        let parameters: BTreeMap<String, String> = issuer.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let stack = Stack::read(TEMPLATE, &parameters).ok()?;
        let secrets = Arc::new(Secrets::open(None, &secrets(&stack).ok()?).ok()?);
        let keys = Arc::new(Keys::open(None, &keys(&stack).ok()?).ok()?);
        let deployment = Deployment::read(&stack, |arn| secrets.required(arn)).ok()?;
        let credentials = Arc::new(Credentials::default());
        let secret_access_key = SECRET.to_owned();
        credentials.insert(KEY, Credential { secret_access_key, session_token: None, expires_at: None, caller: Caller::Developer });
        let clock = Arc::new(Clock::ephemeral());
        let options = AwsOptions { data: None, clock: Arc::clone(&clock), credentials, roles: deployment.roles.clone(), secrets, keys };
        let endpoint = AwsEndpoint::open(options).ok()?;
        deployment.tables.iter().try_for_each(|table| endpoint.ensure_table(table)).ok()?;
        deployment.queues.iter().try_for_each(|queue| endpoint.ensure_queue(queue)).ok()?;
        endpoint.connect_rules(deployment.rules);
        let rekognition = Arc::new(Rekognition::open(None, clock, endpoint.buckets(), REGION).ok()?);
        deployment.collections.iter().try_for_each(|collection| rekognition.ensure_collection(collection)).ok()?;
        let router = endpoint.router(crate::assembly::door(rekognition), Arc::new(|_, _| Box::pin(async { None })));
        Some(Self { runtime, router, inputs: 0 })
    }

    fn call(&self, target: &str, body: &[u8]) {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or_default();
        if OF_PICTURES.contains(&operation) && body.windows(5).any(|bytes| bytes == b"Bytes") {
            return;
        }
        let service = SERVICES.iter().find(|(name, _)| *name == prefix).map_or("dynamodb", |(_, service)| service);
        let Some(request) = signed(target, service, body) else { return };
        let answered = self.runtime.block_on(async {
            let answered = tokio::time::timeout(LONGEST_WAIT, async {
                let Ok(response) = self.router.clone().oneshot(request).await;
                let status = response.status();
                (status, to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default())
            });
            answered.await.ok()
        });
        let Some((status, answer)) = answered else { return };
        let told: Value = serde_json::from_slice(&answer).unwrap_or_default();
        assert!(!status.is_server_error() && told.is_object(), "{status} {target} {told}");
        assert!(status == StatusCode::OK || told.get("__type").is_some_and(Value::is_string), "{status} {target} {told}");
    }
}

/// The call as the SDK would send it; none where it cannot be one.
fn signed(target: &str, service: &str, body: &[u8]) -> Option<Request<Body>> {
    let identity = SigningCredentials::new(KEY, SECRET, None, None, "fuzz").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(wall_now().into())
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let headers = [("host", HOST), ("x-amz-target", target)];
    let signable = SignableRequest::new("POST", "/", headers.into_iter(), SignableBody::Bytes(body)).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let mut request = Request::post("/").header("host", HOST).header("x-amz-target", target);
    for (name, value) in instructions.headers() {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The watchful eye sees: calls are let in and carried out.
    #[test]
    fn calls_are_carried_out() {
        let place = Place::new().expect("an endpoint");
        let request = signed("DynamoDB_20120810.ListTables", "dynamodb", b"{}").expect("a call");
        let response = place.runtime.block_on(place.router.clone().oneshot(request)).expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
    }
}
