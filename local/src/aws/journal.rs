//! Remembers who called what, so that a test can say which permissions a function really uses. It is kept in memory alone, and
//! holds the names of actions and resources, never what was read or written.

use crate::aws::credentials::Caller;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The account that everything here belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The calls since the start, the oldest given up when there are more than it keeps.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<VecDeque<Entry>>,
}

/// One permission that a call needed, in IAM's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who called.
    pub caller: Caller,
    /// What IAM would have checked, for example `dynamodb:PutItem`.
    pub action: String,
    /// On what: an ARN, or `*` where the action has no resource.
    pub resource: String,
}

const CAPACITY: usize = 20_000;

impl Journal {
    /// Writes one entry down.
    pub fn record(&self, caller: &Caller, action: &str, resource: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(Entry { caller: caller.clone(), action: action.to_owned(), resource: resource.to_owned() });
    }

    /// All entries, the oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
