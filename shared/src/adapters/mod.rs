//! The AWS services as this product uses them: concrete SDK clients, wire types turned into domain types by hand, and errors
//! into [`Fault`](crate::fault::Fault)s. The seam for tests is the wire: give the clients another endpoint.

mod aws_clients;
mod evidence_bucket;
mod item;
mod liveness;
mod refusal;
mod streaming_credentials;
mod verification_table;

pub use aws_clients::AwsClients;
pub use evidence_bucket::{EvidenceBucket, EvidenceImage, ImageKind};
pub use liveness::{CheckResult, Image, Liveness, LivenessStatus};
pub use streaming_credentials::{StreamingCredentials, StreamingRole};
pub use verification_table::{Loaded, VerificationTable};
