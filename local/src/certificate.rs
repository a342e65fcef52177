//! The certificate of `https://localhost`: signed by itself, kept in the data folder so that a browser asks once, and drawn anew before it
//! expires. Amplify's component dials `wss://` whatever it is told, so there is no way around TLS.

use crate::data_folder::DataFolder;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "certificate-key.pem";
/// Some browsers refuse a certificate that is good for longer than 398 days.
const LIFETIME_DAYS: i64 = 397;
/// It is drawn anew when less than this is left.
const RENEWED_DAYS_BEFORE: u64 = 30;

/// A certificate with its private key.
pub struct Certificate {
    certificate_pem: String,
    key_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Certificate").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Its files cannot be read or written.
    #[error("the certificate cannot be kept in the data folder")]
    File(#[from] std::io::Error),
    /// It cannot be drawn.
    #[error("the certificate cannot be made")]
    Make(#[from] rcgen::Error),
    /// It is not usable for TLS.
    #[error("the certificate cannot be used")]
    Use(#[from] rustls::Error),
    /// It is not PEM.
    #[error("the certificate is not readable")]
    Pem(#[from] rustls::pki_types::pem::Error),
}

impl Certificate {
    /// The folder's certificate, or a new one where there is none, or where the old one is damaged or about to expire.
    pub fn open(folder: Option<&DataFolder>, now: Timestamp) -> Result<Self, CertificateError> {
        let Some(folder) = folder else { return Self::draw(now) };
        if let (Some(certificate), Some(key)) = (folder.read(CERTIFICATE_FILE)?, folder.read(KEY_FILE)?) {
            let kept = Self {
                certificate_pem: String::from_utf8_lossy(&certificate).into_owned(),
                key_pem: String::from_utf8_lossy(&key).into_owned(),
            };
            if kept.is_good_at(now, RENEWED_DAYS_BEFORE) {
                return Ok(kept);
            }
            tracing::warn!("the certificate in the data folder is damaged or about to expire and is replaced");
        }
        let drawn = Self::draw(now)?;
        folder.write(KEY_FILE, drawn.key_pem.as_bytes())?;
        folder.write(CERTIFICATE_FILE, drawn.certificate_pem.as_bytes())?;
        Ok(drawn)
    }

    /// The certificate, for a client that is to trust it.
    pub fn pem(&self) -> &str {
        &self.certificate_pem
    }

    /// TLS 1.2 and 1.3, HTTP/1.1 alone: a websocket begins as an HTTP/1.1 request.
    pub fn tls(&self) -> Result<rustls::ServerConfig, CertificateError> {
        let (certificate, key) = self.der()?;
        let config = rustls::ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn draw(now: Timestamp) -> Result<Self, CertificateError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Prooflight on this machine");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // A day of slack for whoever's clock is behind.
        let day = |days: i64| {
            let time = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
            let date = time.to_zoned(TimeZone::UTC).date();
            rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        params.not_before = day(-1);
        params.not_after = day(LIFETIME_DAYS);
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// Whether a client that trusts it would still accept it for `localhost` so many days from now, and the key is its own.
    fn is_good_at(&self, now: Timestamp, days_on: u64) -> bool {
        let Ok((certificate, key)) = self.der() else { return false };
        let matching = CertifiedKey::from_der(vec![certificate.clone()], key, &provider());
        let mut roots = RootCertStore::empty();
        if matching.is_err() || roots.add(certificate.clone()).is_err() {
            return false;
        }
        let Ok(client) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build() else { return false };
        let Ok(name) = ServerName::try_from("localhost") else { return false };
        let seconds = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(days_on * 24 * 60 * 60);
        let then = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        client.verify_server_cert(&certificate, &[], &name, &[], then).is_ok()
    }

    fn der(&self) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rustls::pki_types::pem::Error> {
        let certificate = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())?;
        Ok((certificate, PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::wall_now;
    use std::os::unix::fs::PermissionsExt;

    fn days(days: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn it_is_kept_until_it_is_about_to_expire() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(scratch.path()).expect("a folder");
        let now = wall_now();
        let first = Certificate::open(Some(&folder), now).expect("a certificate");
        let mode = std::fs::metadata(scratch.path().join(KEY_FILE)).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for (later, same) in [(days(0), true), (days(365), true), (days(368), false)] {
            let opened = Certificate::open(Some(&folder), now + later).expect("a certificate");
            assert_eq!(opened.pem() == first.pem(), same, "{later}");
            opened.tls().expect("usable");
        }
    }

    #[test]
    fn what_is_damaged_is_replaced() {
        let now = wall_now();
        let other = Certificate::draw(now).expect("a certificate");
        for (file, content) in [
            (CERTIFICATE_FILE, "not PEM"),
            (KEY_FILE, "not PEM"),
            (CERTIFICATE_FILE, other.certificate_pem.as_str()),
            (KEY_FILE, other.key_pem.as_str()),
        ] {
            let scratch = tempfile::tempdir().expect("a folder");
            let folder = DataFolder::open(scratch.path()).expect("a folder");
            Certificate::open(Some(&folder), now).expect("a certificate");
            folder.write(file, content.as_bytes()).expect("written");
            Certificate::open(Some(&folder), now).expect("a certificate").tls().expect("usable");
        }
    }
}
