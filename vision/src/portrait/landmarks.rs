//! The landmarks that Rekognition names, at the mesh points that lie there. Left and right are the viewer's, as in `API_Landmark`'s examples:
//! `eyeLeft` is the subject's right eye. Of its thirty names two are missing, `leftPupil` and `rightPupil`: this mesh has no iris.

use crate::decode::Frame;
use crate::face::Face;

/// One place in a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landmark {
    /// Which one.
    pub kind: LandmarkKind,
    /// As a fraction of the picture's width.
    pub x: f32,
    /// As a fraction of the picture's height.
    pub y: f32,
}

macro_rules! kinds {
    ($($kind:ident $name:literal $points:expr,)*) => {
        /// The places that the mesh knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum LandmarkKind {
            $(#[doc = concat!("`", $name, "`")] $kind,)*
        }

        impl LandmarkKind {
            /// Rekognition's name for it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        /// Each place with the numbers of the mesh points whose middle it is.
        const PLACES: &[(LandmarkKind, &[usize])] = &[$((LandmarkKind::$kind, &$points),)*];
    };
}

kinds! {
    EyeLeft "eyeLeft" [33, 133],
    EyeRight "eyeRight" [362, 263],
    MouthLeft "mouthLeft" [61],
    MouthRight "mouthRight" [291],
    Nose "nose" [1],
    LeftEyeBrowLeft "leftEyeBrowLeft" [70],
    LeftEyeBrowRight "leftEyeBrowRight" [107],
    LeftEyeBrowUp "leftEyeBrowUp" [105],
    RightEyeBrowLeft "rightEyeBrowLeft" [336],
    RightEyeBrowRight "rightEyeBrowRight" [300],
    RightEyeBrowUp "rightEyeBrowUp" [334],
    LeftEyeLeft "leftEyeLeft" [33],
    LeftEyeRight "leftEyeRight" [133],
    LeftEyeUp "leftEyeUp" [159],
    LeftEyeDown "leftEyeDown" [145],
    RightEyeLeft "rightEyeLeft" [362],
    RightEyeRight "rightEyeRight" [263],
    RightEyeUp "rightEyeUp" [386],
    RightEyeDown "rightEyeDown" [374],
    NoseLeft "noseLeft" [98],
    NoseRight "noseRight" [327],
    MouthUp "mouthUp" [0],
    MouthDown "mouthDown" [17],
    UpperJawlineLeft "upperJawlineLeft" [127],
    MidJawlineLeft "midJawlineLeft" [58],
    ChinBottom "chinBottom" [152],
    MidJawlineRight "midJawlineRight" [288],
    UpperJawlineRight "upperJawlineRight" [356],
}

impl LandmarkKind {
    /// Whether it is one of the five that are answered when no attribute is asked for.
    pub fn is_basic(self) -> bool {
        matches!(self, Self::EyeLeft | Self::EyeRight | Self::MouthLeft | Self::MouthRight | Self::Nose)
    }
}

#[expect(clippy::cast_precision_loss, reason = "sides are at most 2048, and a middle is of two points")]
pub(super) fn landmarks(frame: &Frame, face: &Face) -> Vec<Landmark> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let place = |(kind, points): &(LandmarkKind, &[usize])| {
        let sum = points.iter().map(|&number| face.at(number)).fold([0.0; 2], |sum, [x, y]| [sum[0] + x, sum[1] + y]);
        let count = points.len().max(1) as f32;
        Landmark { kind: *kind, x: sum[0] / count / width, y: sum[1] / count / height }
    };
    PLACES.iter().map(place).collect()
}
