//! `GetObject` and `HeadObject`: conditions, ranges and what is known about the object (`API_GetObject`, `API_HeadObject`).

use super::Buckets;
use super::checksums::Checksums;
use super::object::{About, Headers};
use super::operations::{length, unversioned};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use s3s::dto::{
    ChecksumMode, ChecksumType, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ServerSideEncryption, StreamingBlob, Timestamp,
};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use std::time::SystemTime;

pub(super) async fn get(buckets: &Buckets, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    refuse(input.version_id.as_deref(), input.part_number.is_some(), input.sse_customer_key.is_some())?;
    let object = buckets.load(&input.bucket, &input.key).await?;
    let about = &*object.about;
    Conditions {
        is: input.if_match.as_ref(),
        is_not: input.if_none_match.as_ref(),
        modified_since: input.if_modified_since.as_ref(),
        unmodified_since: input.if_unmodified_since.as_ref(),
    }
    .check(about)?;
    let (bytes, content_range) = match input.range {
        None => (object.bytes.clone(), None),
        Some(range) => {
            let range = range.check(about.size)?;
            let stated = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), about.size);
            let whole = |end: u64| usize::try_from(end).map_err(|_| s3_error!(InvalidRange));
            (object.bytes.slice(whole(range.start)?..whole(range.end)?), Some(stated))
        }
    };
    let content_length = length(bytes.len() as u64)?;
    let known = Known::of(about, checksums_wanted(input.checksum_mode.as_ref()) && content_range.is_none());
    Ok(GetObjectOutput {
        body: Some(StreamingBlob::wrap(stream::iter([Ok::<Bytes, std::io::Error>(bytes)]))),
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(content_length),
        content_range,
        e_tag: known.e_tag,
        last_modified: known.last_modified,
        checksum_crc32: known.checksums.crc32,
        checksum_crc32c: known.checksums.crc32c,
        checksum_crc64nvme: known.checksums.crc64nvme,
        checksum_sha1: known.checksums.sha1,
        checksum_sha256: known.checksums.sha256,
        checksum_type: known.checksum_type,
        content_type: input.response_content_type.or(known.headers.content_type),
        cache_control: input.response_cache_control.or(known.headers.cache_control),
        content_disposition: input.response_content_disposition.or(known.headers.content_disposition),
        content_encoding: input.response_content_encoding.or(known.headers.content_encoding),
        content_language: input.response_content_language.or(known.headers.content_language),
        metadata: known.metadata,
        server_side_encryption: known.server_side_encryption,
        ssekms_key_id: known.kms_key_id,
        bucket_key_enabled: known.bucket_key,
        ..Default::default()
    })
}

pub(super) async fn head(buckets: &Buckets, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
    refuse(input.version_id.as_deref(), input.part_number.is_some() || input.range.is_some(), input.sse_customer_key.is_some())?;
    let about = buckets.about(&input.bucket, &input.key).await?;
    Conditions {
        is: input.if_match.as_ref(),
        is_not: input.if_none_match.as_ref(),
        modified_since: input.if_modified_since.as_ref(),
        unmodified_since: input.if_unmodified_since.as_ref(),
    }
    .check(&about)?;
    let known = Known::of(&about, checksums_wanted(input.checksum_mode.as_ref()));
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(about.size)?),
        e_tag: known.e_tag,
        last_modified: known.last_modified,
        checksum_crc32: known.checksums.crc32,
        checksum_crc32c: known.checksums.crc32c,
        checksum_crc64nvme: known.checksums.crc64nvme,
        checksum_sha1: known.checksums.sha1,
        checksum_sha256: known.checksums.sha256,
        checksum_type: known.checksum_type,
        content_type: known.headers.content_type,
        cache_control: known.headers.cache_control,
        content_disposition: known.headers.content_disposition,
        content_encoding: known.headers.content_encoding,
        content_language: known.headers.content_language,
        metadata: known.metadata,
        server_side_encryption: known.server_side_encryption,
        ssekms_key_id: known.kms_key_id,
        bucket_key_enabled: known.bucket_key,
        ..Default::default()
    })
}

/// What both answers say about an object.
struct Known {
    e_tag: Option<ETag>,
    last_modified: Option<Timestamp>,
    checksums: Checksums,
    checksum_type: Option<ChecksumType>,
    headers: Headers,
    metadata: Option<std::collections::HashMap<String, String>>,
    server_side_encryption: Option<ServerSideEncryption>,
    kms_key_id: Option<String>,
    bucket_key: Option<bool>,
}

impl Known {
    fn of(about: &About, with_checksums: bool) -> Self {
        let checksums = if with_checksums { about.checksums.clone() } else { Checksums::default() };
        let mut headers = about.headers.clone();
        // What was put without a type is one (S3 User Guide, "System-defined object metadata").
        headers.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
        Self {
            e_tag: Some(ETag::Strong(about.etag.clone())),
            last_modified: Some(SystemTime::from(about.last_modified).into()),
            checksums,
            checksum_type: with_checksums.then(|| ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            headers,
            metadata: Some(about.metadata.clone()).filter(|metadata| !metadata.is_empty()),
            server_side_encryption: Some(ServerSideEncryption::from(about.encryption.algorithm.clone())),
            kms_key_id: about.encryption.kms_key_id.clone(),
            bucket_key: about.encryption.bucket_key,
        }
    }
}

/// The conditional headers of a read.
struct Conditions<'a> {
    is: Option<&'a ETagCondition>,
    is_not: Option<&'a ETagCondition>,
    modified_since: Option<&'a Timestamp>,
    unmodified_since: Option<&'a Timestamp>,
}

impl Conditions<'_> {
    /// An `ETag` condition that is given decides alone; the dates are asked only without it (RFC 9110, 13.2.2).
    fn check(&self, about: &About) -> S3Result<()> {
        let same = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == about.etag,
        };
        // HTTP dates have whole seconds.
        let whole_seconds = jiff::Timestamp::from_second(about.last_modified.as_second()).unwrap_or(about.last_modified);
        let modified = Timestamp::from(SystemTime::from(whole_seconds));
        let later_than = |date: &Timestamp| modified > *date;
        match (self.is, self.unmodified_since) {
            (Some(condition), _) if !same(condition) => return Err(s3_error!(PreconditionFailed)),
            (None, Some(date)) if later_than(date) => return Err(s3_error!(PreconditionFailed)),
            _ => {}
        }
        match (self.is_not, self.modified_since) {
            (Some(condition), _) if same(condition) => Err(not_modified(about)),
            (None, Some(date)) if !later_than(date) => Err(not_modified(about)),
            _ => Ok(()),
        }
    }
}

fn not_modified(about: &About) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", about.etag)) {
        headers.insert(header::ETAG, etag);
    }
    error.set_headers(headers);
    error
}

fn checksums_wanted(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn refuse(version: Option<&str>, part: bool, customer_key: bool) -> S3Result<()> {
    if part || customer_key {
        return Err(s3_error!(NotImplemented, "prooflight-local does not implement reads of parts or with customer-provided keys"));
    }
    unversioned(version)
}
