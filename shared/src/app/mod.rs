//! The steps that several functions take: open a verification, reserve a session, change a
//! verification under contention, complete a session, enrol a face, erase a subject.

mod change;
mod complete;
mod enrol;
mod erase;
mod evidence;
mod open;
mod reserve;
mod rivals;
mod undo;

pub use change::{Entropy, Refused, change_verification};
pub use complete::{Completer, Completion};
pub use enrol::Enroller;
pub use erase::Eraser;
pub use open::{Opened, Repetition, open_verification, opened_before};
pub use reserve::{insert_verification, reserve_session};
