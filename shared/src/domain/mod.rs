//! The verification and everything that can be said about it without asking the outside: values and total functions. Nothing
//! here awaits, reads a clock or the environment, draws randomness, logs, or knows an SDK.

mod attempts;
mod challenge;
mod client_token;
mod commands;
mod confidence;
mod consent;
mod decision;
mod decision_seal;
mod enrolment;
mod erasure;
mod evidence;
mod faces;
mod identifiers;
mod keyed;
mod lockout;
mod opening;
mod publication;
mod reconciliation;
mod rejection;
mod review;
mod reviewing;
mod sessions;
mod settle;
mod signed_result;
mod terms;
mod time;
mod verification;
mod workflow;

pub use challenge::{Challenge, ChallengeKind};
pub use client_token::{
    CLIENT_TOKEN_HOLDS_AT_MOST, CLIENT_TOKEN_PREFIX, ClientAccess, ClientToken, READABLE_AFTER_CLOSING, TokenGeneration, TokenRefusal,
};
pub use commands::{Change, Command};
pub use confidence::Confidence;
pub use consent::Consent;
pub use decision::{Decision, Outcome, Reason};
pub use decision_seal::{DecisionKeyPublic, Seal, SealedDecision};
pub use enrolment::{EnrolledFace, Enrolment, EnrolmentState, FaceId, Plan, Undoing};
pub use erasure::{Erasure, ErasureId, ErasureState, RECEIPT_KEPT_FOR, Removed};
pub use evidence::{CheckStatus, Evidence, FeedbackCode, StoredImage};
pub use faces::{AgeRange, GallerySearch, SourceMatch, SourcePicture};
pub use identifiers::{Nonce, Owner, SessionId, SessionNumber, VerificationId, hex};
pub use keyed::{DeviceKey, StackKey, SubjectKey};
pub use lockout::{
    ATTEMPT_MATTERS_FOR, Attempt, AttemptState, MOST_TELLING_FAILURES, Standing, device_failures_matter_since, failures_since,
    is_suspicious, standing,
};
pub use opening::OpenVerification;
pub use publication::{DocumentWrite, Event, EventKind, Publication, Told};
pub use reconciliation::{ImageDay, Reconciliation};
pub use rejection::Rejection;
pub use review::{CLAIM_HOLDS_FOR, Claim, LOOK_HOLDS_FOR, Opinion, Review, ReviewKind, ReviewRejection, Verdict, VerdictReason};
pub use settle::{IN_REVIEW_FOR, RESUMABLE_FOR, SESSION_LAPSES_AFTER, SESSION_LIVES_FOR, VERIFICATION_LIVES_FOR};
pub use signed_result::{Addressed, ResultKeyPublic, SIGNED_RESULT_HOLDS_FOR, UnsignedResult};
pub use terms::{FaceMatch, OpenedBy, Terms};
pub use verification::{DecidedSession, NextStep, Session, SessionState, Status, Verification};
pub use workflow::{Awaited, TaskAnswer, TaskFailure, TaskOutput, TaskToken};
