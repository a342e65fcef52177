//! What is minted once at the edge of an invocation and handed down as a value: time, identity, randomness.

use jiff::Timestamp;

/// One invocation of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The time by which everything in this invocation is judged.
    pub now: Timestamp,
    /// Named in answers and logs.
    pub request_id: String,
    /// Fresh random bytes, from which ids and nonces are derived.
    pub entropy: [u8; 32],
}

impl Invocation {
    /// Times are whole milliseconds from here on: that is what clients read without surprises.
    pub fn new(now: Timestamp, request_id: &str, entropy: [u8; 32]) -> Self {
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        Self { now, request_id: request_id.to_owned(), entropy }
    }
}
