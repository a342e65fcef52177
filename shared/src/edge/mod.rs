//! The edge of a function: the event is decoded and the caller named, the answer rendered, a fault logged once. Nothing of the
//! inside leaves here but what [`Problem`] and the answers name.

mod answer;
mod body;
mod caller;
mod cursor;
mod failure;
mod lambda;
mod opening;
mod page;
mod problem;
mod review;
mod trigger;
mod view;
mod visitor;

pub use answer::{Answer, TIME_TO_ANSWER, answered, in_time};
pub use body::{NoBody, Object, decode_body};
pub use caller::{Caller, path_parameter, query_parameter};
pub use cursor::ListOf;
pub use failure::Failure;
pub use lambda::{ConnectError, LambdaFunction, serve};
pub use opening::{GivenConsent, check_notes, consent_for, idempotency_key, is_visible_ascii};
pub use page::PageRequest;
pub use problem::Problem;
pub use review::{CaseView, QueueEntry};
pub use trigger::Trigger;
pub use view::{OwnerView, ReviewView, ServiceView};
pub use visitor::{Visit, Visitor};
