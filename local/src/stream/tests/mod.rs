//! The stream without a socket: the captured sessions frame by frame, whole conversations in virtual time, the table of transitions, and
//! what garbage does.

mod captured;
mod client;
mod conversation;
mod garbage;
mod transitions;
