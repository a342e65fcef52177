//! The erasure of a subject: what was asked, how far it has come, and the receipt that stays. The subject's name is not in it: whoever
//! knows the name and the stack's key can tell whose it was.

use super::time::after;
use super::{SubjectKey, VerificationId, identifiers::hex};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// One erasure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Its name.
    pub id: ErasureId,
    /// Whose data it is.
    pub subject_key: SubjectKey,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How far it has come.
    pub state: ErasureState,
}

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at", content = "with")]
pub enum ErasureState {
    /// It is at work, or was cut off and goes on with the next clean-up.
    Running,
    /// Everything that was found is gone; what was on its way at that moment is looked for once more.
    Sweeping {
        /// When.
        again_at: Timestamp,
    },
    /// Nothing is left.
    Done {
        /// When it was finished.
        finished_at: Timestamp,
    },
}

/// Names an erasure: `era_` and 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErasureId(String);

/// What was removed of one verification. The names are kept only until the second look, which needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// The verification's keyed digest.
    pub verification: String,
    /// Keyed digests of the objects that were removed: images, and pictures to compare with.
    pub objects: BTreeSet<String>,
    /// How many items of the table.
    pub records: u32,
}

/// What is on its way when an erasure begins - a completion, an enrolment - has ended long before the second look.
const SECOND_LOOK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// An erasure that was cut off goes on this long after it was asked for.
const GOES_ON_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// For how long the receipt is kept: as long as anything here may be (740 ILCS 14/15), so that it outlives what it is about.
pub const RECEIPT_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 1095);

impl Erasure {
    /// A new one.
    pub fn requested(id: ErasureId, subject_key: SubjectKey, now: Timestamp) -> Self {
        Self { id, subject_key, requested_at: now, state: ErasureState::Running }
    }

    /// Where it stands once everything that can be found was removed at `now`.
    #[must_use]
    pub fn swept(&self, now: Timestamp) -> Self {
        let state = match self.state {
            ErasureState::Running => ErasureState::Sweeping { again_at: after(now, SECOND_LOOK_AFTER) },
            ErasureState::Sweeping { again_at } if again_at <= now => ErasureState::Done { finished_at: now },
            state => state,
        };
        Self { state, ..self.clone() }
    }

    /// When it goes on by itself; none when it is done.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            ErasureState::Running => Some(after(self.requested_at, GOES_ON_AFTER)),
            ErasureState::Sweeping { again_at } => Some(again_at),
            ErasureState::Done { .. } => None,
        }
    }

    /// As it stands in answers.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            ErasureState::Running => "running",
            ErasureState::Sweeping { .. } => "sweeping",
            ErasureState::Done { .. } => "done",
        }
    }
}

impl ErasureId {
    /// From 16 bytes that were minted at the edge.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("era_{}", hex(&bytes)))
    }

    /// From a path segment; none when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("era_")?;
        let shaped = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        shaped.then(|| Self(text.to_owned()))
    }

    /// The id as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErasureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl super::StackKey {
    /// Stands for a verification in a receipt.
    pub fn erased_verification(&self, id: &VerificationId) -> String {
        hex(&self.digest("erased verification", &[id.as_str()]))
    }

    /// Stands for an object of the bucket, or a face of the collection, in a receipt.
    pub fn erased_object(&self, name: &str) -> String {
        hex(&self.digest("erased object", &[name]))
    }
}
