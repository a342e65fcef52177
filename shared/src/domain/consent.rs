//! The subject's consent, as it was given.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which text was agreed to, and when the server heard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// The version of the text.
    pub version: String,
    /// The server's time, never the client's.
    pub recorded_at: Timestamp,
}
