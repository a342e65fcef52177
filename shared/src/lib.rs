//! What all functions share: the pure [`domain`] and [`policy`], the [`adapters`] to AWS, the steps that several functions take
//! ([`app`]), and the Lambda [`edge`]. Imports go one way: `domain <- policy <- adapters <- app <- edge`.

pub mod adapters;
pub mod app;
pub mod domain;
pub mod edge;
pub mod environment;
pub mod error_chain;
pub mod fault;
pub mod invocation;
pub mod policy;
