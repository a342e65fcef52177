//! What the subject is asked to do in front of the camera, weakest first.

use serde::{Deserialize, Serialize};

/// The challenges of Face Liveness, ordered by what they prove: light is stronger than movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChallengeKind {
    /// Move the face into the oval.
    #[serde(rename = "FaceMovementChallenge")]
    Movement,
    /// Move the face into the oval and reflect a random sequence of colours.
    #[serde(rename = "FaceMovementAndLightChallenge")]
    MovementAndLight,
}

impl ChallengeKind {
    /// Rekognition's type string (`API_Challenge`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movement => "FaceMovementChallenge",
            Self::MovementAndLight => "FaceMovementAndLightChallenge",
        }
    }

    /// None for a type that this code does not know: it cannot be ranked, so it cannot approve.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Movement, Self::MovementAndLight].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The challenge that Rekognition says was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its type.
    pub kind: ChallengeKind,
    /// Its version, such as `1.0.0`. Not judged: AWS's own pages disagree about the numbers.
    pub version: String,
}
