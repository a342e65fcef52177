//! The picture of a request: bytes in it, or an object of a local bucket (`API_Image`).

use super::super::exception::Exception;
use crate::aws::s3::{Buckets, S3Fault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::Deserialize;

/// "The maximum image size as raw bytes passed in as parameter to an API is 5 MB" ("Guidelines and quotas in Amazon Rekognition").
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// "The maximum image size stored as an Amazon S3 object is limited to 15 MB" (the same page).
const MOST_STORED_BYTES: usize = 15 * 1024 * 1024;

/// `Image` as it comes over the wire.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireImage {
    bytes: Option<String>,
    #[serde(rename = "S3Object")]
    object: Option<WireObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireObject {
    bucket: Option<String>,
    name: Option<String>,
    version: Option<String>,
}

/// Where a request's picture is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Bytes(Picture),
    Object { bucket: String, name: String },
}

/// The bytes of a picture, within the limits and not yet decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture(Bytes);

impl Picture {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Picture {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl Source {
    /// Checks the image that stands under `field` in a request.
    pub(super) fn parse(image: Option<WireImage>, field: &str) -> Result<Self, Exception> {
        let image = image.ok_or_else(|| Exception::invalid_parameter(format!("{field} is required")))?;
        match (image.bytes, image.object) {
            (Some(text), None) => {
                let bytes = BASE64.decode(text).map_err(|_| Exception::invalid_parameter(format!("{field}.Bytes is not base64")))?;
                if bytes.is_empty() {
                    return Err(Exception::invalid_parameter(format!("{field}.Bytes is empty")));
                }
                checked(bytes.into(), MOST_BYTES).map(Self::Bytes)
            }
            (None, Some(object)) => {
                let (Some(bucket), Some(name)) = (object.bucket, object.name) else {
                    return Err(Exception::invalid_parameter(format!("{field}.S3Object needs Bucket and Name")));
                };
                // The local buckets are not versioned: their only version is called `null`.
                if object.version.is_some_and(|version| version != "null") {
                    return Err(Exception::invalid_s3_object());
                }
                Ok(Self::Object { bucket, name })
            }
            _ => Err(Exception::invalid_parameter(format!("{field} needs either Bytes or S3Object"))),
        }
    }

    /// The picture's bytes.
    pub(super) async fn fetch(self, buckets: &Buckets) -> Result<Picture, Exception> {
        let (bucket, name) = match self {
            Self::Bytes(picture) => return Ok(picture),
            Self::Object { bucket, name } => (bucket, name),
        };
        match buckets.read(&bucket, &name).await {
            Ok(bytes) => checked(bytes, MOST_STORED_BYTES),
            Err(S3Fault::Storage(error)) => {
                tracing::error!(%error, "the object of a face operation could not be read");
                Err(Exception::internal())
            }
            Err(_) => Err(Exception::invalid_s3_object()),
        }
    }
}

fn checked(bytes: Bytes, most: usize) -> Result<Picture, Exception> {
    if bytes.len() <= most { Ok(Picture(bytes)) } else { Err(Exception::image_too_large(format!("the image has more than {most} bytes"))) }
}
