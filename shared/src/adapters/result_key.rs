//! The key that results are signed with: it never leaves KMS, which is asked for each signature. Its public half is asked for once.

use super::refusal::{Codes, fault};
use crate::domain::{ResultKeyPublic, UnsignedResult};
use crate::fault::{Fault, FaultCode};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use tokio::sync::OnceCell;

/// Where the key is.
#[derive(Debug)]
pub struct ResultKey {
    client: aws_sdk_kms::Client,
    arn: String,
    public: OnceCell<ResultKeyPublic>,
}

pub(super) const CODES: Codes = Codes { unavailable: FaultCode::SigningKeyUnavailable, refused: FaultCode::SigningKeyRefused };
const READING: &str = "read the key that results are signed with";
const SIGNING: &str = "sign a result";

impl ResultKey {
    /// The key of that ARN.
    pub fn new(client: aws_sdk_kms::Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned(), public: OnceCell::new() }
    }

    /// What signatures are checked with. What failed is asked for again the next time.
    pub async fn public(&self) -> Result<&ResultKeyPublic, Fault> {
        let read = async || {
            let answer = self.client.get_public_key().key_id(&self.arn).send().await.map_err(|error| fault(CODES, READING, &error))?;
            let der = answer.public_key().map(Blob::as_ref).unwrap_or_default();
            ResultKeyPublic::from_der(der).ok_or_else(|| Fault::bare(CODES.refused, READING))
        };
        self.public.get_or_try_init(read).await
    }

    /// Signs.
    pub async fn sign(&self, result: UnsignedResult) -> Result<String, Fault> {
        let signature = sign(&self.client, &self.arn, &result.digest(), SIGNING).await?;
        result.signed(&signature).ok_or_else(|| Fault::bare(CODES.refused, SIGNING))
    }

    /// Opens the connection, by reading the public half.
    pub async fn warm_up(&self) {
        let _ = self.public().await;
    }
}

/// Has KMS sign a digest with a key on P-256: ASN.1. `context` completes "failed to ...".
pub(super) async fn sign(client: &aws_sdk_kms::Client, arn: &str, digest: &[u8], context: &'static str) -> Result<Vec<u8>, Fault> {
    let call = client.sign().key_id(arn).message_type(MessageType::Digest).message(Blob::new(digest));
    let answer = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256).send().await.map_err(|error| fault(CODES, context, &error))?;
    let signature = answer.signature.map(Blob::into_inner).filter(|signature| !signature.is_empty());
    signature.ok_or_else(|| Fault::bare(CODES.refused, context))
}
