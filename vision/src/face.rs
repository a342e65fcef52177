//! Faces in pictures: a detector that finds them anywhere, a mesh that follows one closely, and what is measured on it.

mod detector;
mod geometry;
mod mesh;
mod networks;
mod region;
mod skin;

pub(crate) use detector::{Detection, detect, detect_in};
pub(crate) use geometry::{Box2, Face, POINTS, Pose};
pub(crate) use mesh::{Hint, fit};
pub(crate) use networks::Runner;
pub use networks::{ModelError, Models, PortraitModels};
pub(crate) use region::Region;
pub(crate) use skin::{Light, background, brightness, sharpness, skin};
