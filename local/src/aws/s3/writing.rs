//! `PutObject`: takes the body in, verifies its checksums and writes the object on the caller's condition (`API_PutObject`).

use super::checksums::{Checksums, Stated};
use super::object::{About, Encryption, Headers};
use super::{Buckets, Condition};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use s3s::dto::{ChecksumType, ETag, ETagCondition, PutObjectInput, PutObjectOutput, ServerSideEncryption, StreamingBlob};
use s3s::{S3Error, S3Request, S3Result, s3_error};

pub(super) async fn put(buckets: &Buckets, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let S3Request { input, trailing_headers, .. } = request;
    refuse_what_is_not_kept(&input)?;
    let condition = condition(&input)?;
    // Nothing is read for a bucket that is not there.
    buckets.bucket(&input.bucket)?;
    let bytes = whole(input.body, input.content_length).await?;
    let mut stated = Stated {
        checksums: Checksums {
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            crc64nvme: input.checksum_crc64nvme,
            sha1: input.checksum_sha1,
            sha256: input.checksum_sha256,
        },
        algorithm: input.checksum_algorithm.map(|algorithm| algorithm.as_str().to_owned()),
        md5: input.content_md5,
    };
    // The trailer stands behind the last chunk: it is there once the body has been read.
    if let Some(trailer) = trailing_headers.and_then(|trailer| trailer.take()) {
        stated = stated.with_trailer(&trailer);
    }
    let checksums = stated.checked(&bytes)?;
    let mut about = About::new(&input.key, &bytes, checksums.clone(), buckets.now());
    if let Some(algorithm) = input.server_side_encryption {
        about.encryption =
            Encryption { algorithm: algorithm.as_str().to_owned(), kms_key_id: input.ssekms_key_id, bucket_key: input.bucket_key_enabled };
    }
    about.metadata = input.metadata.unwrap_or_default();
    about.headers = Headers {
        content_type: input.content_type,
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding,
        content_language: input.content_language,
    };
    let output = PutObjectOutput {
        e_tag: Some(ETag::Strong(about.etag.clone())),
        checksum_crc32: checksums.crc32,
        checksum_crc32c: checksums.crc32c,
        checksum_crc64nvme: checksums.crc64nvme,
        checksum_sha1: checksums.sha1,
        checksum_sha256: checksums.sha256,
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        server_side_encryption: Some(ServerSideEncryption::from(about.encryption.algorithm.clone())),
        ssekms_key_id: about.encryption.kms_key_id.clone(),
        bucket_key_enabled: about.encryption.bucket_key,
        ..Default::default()
    };
    buckets.store(&input.bucket, about, bytes, condition).await?;
    Ok(output)
}

/// A request that would be kept only in part is refused, naming what this S3 does not have.
fn refuse_what_is_not_kept(input: &PutObjectInput) -> S3Result<()> {
    let parts = [
        ("customer-provided keys", input.sse_customer_algorithm.is_some() || input.sse_customer_key.is_some()),
        ("object lock", input.object_lock_mode.is_some() || input.object_lock_legal_hold_status.is_some()),
        (
            "grants",
            input.grant_full_control.is_some()
                || input.grant_read.is_some()
                || input.grant_read_acp.is_some()
                || input.grant_write_acp.is_some(),
        ),
        ("tags", input.tagging.is_some()),
        ("appending", input.write_offset_bytes.is_some()),
        ("website redirects", input.website_redirect_location.is_some()),
        ("canned ACLs other than private", input.acl.as_ref().is_some_and(|acl| acl.as_str() != "private")),
        ("storage classes other than STANDARD", input.storage_class.as_ref().is_some_and(|class| class.as_str() != "STANDARD")),
    ];
    match parts.into_iter().find(|(_, asked)| *asked) {
        Some((part, _)) => Err(s3_error!(NotImplemented, "prooflight-local does not implement s3:PutObject with {part}")),
        None => Ok(()),
    }
}

fn condition(input: &PutObjectInput) -> S3Result<Condition> {
    match (&input.if_none_match, &input.if_match) {
        (None, None) => Ok(Condition::Always),
        (Some(ETagCondition::Any), None) => Ok(Condition::Absent),
        (None, Some(ETagCondition::ETag(etag))) => Ok(Condition::Is(etag.value().to_owned())),
        // "If-None-Match ... expects the '*' character", and the two exclude each other (API_PutObject).
        _ => Err(s3_error!(NotImplemented, "a header you provided implies functionality that is not implemented")),
    }
}

async fn whole(body: Option<StreamingBlob>, length: Option<i64>) -> S3Result<Bytes> {
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    let mut bytes = BytesMut::with_capacity(length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default().min(1 << 20));
    // A chunk whose signature is wrong, or a body that ends early, is an error of the stream.
    while let Some(part) = body.try_next().await.map_err(|error| refused_body(&*error))? {
        bytes.extend_from_slice(&part);
    }
    // The chunks' reader is content with a body that ends between two chunks: here the stated length, which is signed, decides.
    // Of a chunked body it is `x-amz-decoded-content-length`.
    if length.is_some_and(|length| usize::try_from(length) != Ok(bytes.len())) {
        return Err(incomplete());
    }
    Ok(bytes.freeze())
}

fn refused_body(error: &(dyn std::error::Error + Send + Sync + 'static)) -> S3Error {
    // `s3s` does not publish the type of these errors; its words are all there is to tell them apart.
    if error.to_string().contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch, "a chunk of the body is not signed as its chain demands");
    }
    incomplete()
}

fn incomplete() -> S3Error {
    s3_error!(IncompleteBody, "the body is not in the chunks, or not of the length, that its headers state")
}
