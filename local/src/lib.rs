//! Prooflight on one machine: an AWS-compatible endpoint (Rekognition, DynamoDB, S3, SQS, STS, `EventBridge`), the Face Liveness stream, the
//! gateway in front of the functions, and the page.

mod arriving;
mod assembly;
pub mod aws;
pub mod certificate;
pub mod clock;
pub mod data_folder;
pub mod dev;
pub mod event_sources;
pub mod feed;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod gateway;
mod instance;
pub mod lambda;
mod listener;
pub mod options;
pub mod page;
mod random;
pub mod rekognition;
pub mod schedules;
mod severable;
pub mod stream;
pub mod timers;
pub mod tokens;

pub use assembly::AssemblyError;
pub use instance::{Local, StartError};
pub use listener::Patience;
pub use options::Options;
