//! The issuer's public keys, by their ids (RFC 7517): where his configuration says ("Discovery"), or where the deployer does. They are kept, and
//! asked for again when a token names one that is not known, which is how a key is rotated, though not more than once a minute.

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use prooflight_shared::adapters::{OutsideClient, OutsideUrl, outside_client};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio::sync::Mutex;

/// Keys that an issuer takes back are believed for so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Whoever sends tokens with made-up key ids does not make us ask more often.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(60);
const TIME_TO_CONNECT: Duration = Duration::from_secs(2);
const TIME_TO_ANSWER: Duration = Duration::from_secs(4);
/// An issuer has a few keys; his configuration is a page.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Where they are, and those that are known.
pub(crate) struct IssuerKeys {
    client: OutsideClient,
    published: Option<OutsideUrl>,
    discovered: Option<OutsideUrl>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Option<JwkSet>,
    read_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

/// Why there are no keys to check with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysFault {
    #[error("the issuer did not answer")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    #[error("the issuer did not answer in time")]
    TooSlow,
    #[error("the issuer answered {0}")]
    Status(http::StatusCode),
    #[error("the issuer's answer is not what it should be")]
    Unreadable(#[source] serde_json::Error),
    #[error("the issuer names no address of keys that may be asked")]
    NoAddress,
}

#[derive(Deserialize)]
struct Configuration {
    jwks_uri: String,
}

impl std::fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuerKeys").field("published", &self.published).field("discovered", &self.discovered).finish_non_exhaustive()
    }
}

impl IssuerKeys {
    pub(crate) fn new(published: Option<OutsideUrl>, discovered: Option<OutsideUrl>) -> io::Result<Self> {
        Ok(Self { client: outside_client(TIME_TO_CONNECT)?, published, discovered, known: Mutex::default() })
    }

    /// The key of that id. An issuer that does not answer is believed by the keys that were read last, until they are too old.
    pub(crate) async fn find(&self, id: &str, now: Timestamp) -> Result<Option<Jwk>, KeysFault> {
        let mut known = self.known.lock().await;
        let is_fresh = known.read_at.is_some_and(|read| (SignedDuration::ZERO..KEPT_FOR).contains(&now.duration_since(read)));
        let found = known.keys.as_ref().filter(|_| is_fresh).and_then(|keys| keys.find(id)).cloned();
        let may_ask = known.asked_at.is_none_or(|asked| !(SignedDuration::ZERO..ASKED_EVERY).contains(&now.duration_since(asked)));
        if found.is_some() || (is_fresh && !may_ask) {
            return Ok(found);
        }
        known.asked_at = Some(now);
        match self.read().await {
            Ok(keys) => {
                let found = keys.find(id).cloned();
                (known.keys, known.read_at) = (Some(keys), Some(now));
                Ok(found)
            }
            // What is known says that there is no such key; that another might have come is no reason to fail.
            Err(_) if is_fresh => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Asks once, so that the connection is open when the first request asks: it waits for an answer and not for a handshake. What is read is not
    /// kept, since nothing here says when that was.
    pub(crate) async fn warm_up(&self) {
        let _ = self.read().await;
    }

    async fn read(&self) -> Result<JwkSet, KeysFault> {
        let discovered = match (&self.published, &self.discovered) {
            (Some(url), _) => url.clone(),
            (None, Some(url)) => {
                let configuration: Configuration = self.get(url).await?;
                OutsideUrl::parse(&configuration.jwks_uri).ok_or(KeysFault::NoAddress)?
            }
            (None, None) => return Err(KeysFault::NoAddress),
        };
        self.get(&discovered).await
    }

    async fn get<T: DeserializeOwned>(&self, url: &OutsideUrl) -> Result<T, KeysFault> {
        let request = Request::get(url.uri()).header(header::ACCEPT, "application/json").header(header::USER_AGENT, "prooflight");
        let request = request.body(Full::<Bytes>::default()).map_err(|error| KeysFault::Unreachable(error.into()))?;
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| KeysFault::Unreachable(error.into()))?;
            if !response.status().is_success() {
                return Err(KeysFault::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.map_err(KeysFault::Unreachable)?;
            serde_json::from_slice(&body.to_bytes()).map_err(KeysFault::Unreadable)
        };
        tokio::time::timeout(TIME_TO_ANSWER, Box::pin(answered)).await.unwrap_or(Err(KeysFault::TooSlow))
    }
}
