//! The checksums that come with an object (S3 User Guide, "Checking object integrity"): every one that is stated is verified,
//! and what is stored is given back. An object without any gets CRC64NVME, as S3 does it.

use super::S3Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};

/// The checksums of an object, base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksums {
    pub(crate) crc32: Option<String>,
    pub(crate) crc32c: Option<String>,
    pub(crate) crc64nvme: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) sha256: Option<String>,
}

/// What a request states about its body.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    pub(crate) checksums: Checksums,
    /// `x-amz-sdk-checksum-algorithm`: to be computed even where its value does not come with the request.
    pub(crate) algorithm: Option<String>,
    /// `Content-MD5`, base64.
    pub(crate) md5: Option<String>,
}

impl Stated {
    /// Adds the checksums of the trailer that ends a chunked upload.
    pub(crate) fn with_trailer(mut self, trailer: &HeaderMap) -> Self {
        let value = |name: &str| trailer.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        for (name, checksum) in [
            ("x-amz-checksum-crc32", &mut self.checksums.crc32),
            ("x-amz-checksum-crc32c", &mut self.checksums.crc32c),
            ("x-amz-checksum-crc64nvme", &mut self.checksums.crc64nvme),
            ("x-amz-checksum-sha1", &mut self.checksums.sha1),
            ("x-amz-checksum-sha256", &mut self.checksums.sha256),
        ] {
            if let Some(value) = value(name) {
                *checksum = Some(value);
            }
        }
        self
    }

    /// Verifies everything that is stated, and returns what to store.
    pub(crate) fn checked(self, bytes: &[u8]) -> Result<Checksums, S3Fault> {
        if self.md5.is_some_and(|md5| md5 != BASE64.encode(Md5::checksum(bytes))) {
            return Err(S3Fault::BadDigest("Content-MD5"));
        }
        let stated = self.checksums;
        let asked = |name: &str, value: &Option<String>| value.is_some() || self.algorithm.as_deref() == Some(name);
        let mut hasher = ChecksumHasher {
            crc32: asked("CRC32", &stated.crc32).then(Default::default),
            crc32c: asked("CRC32C", &stated.crc32c).then(Default::default),
            crc64nvme: asked("CRC64NVME", &stated.crc64nvme).then(Default::default),
            sha1: asked("SHA1", &stated.sha1).then(Default::default),
            sha256: asked("SHA256", &stated.sha256).then(Default::default),
        };
        if hasher.crc32.is_none() && hasher.crc32c.is_none() && hasher.sha1.is_none() && hasher.sha256.is_none() {
            hasher.crc64nvme.get_or_insert_default();
        }
        hasher.update(bytes);
        let found = hasher.finalize();
        let found = Checksums {
            crc32: found.checksum_crc32,
            crc32c: found.checksum_crc32c,
            crc64nvme: found.checksum_crc64nvme,
            sha1: found.checksum_sha1,
            sha256: found.checksum_sha256,
        };
        for (name, stated, found) in [
            ("CRC32", &stated.crc32, &found.crc32),
            ("CRC32C", &stated.crc32c, &found.crc32c),
            ("CRC64NVME", &stated.crc64nvme, &found.crc64nvme),
            ("SHA1", &stated.sha1, &found.sha1),
            ("SHA256", &stated.sha256, &found.sha256),
        ] {
            if stated.is_some() && stated != found {
                return Err(S3Fault::BadDigest(name));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published check values of `123456789`.
    fn known() -> Checksums {
        Checksums {
            crc32: Some("y/Q5Jg==".into()),
            crc32c: Some("4waSgw==".into()),
            crc64nvme: Some("rosUhgp5mIg=".into()),
            sha1: Some("98O8HYCOBHMq32eZZczDTKeuNEE=".into()),
            sha256: Some("FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=".into()),
        }
    }

    #[test]
    fn every_algorithm_is_verified() {
        let stated = |checksums| Stated { checksums, ..Stated::default() };
        assert_eq!(stated(known()).checked(b"123456789").unwrap(), known());
        let empty = Checksums::default();
        for (name, wrong) in [
            ("CRC32", Checksums { crc32: Some("y/Q5Jw==".into()), ..empty.clone() }),
            ("CRC32C", Checksums { crc32c: Some("4waSgg==".into()), ..empty.clone() }),
            ("CRC64NVME", Checksums { crc64nvme: Some("rosUhgp5mIk=".into()), ..empty.clone() }),
            ("SHA1", Checksums { sha1: Some("not base64".into()), ..empty.clone() }),
            ("SHA256", Checksums { sha256: Some(String::new()), ..empty.clone() }),
        ] {
            assert!(matches!(stated(wrong).checked(b"123456789"), Err(S3Fault::BadDigest(found)) if found == name), "{name}");
        }
    }

    #[test]
    fn a_trailer_states_as_much_as_a_header() {
        let mut trailer = HeaderMap::new();
        trailer.insert("x-amz-checksum-crc32", http::HeaderValue::from_static("AAAAAA=="));
        let stated = Stated::default().with_trailer(&trailer);
        assert!(matches!(stated.checked(b"123456789"), Err(S3Fault::BadDigest("CRC32"))));
    }

    #[test]
    fn an_object_without_a_checksum_gets_one() {
        let expected = Checksums { crc64nvme: known().crc64nvme, ..Checksums::default() };
        assert_eq!(Stated::default().checked(b"123456789").unwrap(), expected);
    }

    #[test]
    fn content_md5_is_verified() {
        let stated = |md5: &str| Stated { md5: Some(md5.into()), ..Stated::default() };
        assert!(stated("JfnnlDI7RTiF9RgfG2JNCw==").checked(b"123456789").is_ok());
        assert!(matches!(stated("JfnnlDI7RTiF9RgfG2JNCg==").checked(b"123456789"), Err(S3Fault::BadDigest("Content-MD5"))));
    }
}
