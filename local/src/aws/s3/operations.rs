//! The operations that this S3 has, as `s3s` calls them. What is not here answers 501 `NotImplemented` naming the operation, by
//! the trait's own default.

use super::listing::{Cut, page};
use super::{Buckets, S3Fault, reading, writing};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    Bucket, CommonPrefix, CreateBucketInput, CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETag, EncodingType, Error, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, PutObjectInput, PutObjectOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use std::sync::Arc;

/// S3's operations on our buckets.
pub(crate) struct Operations(pub(crate) Arc<Buckets>);

/// A page of keys holds at most so many (`API_ListObjectsV2`), and a deletion as many keys.
const MOST: usize = 1000;

/// What stays as it is in a URL-encoded key.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[async_trait::async_trait]
impl S3 for Operations {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = request.input.bucket;
        if !self.0.create(&name)? {
            return Err(s3_error!(BucketAlreadyOwnedByYou, "the bucket is there already, and it is yours"));
        }
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{name}")) }))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.0.bucket(&request.input.bucket)?;
        let bucket_region = request.region.map(|region| region.as_str().to_owned());
        Ok(S3Response::new(HeadBucketOutput { bucket_region, ..Default::default() }))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = |(name, created_at): (String, jiff::Timestamp)| Bucket {
            name: Some(name),
            creation_date: Some(std::time::SystemTime::from(created_at).into()),
            bucket_region: None,
        };
        let buckets = self.0.all().into_iter().map(bucket).collect();
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..Default::default() }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        writing::put(&self.0, request).await.map(S3Response::new)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        reading::get(&self.0, request.input).await.map(S3Response::new)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        reading::head(&self.0, request.input).await.map(S3Response::new)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        if input.if_match.is_some() || input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
            return Err(s3_error!(NotImplemented, "prooflight-local does not implement conditional s3:DeleteObject"));
        }
        unversioned(input.version_id.as_deref())?;
        self.0.delete(&input.bucket, &input.key).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        self.0.bucket(&bucket)?;
        if delete.objects.len() > MOST {
            return Err(s3_error!(MalformedXML, "at most {MOST} objects are deleted at once"));
        }
        let mut output = DeleteObjectsOutput::default();
        for object in delete.objects {
            let done = match unversioned(object.version_id.as_deref()) {
                Ok(()) => self.0.delete(&bucket, &object.key).await.map_err(S3Error::from),
                Err(error) => Err(error),
            };
            match done {
                Ok(()) if delete.quiet == Some(true) => {}
                Ok(()) => output.deleted.get_or_insert_default().push(DeletedObject { key: Some(object.key), ..Default::default() }),
                Err(error) => output.errors.get_or_insert_default().push(Error {
                    key: Some(object.key),
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let invalid = || s3_error!(InvalidArgument, "the continuation token is not one of ours");
        let token = input.continuation_token.as_deref().map(|token| URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())).transpose()?;
        let token = token.map(|token| String::from_utf8(token).map_err(|_| invalid())).transpose()?;
        let most = usize::try_from(input.max_keys.unwrap_or(1000)).map_err(|_| s3_error!(InvalidArgument, "max-keys is negative"))?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let objects = self.0.list(&input.bucket, prefix).await?;
        let after = token.as_deref().or(input.start_after.as_deref());
        let cut = Cut { prefix, delimiter: input.delimiter.as_deref(), after, most: most.min(MOST) };
        let page = page(objects, |object| &object.key, cut);
        let url = input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
        let written = |text: &str| if url { utf8_percent_encode(text, UNRESERVED).to_string() } else { text.to_owned() };
        let count = page.objects.len() + page.common_prefixes.len();
        let contents = page.objects.iter().map(|object| Object {
            key: Some(written(&object.key)),
            size: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(std::time::SystemTime::from(object.last_modified).into()),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Default::default()
        });
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(contents.collect()),
            common_prefixes: Some(page.common_prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(written(prefix)) }).collect()),
            name: Some(input.bucket),
            prefix: Some(written(prefix)),
            delimiter: input.delimiter.as_deref().map(written),
            start_after: input.start_after.as_deref().map(written),
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            max_keys: Some(i32::try_from(most).unwrap_or(i32::MAX)),
            key_count: i32::try_from(count).ok(),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.map(|key| URL_SAFE_NO_PAD.encode(key)),
            ..Default::default()
        }))
    }
}

/// Our buckets are not versioned: the only version there is is called `null`.
pub(super) fn unversioned(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(InvalidArgument, "the bucket is not versioned: its only version is `null`")),
    }
}

/// A length as the answers state it.
pub(super) fn length(bytes: u64) -> Result<i64, S3Fault> {
    i64::try_from(bytes).map_err(|error| S3Fault::Storage(std::io::Error::other(error)))
}
