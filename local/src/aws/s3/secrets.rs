//! Gives `s3s` the secret of a key. The front has verified the request before; `s3s` needs the secret for what comes after the
//! head: the signed chunks of a streamed upload.

use crate::aws::credentials::Credentials;
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use std::sync::Arc;

/// The secrets of all keys.
pub(crate) struct Secrets(pub(crate) Arc<Credentials>);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.get(access_key) {
            Some(credential) => Ok(SecretKey::from(credential.secret_access_key)),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}
