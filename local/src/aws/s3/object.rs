//! One object: what is known about it, and how both lie in one file - a line of JSON, then the bytes - so that a rename puts the
//! whole object in place or nothing of it.

use bytes::Bytes;
use jiff::Timestamp;
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Error, ErrorKind};
use std::path::Path;

use super::checksums::Checksums;

/// Everything about an object but its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) key: String,
    /// Bytes.
    pub(crate) size: u64,
    /// The MD5 of the bytes in hexadecimal, without quotes.
    pub(crate) etag: String,
    pub(crate) last_modified: Timestamp,
    pub(crate) checksums: Checksums,
    pub(crate) encryption: Encryption,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    pub(crate) metadata: HashMap<String, String>,
    #[serde(default)]
    pub(crate) headers: Headers,
}

/// The encryption that was asked for, kept to be echoed: nothing is encrypted on this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) algorithm: String,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) bucket_key: Option<bool>,
}

/// Headers that S3 gives back as they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
}

/// An object with its bytes.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) about: std::sync::Arc<About>,
    pub(crate) bytes: Bytes,
}

impl About {
    pub(crate) fn new(key: &str, bytes: &[u8], checksums: Checksums, last_modified: Timestamp) -> Self {
        // Since 2023 every object is encrypted with SSE-S3 unless another way was asked for (S3 User Guide).
        let encryption = Encryption { algorithm: "AES256".to_owned(), kms_key_id: None, bucket_key: None };
        Self {
            key: key.to_owned(),
            size: bytes.len() as u64,
            etag: hex(&Md5::checksum(bytes)),
            last_modified,
            checksums,
            encryption,
            metadata: HashMap::new(),
            headers: Headers::default(),
        }
    }

    pub(crate) fn with_content_type(mut self, content_type: &str) -> Self {
        self.headers.content_type = Some(content_type.to_owned());
        self
    }
}

/// The content of an object's file.
pub(super) fn encode(about: &About, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // JSON writes a line break inside a string as an escape: the first line break ends it.
    let mut file = serde_json::to_vec(about)?;
    file.push(b'\n');
    file.extend_from_slice(bytes);
    Ok(file)
}

/// Reads the bytes out of an object's file.
pub(super) fn bytes_of(path: &Path, about: &About) -> std::io::Result<Bytes> {
    let file = Bytes::from(std::fs::read(path)?);
    let start = file.iter().position(|byte| *byte == b'\n').map_or(file.len(), |end| end + 1);
    let bytes = file.slice(start..);
    if bytes.len() as u64 == about.size { Ok(bytes) } else { Err(cut_short(path)) }
}

/// Reads what an object's file says about it, and whether all of its bytes are there.
pub(super) fn about_of(path: &Path) -> std::io::Result<About> {
    let file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    let about: About = serde_json::from_slice(&line)?;
    if line.len() as u64 + about.size == length { Ok(about) } else { Err(cut_short(path)) }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| DIGITS.get(usize::from(digit))).collect()
}

fn cut_short(path: &Path) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{} does not hold a whole object", path.display()))
}
