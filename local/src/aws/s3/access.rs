//! Says, once `s3s` knows which operation a request is, what permission it needs: the caller's policies are asked, and the
//! journal is told (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3").

use super::{Buckets, S3Fault};
use crate::aws::claim::query_pairs;
use crate::aws::credentials::Caller;
use crate::aws::journal::Journal;
use crate::aws::policy;
use crate::clock::Clock;
use http::Extensions;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::{DeleteObjectsInput, GetObjectInput, HeadObjectInput};
use s3s::path::S3Path;
use s3s::{S3Request, S3Result, s3_error};
use std::sync::Arc;

/// Asks the caller's policies and tells the journal.
pub(crate) struct Access {
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) buckets: Arc<Buckets>,
}

/// Travels with the request: who signed it, and for which region.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) caller: Caller,
    pub(crate) region: String,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name();
        // Needs a permission for each of its keys, which are in its body.
        if operation == "DeleteObjects" {
            return Ok(());
        }
        let action = action(operation);
        let resource = match context.s3_path() {
            S3Path::Root => "*".to_owned(),
            S3Path::Bucket { bucket } => bucket_arn(bucket),
            S3Path::Object { bucket, key } => object_arn(bucket, key),
        };
        let query = context.uri().query().unwrap_or_default().to_owned();
        let prefix = query_pairs(&query).find_map(|(name, value)| (name == "prefix").then(|| value.into_owned()));
        self.ask(context.extensions_mut(), &action, &resource, prefix.as_deref())
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let DeleteObjectsInput { bucket, delete, .. } = &request.input;
        let mut keys = delete.objects.iter();
        keys.try_for_each(|object| self.ask(&request.extensions, "s3:DeleteObject", &object_arn(bucket, &object.key), None))
    }

    async fn get_object(&self, request: &mut S3Request<GetObjectInput>) -> S3Result<()> {
        self.miss(&request.extensions, &request.input.bucket, &request.input.key).await
    }

    async fn head_object(&self, request: &mut S3Request<HeadObjectInput>) -> S3Result<()> {
        self.miss(&request.extensions, &request.input.bucket, &request.input.key).await
    }
}

impl Access {
    fn ask(&self, extensions: &Extensions, action: &str, resource: &str, prefix: Option<&str>) -> S3Result<()> {
        let Some(Signer { caller, region }) = extensions.get() else {
            return Err(s3_error!(AccessDenied, "the request is not signed"));
        };
        let request = policy::Request { action, resource, region, now: self.clock.now(), prefix };
        if !policy::permits(caller, &request) {
            return Err(s3_error!(AccessDenied, "not authorized to perform: {action} because no policy allows the {action} action"));
        }
        self.journal.record(caller, action, resource);
        Ok(())
    }

    /// That an object is not there is told to those alone who may list the bucket (`API_GetObject`, "Permissions"). A condition on
    /// `s3:prefix` is compared with the key.
    async fn miss(&self, extensions: &Extensions, bucket: &str, key: &str) -> S3Result<()> {
        match self.buckets.about(bucket, key).await {
            Err(S3Fault::NoSuchKey) => self.ask(extensions, "s3:ListBucket", &bucket_arn(bucket), Some(key)),
            _ => Ok(()),
        }
    }
}

fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// Most operations are named as their permission is; these are not.
fn action(operation: &str) -> String {
    let permission = match operation {
        "HeadObject" => "GetObject",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "ListBuckets" => "ListAllMyBuckets",
        other => other,
    };
    format!("s3:{permission}")
}
