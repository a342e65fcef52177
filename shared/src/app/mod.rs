//! The steps that several functions take: open a verification, reserve a session, change a verification under contention, complete a session.

mod change;
mod complete;
mod evidence;
mod open;
mod reserve;

pub use change::{Entropy, Refused, change_verification};
pub use complete::{Completer, Completion};
pub use open::{Opened, Repetition, open_verification};
pub use reserve::{insert_verification, reserve_session};
