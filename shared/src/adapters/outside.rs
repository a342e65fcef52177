//! Who is not AWS: an address of somebody else's, and the client that reaches it, over https with the machine's own root certificates. No redirect
//! is followed, and each request has a connection of its own: one that was kept while Lambda froze us is dead more often than not.

use bytes::Bytes;
use http::Uri;
use http::uri::Scheme;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// An address outside.
#[derive(Clone, PartialEq, Eq)]
pub struct OutsideUrl(Uri);

/// What reaches it.
pub type OutsideClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

impl OutsideUrl {
    /// An https URL; http reaches nobody but this machine. A name and password before the host would be sent nowhere, and logged somewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let url: Uri = text.parse().ok()?;
        let host = url.host().filter(|host| !host.is_empty())?;
        let scheme = url.scheme()?;
        let is_safe = *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        let is_plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        (is_safe && is_plain).then_some(Self(url))
    }

    /// As a request wants it.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl std::fmt::Debug for OutsideUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A path or a query may be what somebody relies on not being known.
        f.write_str(self.0.host().unwrap_or_default())
    }
}

/// A client that gives up connecting after a time; how long an answer may take is for whoever asks.
pub fn outside_client(time_to_connect: Duration) -> io::Result<OutsideClient> {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_native_roots()?
        .with_no_client_auth();
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(time_to_connect));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
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
            assert_eq!(OutsideUrl::parse(url).is_some(), is_taken, "{url}");
        }
    }

    #[test]
    fn a_path_is_not_shown() {
        let url = OutsideUrl::parse("https://hooks.example.com/secret?token=secret").expect("a URL");
        assert_eq!(format!("{url:?}"), "hooks.example.com");
    }
}
