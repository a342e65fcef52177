//! The bucket of images. An image is written once, under a key that ends in its digest: if the key is taken, the same bytes are
//! there, and a crash anywhere is repaired by running the completion again.

use super::liveness::Image;
use super::refusal::{Codes, fault};
use crate::domain::{ImageDay, Session, SessionNumber, StoredImage, Verification, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_async::time::{SystemTimeSource, TimeSource as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;

/// The bucket.
#[derive(Debug, Clone)]
pub struct EvidenceBucket {
    pub(super) client: aws_sdk_s3::Client,
    pub(super) name: String,
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
const MOST_PICTURE_BYTES: i64 = 5 * 1024 * 1024;
/// `API_DeleteObjects`.
const MOST_DELETED_AT_ONCE: usize = 1000;
const LISTED_AT_ONCE: usize = 16;
/// For how long a link to an image is good.
pub const LINK_HOLDS_FOR: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(25);
pub(super) const CODES: Codes = Codes { unavailable: FaultCode::BucketUnavailable, refused: FaultCode::BucketRefused };

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

    /// The bytes of a picture that somebody uploaded; none where there is none, or more than Rekognition takes
    /// ("Guidelines and quotas in Amazon Rekognition": 5 MB as bytes).
    pub async fn load(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        let found = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(fault(CODES, "load a picture", &error)),
        };
        if found.content_length().is_none_or(|length| length > MOST_PICTURE_BYTES) {
            return Ok(None);
        }
        let body = found.body.collect().await.map_err(|error| Fault::new(FaultCode::BucketUnavailable, "load a picture", error))?;
        Ok(Some(body.into_bytes()))
    }

    /// Removes objects; those that are gone already do not matter.
    pub async fn delete(&self, keys: &[String]) -> Result<(), Fault> {
        for chunk in keys.chunks(MOST_DELETED_AT_ONCE) {
            let build = |error| Fault::new(FaultCode::Bug, "build a removal", error);
            let mut delete = Delete::builder().quiet(true);
            for key in chunk {
                delete = delete.objects(ObjectIdentifier::builder().key(key).build().map_err(build)?);
            }
            let delete = delete.build().map_err(build)?;
            let removed = self.client.delete_objects().bucket(&self.name).delete(delete).send().await;
            let removed = removed.map_err(|error| fault(CODES, "remove objects", &error))?;
            // The call succeeds even where some removals do not (`API_DeleteObjects`).
            if !removed.errors().is_empty() {
                return Err(Fault::bare(FaultCode::BucketUnavailable, "remove every object"));
            }
        }
        Ok(())
    }

    /// Every key under these prefixes, which are looked at some side by side: a subject of many years has hundreds.
    pub async fn list(&self, prefixes: &[String]) -> Result<Vec<String>, Fault> {
        let mut keys = Vec::new();
        for some in prefixes.chunks(LISTED_AT_ONCE) {
            let listed = futures_util::future::try_join_all(some.iter().map(|prefix| self.list_one(prefix))).await?;
            keys.extend(listed.into_iter().flatten());
        }
        Ok(keys)
    }

    async fn list_one(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        let mut keys = Vec::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(CODES, "list objects", &error))?;
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
        }
        Ok(keys)
    }

    /// A link to an object that is good for a minute. Whoever has it sees the image, so it goes to reviewers alone.
    pub async fn link(&self, key: &str) -> Result<String, Fault> {
        let build = |error| Fault::new(FaultCode::Bug, "build a link", error);
        let config = PresigningConfig::expires_in(LINK_HOLDS_FOR).map_err(build)?;
        let request = self.client.get_object().bucket(&self.name).key(key).response_cache_control("no-store");
        let link = request.presigned(config).await.map_err(|error| fault(CODES, "sign a link", &error))?;
        Ok(link.uri().to_owned())
    }

    /// Until when a link is good that is signed from now on, by the wall clock.
    pub fn links_expire_at(&self) -> Result<Timestamp, Fault> {
        Timestamp::try_from(SystemTimeSource::new().now() + LINK_HOLDS_FOR)
            .map_err(|error| Fault::new(FaultCode::Bug, "read the time", error))
    }

    /// Opens the connection. What it answers does not matter: with a role that may only write it is a refusal.
    pub async fn warm_up(&self) {
        let _ = self.client.head_bucket().bucket(&self.name).send().await;
    }
}

impl EvidenceImage<'_> {
    fn key(&self, sha256: &str) -> String {
        let kind = match self.kind {
            ImageKind::Reference => "reference",
            ImageKind::Audit => "audit",
        };
        let prefix = prefix(self.kept_days, self.session_created_at, self.verification, self.session);
        format!("{prefix}{kind}-{sha256}.jpg")
    }
}

/// What the keys of everything that is stored for a verification begin with.
pub fn prefixes_of(verification: &Verification) -> Vec<String> {
    let sessions = verification.sessions.iter().map(|session| session_prefix(verification, session));
    sessions.chain([format!("sources/{}/", verification.id)]).collect()
}

/// What the keys of all images of a session begin with.
fn session_prefix(verification: &Verification, session: &Session) -> String {
    prefix(verification.terms.images_kept_days, session.created_at, &verification.id, session.number)
}

fn prefix(kept_days: u16, session_created_at: Timestamp, verification: &VerificationId, session: SessionNumber) -> String {
    format!("{}{verification}/{session}/", day_prefix(ImageDay::of(kept_days, session_created_at)))
}

/// What the keys of all images of a day begin with.
pub(super) fn day_prefix(day: ImageDay) -> String {
    format!("evidence/{day}/")
}
