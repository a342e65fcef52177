//! One running instance and the people who use it: HTTPS with the instance's own certificate trusted, tokens from its helper,
//! and the official SDK against its AWS endpoint.

use crate::contract::{CONTRACT, Exchange, scopes};
use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prooflight_local::{Local, Options};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

/// An item of the table.
pub(crate) type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

/// A running instance.
pub(crate) struct World {
    local: Local,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// A subject with a token.
pub(crate) struct User<'a> {
    world: &'a World,
    token: String,
}

/// Somebody whose face is known here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Person {
    Obama,
    Biden,
}

impl Person {
    pub(crate) fn photo(self) -> &'static [u8] {
        match self {
            Self::Obama => include_bytes!("../data/photos/obama.jpg"),
            Self::Biden => include_bytes!("../data/photos/biden.jpg"),
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// The body, if the status is that.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Status and code, as a table of refusals names them.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().or(self.body["message"].as_str()).unwrap_or("-"))
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Options::ephemeral()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        // For whoever looks for a cause: `RUST_LOG=prooflight_local=info cargo nextest run --no-capture ...`.
        crate::tripwire::span();
        let local = Local::start(options).await.unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(local.certificate_pem().as_bytes()).unwrap()).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        Self { local, client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        crate::calls::leave(&self.local.journal());
        self.local.shutdown().await;
        crate::tripwire::assert_untouched();
    }

    pub(crate) fn certificate_pem(&self) -> String {
        self.local.certificate_pem().to_owned()
    }

    pub(crate) fn https_port(&self) -> u16 {
        self.local.https_port()
    }

    /// What a function of the instance runs with.
    pub(crate) fn variables(&self, function: &str) -> &std::collections::BTreeMap<String, String> {
        self.local.variables(function).unwrap()
    }

    /// By the instance's clock.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.local.clock().now()
    }

    pub(crate) fn aws_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.local.aws_port())
    }

    /// The official SDK's configuration, as the developer with the fixed key.
    pub(crate) fn sdk(&self) -> aws_types::SdkConfig {
        aws_types::SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(aws_types::region::Region::new("us-east-1"))
            .endpoint_url(self.aws_url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new(
                "local",
                "local-secret",
                None,
                None,
                "tests",
            )))
            .build()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let sent_body = body.into();
        let (parts, body) = self.begin(method.clone(), path, headers, sent_body.clone()).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        crate::tripwire::learn_from(&body);
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        if let Some(path) = path.strip_prefix("/api") {
            let path = path.split('?').next().unwrap_or_default();
            judge(&Exchange { method: &method, path, sent: headers, sent_body: &sent_body, reply: &reply });
        }
        reply
    }

    /// Sends a request whose answer is read as it comes.
    pub(crate) async fn begin(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> http::Response<Incoming> {
        let mut request = Request::builder().method(method).uri(format!("https://localhost:{}{path}", self.https_port()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap()
    }

    async fn help(&self, path: &str, body: &Value) -> Value {
        let reply = self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string()).await;
        assert!(reply.status < 300, "{path}: {} {}", reply.status, reply.body);
        reply.body
    }

    pub(crate) async fn token(&self, subject: &str, scope: &str) -> String {
        let token = self.help("/dev/token", &json!({ "subject": subject, "scope": scope })).await;
        let token = token["token"].as_str().unwrap().to_owned();
        crate::tripwire::learn(subject);
        crate::tripwire::learn(&token);
        token
    }

    pub(crate) async fn user(&self, subject: &str) -> User<'_> {
        self.caller(subject, "verify").await
    }

    /// Somebody whose token has these scopes.
    pub(crate) async fn caller(&self, subject: &str, scopes: &str) -> User<'_> {
        User { world: self, token: self.token(subject, scopes).await }
    }

    /// Somebody with a token that was come by in another way.
    pub(crate) fn with_token(&self, token: &str) -> User<'_> {
        // What is secret of it is its MAC; the rest names the verification.
        crate::tripwire::learn(token.rsplit('.').next().unwrap_or_default());
        User { world: self, token: token.to_owned() }
    }

    pub(crate) async fn advance(&self, seconds: u32) {
        self.help("/dev/clock", &json!({ "advanceSeconds": seconds })).await;
    }

    pub(crate) async fn outcome(&self, outcome: &Value) {
        self.help("/dev/outcome", outcome).await;
    }

    /// A check that ended with that confidence.
    pub(crate) async fn succeeded(&self, session_id: &str, confidence: f32) {
        self.outcome(&json!({ "sessionId": session_id, "status": "SUCCEEDED", "confidence": confidence })).await;
    }

    /// A check of that person's that ended with that confidence.
    pub(crate) async fn succeeded_as(&self, session_id: &str, confidence: f32, person: Person) {
        let portrait = STANDARD.encode(person.photo());
        self.outcome(&json!({ "sessionId": session_id, "status": "SUCCEEDED", "confidence": confidence, "portrait": portrait })).await;
    }

    /// Whose enrolled faces are in the collection: their external image ids.
    pub(crate) async fn faces(&self) -> Vec<String> {
        let client = aws_sdk_rekognition::Client::new(&self.sdk());
        let listed = client.list_faces().collection_id("prooflight-local-faces").send().await.unwrap();
        listed.faces().iter().map(|face| face.external_image_id().unwrap().to_owned()).collect()
    }

    /// Every item of the table.
    pub(crate) async fn items(&self) -> Vec<Item> {
        let client = aws_sdk_dynamodb::Client::new(&self.sdk());
        let mut items = Vec::new();
        let mut pages = client.scan().table_name(self.table().await).consistent_read(true).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            items.push(item.unwrap());
        }
        items
    }

    /// The stack's table.
    pub(crate) async fn table(&self) -> String {
        let tables = aws_sdk_dynamodb::Client::new(&self.sdk()).list_tables().send().await.unwrap().table_names.unwrap();
        tables.into_iter().find(|name| name.starts_with("prooflight-local")).unwrap()
    }

    /// The date that keys of images have.
    pub(crate) fn today(&self) -> String {
        self.local.clock().now().strftime("%Y-%m-%d").to_string()
    }

    /// Puts an object into the evidence bucket, as a completion that was on its way would.
    pub(crate) async fn put_object(&self, key: &str) {
        let (client, bucket) = self.bucket().await;
        client.put_object().bucket(bucket).key(key).body(b"an image".to_vec().into()).send().await.unwrap();
    }

    /// Removes an object behind everybody's back.
    pub(crate) async fn remove_object(&self, key: &str) {
        let (client, bucket) = self.bucket().await;
        client.delete_object().bucket(bucket).key(key).send().await.unwrap();
    }

    /// The evidence bucket, with a client.
    pub(crate) async fn bucket(&self) -> (aws_sdk_s3::Client, String) {
        let client = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&self.sdk()).force_path_style(true).build());
        let buckets = client.list_buckets().send().await.unwrap();
        // Beside it there is the one that its access log goes to.
        let name = buckets.buckets().iter().filter_map(|bucket| bucket.name()).find(|name| name.ends_with("evidence-bucket"));
        let name = name.unwrap().to_owned();
        (client, name)
    }

    /// Empties the evidence bucket behind everybody's back.
    pub(crate) async fn remove_images(&self) {
        let (client, bucket) = self.bucket().await;
        for key in self.image_keys().await {
            client.delete_object().bucket(&bucket).key(key).send().await.unwrap();
        }
    }

    /// The queues, as an operator reaches them.
    pub(crate) fn queues(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk())
    }

    /// How many decisions there are.
    pub(crate) async fn decisions(&self) -> usize {
        self.items().await.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("decision#")).count()
    }

    /// Every key of the evidence bucket.
    pub(crate) async fn image_keys(&self) -> Vec<String> {
        let (client, bucket) = self.bucket().await;
        let listed = client.list_objects_v2().bucket(bucket).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }
}

impl User<'_> {
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let authorization = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", authorization.as_str())];
        all.extend_from_slice(headers);
        self.world.send(method, &format!("/api{path}"), &all, body).await
    }

    /// Opens a verification with that body, under a key where one is given.
    pub(crate) async fn open(&self, body: &Value, key: Option<&str>) -> Reply {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.send(Method::POST, "/verifications", &headers, body.to_string()).await
    }

    pub(crate) async fn next(&self, id: &str) -> Reply {
        self.send(Method::POST, &format!("/verifications/{id}/sessions"), &[], "").await
    }

    pub(crate) async fn complete(&self, id: &str, session_id: &str) -> Reply {
        self.send(Method::POST, &format!("/verifications/{id}/sessions/{session_id}/complete"), &[], "").await
    }

    pub(crate) async fn get(&self, id: &str) -> Reply {
        self.send(Method::GET, &format!("/verifications/{id}"), &[], "").await
    }
}

/// Every answer of the API passes here: it has to be as the contract says, and harmless where it goes to an end user.
fn judge(exchange: &Exchange<'_>) {
    // The bench measures the system and not its judge.
    if !cfg!(test) {
        return;
    }
    CONTRACT.hold(exchange);
    let scopes = scopes(exchange.sent);
    if scopes.iter().eq(["verify"]) {
        crate::harmless::assert_harmless(exchange.path, &exchange.reply.body);
    }
}

/// Verification and session of an answer that issued one.
pub(crate) fn ids(body: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no id in {body}")).to_owned();
    (text(&body["verificationId"]), text(&body["session"]["sessionId"]))
}
