//! Prooflight on one machine: an AWS-compatible endpoint (Rekognition, DynamoDB, S3, STS), the Face Liveness stream, the
//! gateway in front of the functions, and the page.

pub mod aws;
pub mod clock;
pub mod dev;
pub mod gateway;
pub mod rekognition;
pub mod stream;
