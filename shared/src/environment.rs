//! Every environment variable that a function reads, parsed before the first request: a wrong value fails the deployment's
//! first init, not the first user.

/// A variable that is missing or malformed.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {name} {problem}")]
pub struct EnvironmentError {
    /// The variable's name.
    pub name: &'static str,
    /// What is wrong with it, as the end of a sentence.
    pub problem: String,
}

/// The parsed environment.
#[derive(Debug, Clone)]
pub struct Environment {}

impl Environment {
    /// Reads the variables through `lookup`, which is `std::env::var` in a Lambda and a plain map elsewhere.
    pub fn read(_lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        Ok(Self {})
    }
}
