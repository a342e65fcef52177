//! The bucket of images. An image is written once, under a key that ends in its digest: if the key is taken, the same bytes are
//! there, and a crash anywhere is repaired by running the completion again.

use super::liveness::Image;
use super::refusal::{Codes, fault};
use crate::domain::{SessionNumber, StoredImage, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;

/// The bucket.
#[derive(Debug, Clone)]
pub struct EvidenceBucket {
    client: aws_sdk_s3::Client,
    name: String,
}

/// What an image shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// The one that faces are compared with.
    Reference,
    /// One that a reviewer looks at.
    Audit,
}

/// An image with everything that its key is made of.
#[derive(Debug)]
pub struct EvidenceImage<'a> {
    /// Days for which it is kept: the lifecycle rule goes by the key's prefix.
    pub kept_days: u16,
    /// When its session was reserved; the same however often the completion is run.
    pub session_created_at: Timestamp,
    /// Whose it is.
    pub verification: &'a VerificationId,
    /// Which session's.
    pub session: SessionNumber,
    /// What it shows.
    pub kind: ImageKind,
    /// The bytes.
    pub image: Image,
}

/// A conditional write that met another one is to be tried again (`API_PutObject`, 409 `ConditionalRequestConflict`).
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(25);
const CODES: Codes = Codes { unavailable: FaultCode::BucketUnavailable, refused: FaultCode::BucketRefused };

impl EvidenceBucket {
    /// The bucket of that name.
    pub fn new(client: aws_sdk_s3::Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Stores the image, or finds it stored, and says where.
    pub async fn store(&self, image: EvidenceImage<'_>) -> Result<StoredImage, Fault> {
        let mut stored = StoredImage::of(&image.image.0);
        let key = image.key(&stored.sha256);
        let checksum = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &image.image.0));
        let bytes = Bytes::from(image.image.0);
        for attempt in 0..TRIES {
            let written = self
                .client
                .put_object()
                .bucket(&self.name)
                .key(&key)
                .content_type("image/jpeg")
                .if_none_match("*")
                .checksum_sha256(&checksum)
                .body(ByteStream::from(bytes.clone()))
                .send()
                .await;
            match written {
                Ok(_) => {
                    stored.key = Some(key);
                    return Ok(stored);
                }
                Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                    Some("PreconditionFailed") => {
                        stored.key = Some(key);
                        return Ok(stored);
                    }
                    // Another delivery of the same completion is at it; it will be there in a moment.
                    Some("ConditionalRequestConflict") => tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await,
                    _ => return Err(fault(CODES, "store an image", &error)),
                },
            }
        }
        Err(Fault::bare(FaultCode::BucketUnavailable, "store an image that others keep writing"))
    }

    /// Opens the connection. What it answers does not matter: with a role that may only write it is a refusal.
    pub async fn warm_up(&self) {
        let _ = self.client.head_bucket().bucket(&self.name).send().await;
    }
}

impl EvidenceImage<'_> {
    fn key(&self, sha256: &str) -> String {
        let date = self.session_created_at.strftime("%Y-%m-%d");
        let kind = match self.kind {
            ImageKind::Reference => "reference",
            ImageKind::Audit => "audit",
        };
        format!("evidence/r{}/{date}/{}/{}/{kind}-{sha256}.jpg", self.kept_days, self.verification, self.session)
    }
}
