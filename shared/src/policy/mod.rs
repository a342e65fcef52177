//! Policies: which question is asked, who may ask it, and how its answer is judged. Pure, like the domain that it judges.

mod catalogue;
mod decide;

pub use catalogue::{Catalogue, PolicyError};
pub use decide::{History, decide, is_sampled, tips};
