//! What an event source mapping gave up on.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// What a mapping gave up on, as it would tell the destination that the template names.
#[derive(Debug, Default)]
pub struct DeadLetters {
    kept: Mutex<VecDeque<Value>>,
}

const CAPACITY: usize = 1_000;

impl DeadLetters {
    /// Keeps one, for the destination of that name.
    pub(crate) fn put(&self, destination: &str, letter: &Value) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == CAPACITY {
            kept.pop_front();
        }
        kept.push_back(serde_json::json!({ "destination": destination, "letter": letter }));
    }

    /// The last thousand, the oldest first.
    pub fn kept(&self) -> Vec<Value> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
