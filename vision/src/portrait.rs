//! The faces of a still picture, each with what Rekognition tells of one: its place, its landmarks, how the head is held, how well it can be
//! seen; and, asked for it, how old it looks and the numbers by which two faces are compared.

mod age;
mod identity;
mod landmarks;
mod search;

pub use age::AgeRange;
pub use identity::Embedding;
pub use landmarks::{Landmark, LandmarkKind};

use crate::decode::Frame;
use crate::face::{self, Cover, Face, PortraitModels};
use crate::{NormalizedBox, Still};
use landmarks::landmarks;

/// One face in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Portrait {
    /// From forehead to chin and from edge to edge; it may reach over the picture's own edge.
    pub area: NormalizedBox,
    /// 0-100: how sure the detector is that this is a face.
    pub confidence: f32,
    /// The places in the face that the mesh knows.
    pub landmarks: Vec<Landmark>,
    /// How the head is held.
    pub pose: HeadPose,
    /// 0-100: how bright the skin is.
    pub brightness: f32,
    /// 0-100: how much detail there is. A portrait in focus has more than 70, a blurred one less than 40.
    pub sharpness: f32,
    /// 0-100: how open the eyes look; from 50 on they are open.
    pub eyes_open: f32,
    /// 0-100: how much of the lower face, or whether the eyes, something seems to cover; from 50 on the face is occluded. What has the colour of
    /// skin is not seen, and a dark cover over the lower face passes for a beard.
    pub occluded: f32,
    face: Face,
}

/// Angles in degrees, with Rekognition's signs: all zero when the head looks straight into the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadPose {
    /// Positive when the head is turned towards the right edge of the picture.
    pub yaw: f32,
    /// Positive when it looks up.
    pub pitch: f32,
    /// Positive when it leans clockwise.
    pub roll: f32,
}

/// What the mesh measures from brow to chin on faces that look straight ahead: the mean of sixteen frontal portraits.
const STRAIGHT_PITCH: f32 = 8.0;

/// The faces of a picture, the largest one first.
pub fn portraits(models: &PortraitModels, still: &Still) -> Vec<Portrait> {
    let frame = still.frame();
    let found = search::search(&models.runner(), frame);
    found.into_iter().filter_map(|found| Portrait::of(frame, found.face, found.score)).collect()
}

impl Portrait {
    fn of(frame: &Frame, face: Face, score: f32) -> Option<Self> {
        let pose = face.pose();
        Some(Self {
            area: area(frame, &face),
            confidence: 100.0 * score,
            landmarks: landmarks(frame, &face),
            pose: HeadPose { yaw: pose.yaw, pitch: STRAIGHT_PITCH - pose.pitch, roll: pose.roll },
            brightness: 100.0 * face::brightness(face::skin(frame, &face)?).min(1.0),
            sharpness: sharpness(face::sharpness(frame, &face)),
            eyes_open: 100.0 * face::openness(frame, &face),
            occluded: occluded(face::cover(frame, &face)),
            face,
        })
    }

    /// How old the face looks in the picture that it was found in; none when the network fails.
    pub fn age(&self, models: &PortraitModels, still: &Still) -> Option<AgeRange> {
        age::age(models, still.frame(), &self.face)
    }

    /// What the face is compared by, from the picture that it was found in; none when the network fails.
    pub fn embedding(&self, models: &PortraitModels, still: &Still) -> Option<Embedding> {
        identity::embedding(models, still.frame(), &self.face)
    }
}

/// Dark glasses are plain; of a mask more and more places tell, and half-way between the counts that are told apart is 50.
fn occluded(cover: Cover) -> f32 {
    match cover {
        Cover { eyes: true, .. } => 95.0,
        Cover { lower, .. } => (8.0 + 12.0 * f32::from(lower.min(7))).min(95.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sides are at most 2048")]
fn area(frame: &Frame, face: &Face) -> NormalizedBox {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let outline = face.outline();
    NormalizedBox { left: outline.left / width, top: outline.top / height, width: outline.width / width, height: outline.height / height }
}

/// Rekognition does not say what its scale means; ours saturates, with the middle where a face begins to look soft.
fn sharpness(laplacian: f32) -> f32 {
    const MIDDLE: f32 = 60.0;
    100.0 * laplacian / (laplacian + MIDDLE)
}
