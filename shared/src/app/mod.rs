//! The steps that several functions take: change a verification under contention, and complete a session.

mod change;
mod complete;

pub use change::{Entropy, Refused, change_verification};
pub use complete::{Completion, complete_session};
