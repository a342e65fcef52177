//! The edge of a function: the event is decoded and the caller named, the answer rendered, a fault logged once. Nothing of the
//! inside leaves here but what [`Problem`] and the answers name.

mod answer;
mod body;
mod caller;
mod lambda;
mod problem;

pub use answer::{Answer, TIME_TO_ANSWER, answered};
pub use body::{NoBody, decode_body};
pub use caller::{Caller, path_parameter};
pub use lambda::{ConnectError, HttpFunction, serve};
pub use problem::Problem;
