//! From a scene to the camera's pictures: who is there, where the head or the sheet of paper is, which light falls on it. Pure: the same
//! seed gives the same pictures. Light is linear and in lux until the camera takes it.

mod camera;
mod cast;
mod head;
mod light;
mod path;
mod raster;
mod room;
mod stage;
mod surface;
#[cfg(test)]
mod tests;

pub(crate) use camera::Habits;
pub use camera::Picture;
pub(crate) use light::{RoomLight, Screen};
pub(crate) use stage::{Recording, Setting, Stage};
