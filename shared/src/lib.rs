//! What all functions share: the pure domain and policy, the adapters to AWS, and the Lambda edge.

pub mod environment;
pub mod invocation;
