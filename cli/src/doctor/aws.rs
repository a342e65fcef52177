//! Asks AWS one thing at a time: a signed request over the SDK's own HTTP client, and the answer as JSON whatever protocol it came in.
//! The doctor has one or two questions for each of seventeen services; `docs/DECISIONS.md` says why no SDK crate stands behind each.

use super::answers::{from_xml, json_code, xml_code};
use super::facts::{Fact, Unread};
use super::services::{Protocol, Service};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;

/// So many questions are open at a time: IAM and CloudFormation answer a few dozen a second.
const AT_ONCE: usize = 8;
/// Throttled, or a fault of theirs: asked so often.
const TRIES: u32 = 4;

/// Whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    connector: SharedHttpConnector,
    credentials: Credentials,
    endpoints: BTreeMap<String, String>,
    permits: Arc<Semaphore>,
    /// When: minted once, and set right by AWS's own clock.
    pub(super) now: SystemTime,
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) service: &'static Service,
    pub(super) operation: &'static str,
    pub(super) region: String,
    path: String,
    body: Option<String>,
}

impl Question {
    /// A call with a body in JSON.
    pub(super) fn json(service: &'static Service, operation: &'static str, region: &str, body: &Value) -> Self {
        Self { service, operation, region: region.to_owned(), path: "/".to_owned(), body: Some(body.to_string()) }
    }

    /// A call with fields of a form.
    pub(super) fn form(service: &'static Service, operation: &'static str, region: &str, fields: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={operation}&Version={}", service.version);
        for (name, value) in fields {
            body.extend(["&", name, "=", &encoded(value)]);
        }
        Self { service, operation, region: region.to_owned(), path: "/".to_owned(), body: Some(body) }
    }

    /// Something that is there to be got.
    pub(super) fn path(service: &'static Service, operation: &'static str, region: &str, path: String) -> Self {
        Self { service, operation, region: region.to_owned(), path, body: None }
    }

    pub(super) fn unread(&self, code: impl Into<String>, explained: bool) -> Unread {
        Unread { operation: format!("{}:{}", self.service.iam, self.operation), code: code.into(), explained }
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) date: Option<i64>,
    /// The code, where it stands in a header.
    kind: Option<String>,
    body: Vec<u8>,
}

impl Aws {
    /// Over the network.
    pub(crate) fn connect(credentials: Credentials, endpoints: BTreeMap<String, String>, now: SystemTime) -> Self {
        let time_outs = HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_secs(15));
        let connector = Connector::builder()
            .connector_settings(time_outs.build())
            .sleep_impl(TokioSleep::new())
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build();
        Self::over(SharedHttpConnector::new(connector), credentials, endpoints, now)
    }

    pub(crate) fn over(
        connector: SharedHttpConnector,
        credentials: Credentials,
        endpoints: BTreeMap<String, String>,
        now: SystemTime,
    ) -> Self {
        Self { connector, credentials, endpoints, permits: Arc::new(Semaphore::new(AT_ONCE)), now }
    }

    /// The answer, as JSON.
    pub(super) async fn ask(&self, question: Question) -> Fact<Value> {
        let reply = self.reply(&question).await?;
        Self::read(&question, &reply)
    }

    /// The answer, or nothing where AWS has no such thing.
    pub(super) async fn look(&self, question: Question) -> Fact<Option<Value>> {
        match self.ask(question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(unread) if says_missing(&unread.code) => Ok(None),
            Err(unread) => Err(unread),
        }
    }

    pub(super) fn read(question: &Question, reply: &Reply) -> Fact<Value> {
        let xml = matches!(question.service.protocol, Protocol::Query | Protocol::RestXml);
        if !(200..300).contains(&reply.status) {
            let (code, explained) = if xml { xml_code(&reply.body) } else { json_code(&reply.body) };
            let code = code.or_else(|| reply.kind.clone()).unwrap_or_else(|| format!("status {}", reply.status));
            return Err(question.unread(code, explained));
        }
        // A bucket's policy is JSON where all else is XML.
        let xml = xml && !reply.body.starts_with(b"{");
        let answer = if xml { from_xml(&reply.body) } else { serde_json::from_slice(&reply.body).ok() };
        let answer = answer.ok_or_else(|| question.unread("an answer that cannot be read", false))?;
        let result = format!("{}Result", question.operation);
        Ok(match answer {
            Value::Object(mut fields) if fields.contains_key(&result) => fields.remove(&result).unwrap_or_default(),
            other => other,
        })
    }

    /// What came back in the end; throttled questions are asked again.
    pub(super) async fn reply(&self, question: &Question) -> Fact<Reply> {
        let _permit = self.permits.acquire().await;
        let mut tries = 1;
        loop {
            let reply = self.send(question).await?;
            let throttled =
                reply.status == 429 || (reply.status == 400 && Self::read(question, &reply).is_err_and(|no| says_slower(&no.code)));
            if (reply.status < 500 && !throttled) || tries == TRIES {
                return Ok(reply);
            }
            tokio::time::sleep(Duration::from_millis(100 << tries)).await;
            tries += 1;
        }
    }

    async fn send(&self, question: &Question) -> Fact<Reply> {
        let request = self.signed(question).ok_or_else(|| question.unread("a request that cannot be signed", false))?;
        let silent = |error: aws_smithy_runtime_api::client::result::ConnectorError| {
            question.unread(if error.is_timeout() { "no answer in time" } else { "no connection" }, false)
        };
        let mut response = self.connector.call(request).await.map_err(silent)?;
        let date = response.headers().get("date").and_then(|date| aws_smithy_types::DateTime::from_str(date, Format::HttpDate).ok());
        let (status, date) = (response.status().as_u16(), date.map(|date| date.secs()));
        let kind = response.headers().get("x-amzn-errortype").and_then(|kind| kind.split(':').next()).map(str::to_owned);
        let body = http_body_util::BodyExt::collect(response.take_body()).await;
        let body = body.map_err(|_| question.unread("an answer that broke off", false))?.to_bytes().to_vec();
        Ok(Reply { status, date, kind, body })
    }

    fn signed(&self, question: &Question) -> Option<HttpRequest> {
        let service = question.service;
        let (host, signing_region) = service.place(&question.region);
        let base = self.endpoints.get(service.variable).or_else(|| self.endpoints.get("")).cloned().unwrap_or(host);
        let url = format!("{}{}", base.trim_end_matches('/'), question.path);
        let body = question.body.clone().unwrap_or_default();
        let host = url.split("://").nth(1)?.split('/').next()?.to_owned();
        let mut headers = vec![("host", host)];
        match service.protocol {
            Protocol::Json(minor) => {
                headers.push(("content-type", format!("application/x-amz-json-1.{minor}")));
                headers.push(("x-amz-target", format!("{}.{}", service.version, question.operation)));
            }
            Protocol::Query => headers.push(("content-type", "application/x-www-form-urlencoded".to_owned())),
            Protocol::RestJson | Protocol::RestXml => {}
        }
        let method = if question.body.is_some() { "POST" } else { "GET" };
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder().identity(&identity).region(&signing_region).name(service.signing).time(self.now);
        let params = params.settings(settings(service.protocol)).build().ok()?.into();
        let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(method, &url, signed, SignableBody::Bytes(body.as_bytes())).ok()?;
        let (instructions, _) = sign(signable, &params).ok()?.into_parts();
        let mut request = http::Request::builder().method(method).uri(&url);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(SdkBody::from(body)).ok()?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}

/// S3 signs paths as they are, and bodies by a header ("Create a signed AWS API request").
fn settings(protocol: Protocol) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if matches!(protocol, Protocol::RestXml) {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// For a path or a form.
pub(super) fn encoded(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

/// There is no such thing, in the words of each service.
fn says_missing(code: &str) -> bool {
    const WORDS: [&str; 10] = [
        "NoSuch",
        "NotFound",
        "ResourceNotFound",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "TableNotFound",
        "status 404",
        "ReplicationConfigurationNotFound",
    ];
    WORDS.iter().any(|word| code.starts_with(word))
}

fn says_slower(code: &str) -> bool {
    code.starts_with("Throttl") || matches!(code, "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown")
}
