//! The HTTP API, as a page uses it: a token, a verification with its session, and the completion.

use super::CheckError;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A caller of the API.
pub struct Api {
    base: String,
    token: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    tls: Arc<ClientConfig>,
}

/// A verification with a session that may be streamed.
#[derive(Clone)]
pub struct Opened {
    pub(super) verification_id: String,
    pub(super) session_id: String,
    pub(super) region: String,
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
}

/// What the completion says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    pub(super) session: String,
    pub(super) status: String,
    pub(super) tips: Vec<String>,
}

/// The result of a stream is there when the stream ends; a production system may take a moment longer.
const TRIES: u32 = 20;

impl Api {
    /// For the bearer of `token`; without one, the local helper makes one for `subject`.
    pub(super) async fn new(base: &str, tls: Arc<ClientConfig>, token: Option<String>, subject: &str) -> Result<Self, CheckError> {
        let connector = HttpsConnectorBuilder::new().with_tls_config(ClientConfig::clone(&tls)).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let mut api = Self { base: base.to_owned(), token: String::new(), client, tls };
        api.token = if let Some(token) = token {
            token
        } else {
            let url = format!("{}/dev/token", api.origin());
            let answer = api.post("a token", &url, &json!({"subject": subject, "scope": "verify"})).await?.1;
            text(&answer, "token").ok_or(CheckError::Unexpected("/dev/token"))?
        };
        Ok(api)
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> &str {
        let host = self.base.find("://").map_or(0, |at| at + 3);
        let end = self.base.get(host..).and_then(|rest| rest.find('/')).map_or(self.base.len(), |at| host + at);
        self.base.get(..end).unwrap_or_default()
    }

    pub(super) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    pub(super) async fn open(&self, policy: &str) -> Result<Opened, CheckError> {
        let (_, answer) = self.post("the verification", &format!("{}/verifications", self.base), &json!({ "policy": policy })).await?;
        let session = &answer["session"];
        let credentials = &session["credentials"];
        let opened = || {
            Some(Opened {
                verification_id: text(&answer, "verificationId")?,
                session_id: text(session, "sessionId")?,
                region: text(session, "region")?,
                access_key_id: text(credentials, "accessKeyId")?,
                secret_access_key: text(credentials, "secretAccessKey")?,
                session_token: text(credentials, "sessionToken")?,
            })
        };
        opened().ok_or(CheckError::Unexpected("POST /verifications"))
    }

    pub(super) async fn complete(&self, opened: &Opened) -> Result<Completed, CheckError> {
        let url = format!("{}/verifications/{}/sessions/{}/complete", self.base, opened.verification_id, opened.session_id);
        for _ in 0..TRIES {
            let (status, answer) = self.post("the completion", &url, &json!({})).await?;
            if status == StatusCode::ACCEPTED {
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            }
            let tips = answer["tips"].as_array().map(Vec::as_slice).unwrap_or_default();
            let tips = tips.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let completed = || Some(Completed { session: text(&answer, "session")?, status: text(&answer, "status")?, tips });
            return completed().ok_or(CheckError::Unexpected("the completion"));
        }
        Err(CheckError::Unexpected("the completion"))
    }

    async fn post(&self, what: &'static str, url: &str, body: &Value) -> Result<(StatusCode, Value), CheckError> {
        let mut request = Request::post(url).header("content-type", "application/json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let request = request.body(Full::new(Bytes::from(body.to_string()))).map_err(|error| CheckError::connection(what, error))?;
        let answer = self.client.request(request).await.map_err(|error| CheckError::connection(what, super::chain(&error)))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| CheckError::connection(what, error))?.to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok((status, body));
        }
        // The gateway's own refusals have a message and no code.
        let code = text(&body, "code").or_else(|| text(&body, "message")).unwrap_or_default();
        Err(CheckError::Refused { what, status: status.as_u16(), code })
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// Neither a token nor a key is ever printed.
impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("verification_id", &self.verification_id).finish_non_exhaustive()
    }
}
