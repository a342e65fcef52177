//! The verification and everything that can be said about it without asking the outside: values and total functions. Nothing
//! here awaits, reads a clock or the environment, draws randomness, logs, or knows an SDK.

mod attempts;
mod challenge;
mod commands;
mod confidence;
mod consent;
mod decision;
mod evidence;
mod identifiers;
mod rejection;
mod settle;
mod terms;
mod verification;

pub use challenge::{Challenge, ChallengeKind};
pub use commands::{Change, Command, OpenVerification};
pub use confidence::Confidence;
pub use consent::Consent;
pub use decision::{Decision, Outcome, Reason};
pub use evidence::{CheckStatus, Evidence, FeedbackCode, StoredImage};
pub use identifiers::{Nonce, Owner, SessionId, SessionNumber, VerificationId, hex};
pub use rejection::Rejection;
pub use settle::{IN_REVIEW_FOR, RESUMABLE_FOR, SESSION_LAPSES_AFTER, SESSION_LIVES_FOR, VERIFICATION_LIVES_FOR};
pub use terms::{FaceMatch, OpenedBy, Terms};
pub use verification::{DecidedSession, NextStep, Session, SessionState, Status, Verification};
