//! Whoever receives webhooks: one address, one POST, one answer in bounded time. Nothing of the answer is read but its status and how long it
//! asks to wait; no redirect is followed. Each try has a connection of its own: one that was kept while Lambda froze us is dead more often than not.

use crate::signature::Signed;
use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prooflight_shared::edge::ConnectError;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// So long a receiver may take to answer, connection included ("Standard Webhooks": 15 to 30 seconds). The function's `Timeout` in
/// `template.yaml` leaves room beside it for reading the keys and hiding the message.
pub const TIME_TO_TAKE: Duration = Duration::from_secs(15);
const TIME_TO_CONNECT: Duration = Duration::from_secs(5);

/// An address that webhooks may be sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Uri);

/// The receiver with the client that reaches it.
pub(crate) struct Receiver {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: WebhookUrl,
}

/// What a receiver makes of a webhook.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 2xx: it has it.
    Taken,
    /// 410: it wants no more.
    Gone(Refusal),
    /// Anything else, or nothing; with the time that it asks for.
    NotTaken(Refusal, Option<Duration>),
}

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    #[error("the receiver did not answer in time")]
    TooSlow,
    #[error("the receiver was not reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
}

impl WebhookUrl {
    /// An https URL; http reaches nobody but this machine. A name and password before the host would be sent nowhere, and logged somewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let url: Uri = text.parse().ok()?;
        let host = url.host().filter(|host| !host.is_empty())?;
        let scheme = url.scheme()?;
        let is_safe = *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        let is_plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        (is_safe && is_plain).then_some(Self(url))
    }
}

impl std::fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A path or a query may be what somebody relies on not being known.
        f.write_str(self.0.host().unwrap_or_default())
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Trusts the machine's own root certificates.
    pub(crate) fn new(url: WebhookUrl) -> Result<Self, ConnectError> {
        let roots = |error: rustls::Error| io::Error::other(error);
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(roots)
            .and_then(rustls::ConfigBuilder::with_native_roots)
            .map_err(ConnectError::RootCertificates)?
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(TIME_TO_CONNECT));
        let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, url })
    }

    /// Sends a webhook, once.
    pub(crate) async fn send(&self, body: Vec<u8>, signed: &Signed) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url.0)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "prooflight")
            .header("webhook-id", &signed.id)
            .header("webhook-timestamp", &signed.timestamp)
            .header("webhook-signature", &signed.signature)
            .body(Full::new(Bytes::from(body)));
        let request = match request {
            Ok(request) => request,
            Err(error) => return Answer::NotTaken(Refusal::Unreachable(error.into()), None),
        };
        let response = match tokio::time::timeout(TIME_TO_TAKE, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Answer::NotTaken(Refusal::Unreachable(error.into()), None),
            Err(_) => return Answer::NotTaken(Refusal::TooSlow, None),
        };
        let status = response.status();
        match status {
            status if status.is_success() => Answer::Taken,
            StatusCode::GONE => Answer::Gone(Refusal::Status(status)),
            _ => Answer::NotTaken(Refusal::Status(status), retry_after(response.headers())),
        }
    }
}

/// In seconds. The other form, a date, is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_the_machine() {
        for (url, is_taken) in [
            ("https://hooks.example.com/prooflight?tenant=7", true),
            ("https://localhost:8443/", true),
            ("http://127.0.0.1:8080/hook", true),
            ("http://localhost/", true),
            ("http://[::1]:8080/", true),
            ("http://hooks.example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("https://user:password@hooks.example.com/", false),
            ("http://localhost@hooks.example.com/", false),
            ("ftp://localhost/", false),
            ("https://", false),
            ("/hook", false),
            ("hooks.example.com", false),
            ("", false),
        ] {
            assert_eq!(WebhookUrl::parse(url).is_some(), is_taken, "{url}");
        }
    }

    #[test]
    fn a_path_is_not_shown() {
        let url = WebhookUrl::parse("https://hooks.example.com/secret?token=secret").expect("a URL");
        assert_eq!(format!("{url:?}"), "hooks.example.com");
    }
}
