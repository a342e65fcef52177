//! Whom the client trusts: the certificates of one file, which for a laptop is the instance's own.

use super::CheckError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where `prooflight-local` keeps its certificate when it is started from the repository.
const OF_LAPTOP: &str = ".prooflight/certificate.pem";

pub(super) fn trusting(file: Option<&Path>) -> Result<Arc<ClientConfig>, CheckError> {
    let path = file.map_or_else(|| PathBuf::from(OF_LAPTOP), Path::to_path_buf);
    let pem = std::fs::read(&path).map_err(|source| CheckError::File { path: path.clone(), source })?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| CheckError::Certificates(error.to_string()))?;
        roots.add(certificate).map_err(|error| CheckError::Certificates(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| CheckError::Certificates(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
