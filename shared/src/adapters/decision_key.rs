//! The key that decisions are signed with: in KMS, for those who judge.

use super::refusal::fault;
use super::result_key::{CODES, sign};
use crate::domain::{DecisionKeyPublic, Seal, SealedDecision};
use crate::fault::Fault;
use aws_sdk_kms::primitives::Blob;

/// Where the key is.
#[derive(Debug, Clone)]
pub struct DecisionKey {
    client: aws_sdk_kms::Client,
    arn: String,
}

impl DecisionKey {
    /// The key of that ARN.
    pub fn new(client: aws_sdk_kms::Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned() }
    }

    /// Signs a decision.
    pub async fn seal(&self, decision: SealedDecision<'_>) -> Result<Seal, Fault> {
        Ok(Seal::of(&sign(&self.client, &self.arn, &decision.digest(), "sign a decision").await?))
    }

    /// What signatures are checked with.
    pub async fn public(&self) -> Result<DecisionKeyPublic, Fault> {
        const READING: &str = "read the key that decisions are signed with";
        let answer = self.client.get_public_key().key_id(&self.arn).send().await.map_err(|error| fault(CODES, READING, &error))?;
        let der = answer.public_key().map(Blob::as_ref).unwrap_or_default();
        DecisionKeyPublic::from_der(der).ok_or_else(|| Fault::bare(CODES.refused, READING))
    }

    /// Opens the connection. Whether the key can be used shows with the first decision.
    pub async fn warm_up(&self) {
        let _ = self.public().await;
    }
}
