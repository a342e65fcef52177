//! Who or what is in front of the camera, or in its place.

use std::fmt;
use std::str::FromStr;

macro_rules! presenters {
    ($($kind:ident $name:literal $group:ident $what:literal,)*) => {
        /// A kind of presentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Presenter {
            $(#[doc = $what] $kind,)*
        }

        impl Presenter {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name on the command line and in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// What it is, in a few words.
            pub fn what(self) -> &'static str {
                match self {
                    $(Self::$kind => $what,)*
                }
            }

            /// What it counts as.
            pub fn group(self) -> Group {
                match self {
                    $(Self::$kind => Group::$group,)*
                }
            }
        }
    };
}

/// What a presentation counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A live person.
    BonaFide,
    /// Something that is held before the camera.
    Presentation,
    /// Something that is put in the camera's place.
    Injection,
}

presenters! {
    Live "live" BonaFide "a live person",
    Print "print" Presentation "a flat print",
    PrintBent "print-bent" Presentation "a print, bent round the face",
    PrintCutout "print-cutout" Presentation "a print, cut out along the head and a little bent",
    Photo "photo" Presentation "a photo on a phone",
    Tablet "photo-tablet" Presentation "a photo on a tablet",
    Replay "replay" Presentation "the video of another check, on a tablet",
    Mask "mask" Presentation "a live person behind a paper mask of somebody else's eyes and nose",
    InjectedStill "injected-still" Injection "a still picture that is zoomed, in the camera's place",
    InjectedFace "injected-face" Injection "a face in three dimensions that reflects no light, in the camera's place",
    InjectedClip "injected-clip" Injection "the recording of another check, in the camera's place",
}

/// There is no such presenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such presenter")]
pub struct UnknownPresenter;

impl FromStr for Presenter {
    type Err = UnknownPresenter;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|presenter| presenter.name() == name).ok_or(UnknownPresenter)
    }
}

impl fmt::Display for Presenter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for presenter in Presenter::ALL {
            assert_eq!(presenter.name().parse(), Ok(*presenter));
        }
        assert_eq!("nobody".parse::<Presenter>(), Err(UnknownPresenter));
    }
}
