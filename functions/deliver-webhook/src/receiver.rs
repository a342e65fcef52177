//! Whoever receives webhooks: one address, one POST, one answer in bounded time. Nothing of the answer is read but its status and how long it
//! asks to wait; no redirect is followed. Each try has a connection of its own: one that was kept while Lambda froze us is dead more often than not.

use crate::signature::Signed;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::Full;
use prooflight_shared::adapters::{OutsideClient, OutsideUrl, outside_client};
use prooflight_shared::edge::ConnectError;
use std::error::Error;
use std::time::Duration;

/// So long a receiver may take to answer, connection included ("Standard Webhooks": 15 to 30 seconds). The function's `Timeout` in
/// `template.yaml` leaves room beside it for reading the keys and hiding the message.
pub const TIME_TO_TAKE: Duration = Duration::from_secs(15);
const TIME_TO_CONNECT: Duration = Duration::from_secs(5);

/// The receiver with the client that reaches it.
pub(crate) struct Receiver {
    client: OutsideClient,
    url: OutsideUrl,
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

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Trusts the machine's own root certificates.
    pub(crate) fn new(url: OutsideUrl) -> Result<Self, ConnectError> {
        Ok(Self { client: outside_client(TIME_TO_CONNECT).map_err(ConnectError::RootCertificates)?, url })
    }

    /// Sends a webhook, once.
    pub(crate) async fn send(&self, body: Vec<u8>, signed: &Signed) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url.uri())
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
