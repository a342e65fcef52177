//! Faces in pictures: a detector that finds them anywhere, a mesh that follows one closely, and what is measured on it.

mod cover;
mod detector;
mod eyes;
mod geometry;
mod mesh;
mod networks;
#[cfg(test)]
mod painted;
mod region;
mod skin;

pub(crate) use cover::{Cover, cover};
pub(crate) use detector::{Detection, detect, detect_in};
pub(crate) use eyes::openness;
pub(crate) use geometry::{Box2, Face, POINTS, Pose};
pub(crate) use mesh::{Hint, fit};
pub(crate) use networks::Runner;
pub use networks::{ModelError, Models, PortraitModels};
pub(crate) use region::Region;
pub(crate) use skin::{Light, background, brightness, sharpness, skin, stored};
