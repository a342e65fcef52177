//! Rekognition's confidence: a number from 0 to 100, never a fraction of one.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// 0 to 100, finite. It decides about a person and says how to do better at fooling the check, so it has no useful `Debug`
/// and reaches neither a log nor an end user.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Confidence(f32);

impl Confidence {
    /// The least of all.
    pub const LEAST: Self = Self(0.0);

    /// None when `value` is not a number from 0 to 100: what cannot be read cannot approve.
    pub fn new(value: f32) -> Option<Self> {
        (0.0..=100.0).contains(&value).then_some(Self(value))
    }

    /// The bare number, for the store and for reviewers.
    pub fn get(self) -> f32 {
        self.0
    }
}

impl fmt::Debug for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidence(..)")
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f32::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("a confidence is a number from 0 to 100"))
    }
}

#[cfg(test)]
mod tests {
    use super::Confidence;

    #[test]
    fn the_scale_ends_at_0_and_100() {
        for (value, accepted) in [
            (-0.1, false),
            (0.0, true),
            (0.9, true),
            (80.0, true),
            (100.0, true),
            (100.1, false),
            (f32::NAN, false),
            (f32::INFINITY, false),
        ] {
            assert_eq!(Confidence::new(value).is_some(), accepted, "{value}");
        }
    }
}
