//! The key of client tokens: KMS makes the MAC and verifies it, so no function has the key, and who may make tokens is a matter of roles.

use super::refusal::{Codes, fault};
use crate::domain::ClientToken;
use crate::fault::{Fault, FaultCode};
use aws_sdk_kms::operation::verify_mac::VerifyMacError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;

/// Where the key is.
#[derive(Debug)]
pub struct ClientTokenKey {
    client: aws_sdk_kms::Client,
    arn: String,
}

const CODES: Codes = Codes { unavailable: FaultCode::SigningKeyUnavailable, refused: FaultCode::SigningKeyRefused };
const ALGORITHM: MacAlgorithmSpec = MacAlgorithmSpec::HmacSha256;
const MAKING: &str = "make a client token";

impl ClientTokenKey {
    /// The key of that ARN.
    pub fn new(client: aws_sdk_kms::Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned() }
    }

    /// The token as it travels.
    pub async fn write(&self, token: &ClientToken) -> Result<String, Fault> {
        let call = self.client.generate_mac().key_id(&self.arn).mac_algorithm(ALGORITHM).message(Blob::new(token.message()));
        let answer = call.send().await.map_err(|error| fault(CODES, MAKING, &error))?;
        let mac = answer.mac().map(Blob::as_ref).filter(|mac| !mac.is_empty());
        Ok(token.written(mac.ok_or_else(|| Fault::bare(CODES.refused, MAKING))?))
    }

    /// What a token says, if it is one of ours.
    pub async fn read(&self, text: &str) -> Result<Option<ClientToken>, Fault> {
        let Some((token, mac)) = ClientToken::read(text) else { return Ok(None) };
        let call = self.client.verify_mac().key_id(&self.arn).mac_algorithm(ALGORITHM).message(Blob::new(token.message()));
        match call.mac(Blob::new(mac)).send().await {
            Ok(answer) => Ok(answer.mac_valid().then_some(token)),
            // That is what it answers instead of `false` ("API_VerifyMac"); a MAC of another length is invalid as well.
            Err(error) if error.as_service_error().is_some_and(VerifyMacError::is_kms_invalid_mac_exception) => Ok(None),
            Err(error) => Err(fault(CODES, "verify a client token", &error)),
        }
    }
}
