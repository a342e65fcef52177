//! The AWS services as this product uses them: concrete SDK clients, wire types turned into domain types by hand, and errors
//! into [`Fault`](crate::fault::Fault)s. The seam for tests is the wire: give the clients another endpoint.

mod aws_clients;
mod decisions;
mod due;
mod enrolments;
mod erasures;
mod event_bus;
mod evidence_bucket;
mod faces;
mod image_days;
mod item;
mod limits;
mod listings;
mod liveness;
mod looks;
mod reconciliations;
mod refusal;
mod rescue_queue;
mod source_upload;
mod streaming_credentials;
mod tombstones;
mod verification_table;
mod workflows;

pub use aws_clients::AwsClients;
pub use decisions::{DecisionPage, DecisionPlace, DecisionRecord, Judged};
pub use due::{Due, DuePage, DuePlace};
pub use enrolments::LoadedEnrolment;
pub use erasures::{FACES, LoadedErasure, Receipt, ToRemove};
pub use event_bus::{EventBus, MOST_EVENTS_AT_ONCE};
pub use evidence_bucket::{EvidenceBucket, EvidenceImage, ImageKind, LINK_HOLDS_FOR, prefixes_of};
pub(crate) use faces::best;
pub use faces::{Faces, FoundFace};
pub use image_days::{DayPage, session_of};
pub use item::read_image;
pub use limits::Limits;
pub use listings::{List, Page, Place};
pub use liveness::{CheckResult, Image, Liveness, LivenessStatus};
pub use looks::Look;
pub use reconciliations::LoadedReconciliation;
pub use rescue_queue::{RescueMessage, RescueQueue};
pub use source_upload::{SourceUpload, UploadForm};
pub use streaming_credentials::{StreamingCredentials, StreamingRole};
pub use verification_table::{Along, Loaded, VerificationTable, Written};
pub use workflows::{Taken, Workflows};
