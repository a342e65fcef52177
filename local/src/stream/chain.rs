//! The chain of chunk signatures: each frame's signature covers its date, its payload and the signature before it, the first one that of
//! the URL ("AWS4-HMAC-SHA256-PAYLOAD"). A frame left out, added, changed or moved breaks it.
//!
//! `aws-sigv4` can sign such a message but not check one: it cuts the date to whole seconds, while the component signs milliseconds.

use super::frames::SignedFrame;
use crate::aws::signature::signing_key;
use aws_sigv4::sign::v4::calculate_signature;
use aws_smithy_eventstream::frame::write_headers_to;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue};
use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The chain as far as it has been followed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SignatureChain {
    secret_access_key: String,
    region: String,
    prior: String,
}

/// A frame that is not the chain's next link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk signature does not match")]
pub(super) struct BrokenChain;

impl SignatureChain {
    /// A chain that begins with the signature of the presigned URL, in lower-case hexadecimal digits.
    pub(super) fn new(secret_access_key: String, region: String, url_signature: String) -> Self {
        Self { secret_access_key, region, prior: url_signature }
    }

    /// Follows the chain by one frame.
    pub(super) fn follow(&mut self, frame: &SignedFrame) -> Result<(), BrokenChain> {
        let expected = self.signature(frame.date_ms, &frame.payload)?;
        let stated = hex(&frame.signature);
        if !bool::from(expected.as_bytes().ct_eq(stated.as_bytes())) {
            return Err(BrokenChain);
        }
        self.prior = expected;
        Ok(())
    }

    /// The signature of the next frame with this date and payload.
    pub(super) fn signature(&self, date_ms: i64, payload: &[u8]) -> Result<String, BrokenChain> {
        let date = Timestamp::from_millisecond(date_ms).map_err(|_| BrokenChain)?;
        let time = date.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = time.split('T').next().unwrap_or_default();
        let mut header = Vec::new();
        let date_header = Header::new(":date", HeaderValue::Timestamp(DateTime::from_millis(date_ms)));
        write_headers_to(&[date_header], &mut header).map_err(|_| BrokenChain)?;
        let to_sign = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{time}\n{day}/{}/rekognition/aws4_request\n{}\n{}\n{}",
            self.region,
            self.prior,
            hex(&Sha256::digest(&header)),
            hex(&Sha256::digest(payload)),
        );
        let key = signing_key(&self.secret_access_key, date, &self.region, "rekognition");
        Ok(calculate_signature(key, to_sign.as_bytes()))
    }
}

/// Neither the secret nor a signature is ever printed.
impl fmt::Debug for SignatureChain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignatureChain").field("region", &self.region).finish_non_exhaustive()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
