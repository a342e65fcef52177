//! Challenge types and versions: what a session prefers, what a client can do, and what both can agree on. The names are those of
//! `API_ChallengePreference` and of the stream's `challenge-versions` parameter.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The challenge that suits both sides: the first preference, in the session's order, for which this server and the client share a
/// version; of several shared versions the newest. A session without preferences asks for movement and light, as the service does.
pub(super) fn negotiate(preferences: &[Preference], client: &[Challenge]) -> Option<Challenge> {
    let by_default = [Preference::any(ChallengeType::FaceMovementAndLightChallenge)];
    let preferences = if preferences.is_empty() { by_default.as_slice() } else { preferences };
    preferences.iter().find_map(|preference| {
        preference.supported().filter(|challenge| client.contains(challenge)).max_by_key(|challenge| challenge.version)
    })
}

/// Every challenge that this server can put. The stream's model has one shape for all versions of a type.
pub(super) const SUPPORTED: [Challenge; 3] = [
    Challenge { kind: ChallengeType::FaceMovementAndLightChallenge, version: Version { major: 2, minor: 0, patch: 0 } },
    Challenge { kind: ChallengeType::FaceMovementAndLightChallenge, version: Version { major: 1, minor: 0, patch: 0 } },
    Challenge { kind: ChallengeType::FaceMovementChallenge, version: Version { major: 1, minor: 0, patch: 0 } },
];

/// What the subject is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeType {
    /// Move into the oval, then reflect a sequence of colours.
    FaceMovementAndLightChallenge,
    /// Move into the oval.
    FaceMovementChallenge,
}

impl ChallengeType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaceMovementAndLightChallenge => "FaceMovementAndLightChallenge",
            Self::FaceMovementChallenge => "FaceMovementChallenge",
        }
    }

    /// The newest version of this type that the server knows.
    pub fn newest(self) -> Challenge {
        Preference::any(self)
            .supported()
            .max_by_key(|challenge| challenge.version)
            .unwrap_or(Challenge { kind: self, version: Version::FIRST })
    }
}

impl FromStr for ChallengeType {
    type Err = UnknownChallenge;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::FaceMovementAndLightChallenge, Self::FaceMovementChallenge]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownChallenge)
    }
}

/// A type and a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The type.
    pub kind: ChallengeType,
    /// The version.
    pub version: Version,
}

impl FromStr for Challenge {
    type Err = UnknownChallenge;

    /// Reads `FaceMovementChallenge_1.0.0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, version) = text.split_once('_').ok_or(UnknownChallenge)?;
        Ok(Self { kind: kind.parse()?, version: version.parse()? })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_{}", self.kind.as_str(), self.version)
    }
}

/// Three numbers of at most three digits, as the model's `Version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    const FIRST: Self = Self { major: 1, minor: 0, patch: 0 };
}

impl FromStr for Version {
    type Err = UnknownChallenge;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(|part| {
            let plain =
                (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            part.parse().ok().filter(|_| plain).ok_or(UnknownChallenge)
        });
        let mut next = || parts.next().ok_or(UnknownChallenge)?;
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        if next().is_ok() { Err(UnknownChallenge) } else { Ok(version) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl TryFrom<String> for Version {
    type Error = UnknownChallenge;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// One entry of a session's ordered list of acceptable challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Preference {
    /// The type.
    pub kind: ChallengeType,
    /// The oldest acceptable version.
    pub minimum: Option<Version>,
    /// The newest acceptable version.
    pub maximum: Option<Version>,
}

impl Preference {
    /// Any version of a type.
    pub(super) fn any(kind: ChallengeType) -> Self {
        Self { kind, minimum: None, maximum: None }
    }

    /// What this server can put within the preference.
    pub(super) fn supported(self) -> impl Iterator<Item = Challenge> {
        SUPPORTED.into_iter().filter(move |challenge| {
            challenge.kind == self.kind
                && self.minimum.is_none_or(|minimum| challenge.version >= minimum)
                && self.maximum.is_none_or(|maximum| challenge.version <= maximum)
        })
    }
}

/// A text that names no challenge type or version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a challenge type and version")]
pub struct UnknownChallenge;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(preferences: &[&str], client: &[&str], expected: Option<&str>) {
        let preferences: Vec<_> = preferences
            .iter()
            .map(|text| {
                let mut parts = text.split(' ');
                let kind = parts.next().unwrap().parse().unwrap();
                let mut bound = || parts.next().filter(|part| *part != "-").map(|part| part.parse().unwrap());
                Preference { kind, minimum: bound(), maximum: bound() }
            })
            .collect();
        let client: Vec<Challenge> = client.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(
            negotiate(&preferences, &client).map(|challenge| challenge.to_string()).as_deref(),
            expected,
            "{preferences:?} with {client:?}"
        );
    }

    #[test]
    fn the_first_preference_that_both_sides_know_wins() {
        const LIGHT2: &str = "FaceMovementAndLightChallenge_2.0.0";
        const LIGHT1: &str = "FaceMovementAndLightChallenge_1.0.0";
        const MOVE: &str = "FaceMovementChallenge_1.0.0";
        check(&[], &[LIGHT2, MOVE], Some(LIGHT2));
        check(&[], &[LIGHT1, LIGHT2], Some(LIGHT2));
        check(&[], &[LIGHT1], Some(LIGHT1));
        check(&[], &[MOVE], None);
        check(&["FaceMovementChallenge"], &[LIGHT2, MOVE], Some(MOVE));
        check(&["FaceMovementChallenge"], &[LIGHT2], None);
        check(&["FaceMovementAndLightChallenge", "FaceMovementChallenge"], &[MOVE], Some(MOVE));
        check(&["FaceMovementChallenge", "FaceMovementAndLightChallenge"], &[LIGHT2, MOVE], Some(MOVE));
        check(&["FaceMovementAndLightChallenge - 1.9.9"], &[LIGHT1, LIGHT2], Some(LIGHT1));
        check(&["FaceMovementAndLightChallenge 1.0.1"], &[LIGHT1, LIGHT2], Some(LIGHT2));
        check(&["FaceMovementAndLightChallenge 3.0.0"], &[LIGHT2], None);
        check(&[], &["FaceMovementAndLightChallenge_7.0.0"], None);
    }

    #[test]
    fn versions_follow_the_model() {
        for good in ["0.0.0", "1.0.0", "12.345.678"] {
            assert_eq!(good.parse::<Version>().unwrap().to_string(), good);
        }
        for bad in ["", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.1000", "1.0.-1", "1.0.x", " 1.0.0", "1.0.+1"] {
            assert_eq!(bad.parse::<Version>(), Err(UnknownChallenge), "{bad:?}");
        }
        assert!("2.0.0".parse::<Version>().unwrap() > "1.99.99".parse::<Version>().unwrap());
    }
}
