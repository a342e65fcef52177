//! Says, once `s3s` knows which operation a request is, what permission it needs: a caller's session policy is asked, and the
//! journal is told (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3").

use crate::aws::credentials::Caller;
use crate::aws::journal::Journal;
use crate::aws::policy;
use crate::clock::Clock;
use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};
use std::sync::Arc;

/// Asks the session policy and tells the journal.
pub(crate) struct Access {
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: Arc<Clock>,
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
        let action = action(context.s3_op().name());
        let resource = match context.s3_path() {
            S3Path::Root => "*".to_owned(),
            S3Path::Bucket { bucket } if action == "s3:DeleteObject" => format!("arn:aws:s3:::{bucket}/*"),
            S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
            S3Path::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
        };
        let Some(signer) = context.extensions_mut().get::<Signer>() else {
            return Err(s3_error!(AccessDenied, "the request is not signed"));
        };
        if !policy::permits(&signer.caller, &action, &signer.region, self.clock.now()) {
            return Err(s3_error!(
                AccessDenied,
                "not authorized to perform: {action} because no session policy allows the {action} action"
            ));
        }
        self.journal.record(&signer.caller, &action, &resource);
        Ok(())
    }
}

/// Most operations are named as their permission is; these are not.
fn action(operation: &str) -> String {
    let permission = match operation {
        "HeadObject" => "GetObject",
        "DeleteObjects" => "DeleteObject",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "ListBuckets" => "ListAllMyBuckets",
        other => other,
    };
    format!("s3:{permission}")
}
