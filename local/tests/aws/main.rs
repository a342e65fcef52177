//! The AWS endpoint as its clients see it: the official SDKs, and requests signed by hand where an SDK cannot be made to err.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what a test expects to be there may be missing only by failing it")]

mod dynamodb;
mod presigned;
mod s3;
mod s3_uploads;
mod signatures;
mod sts;
mod support;
