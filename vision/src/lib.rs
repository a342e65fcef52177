//! A selfie video in, findings out. This library decodes what a browser recorded, follows the face through it, and weighs
//! the cues that tell a live person from a photo, a replay or nobody at all. It knows neither AWS nor HTTP, reads no clock
//! and draws no random number: chunks, the challenge, the client's account and a seed are arguments. Beside that it describes the faces of still
//! pictures: where they are, how well they can be seen, how old they look and how much alike two of them are.
//!
//! The way of a recording: `container` makes packets of bytes, `decode` pictures of packets, `track` samples of pictures (with the
//! networks in `face`), `cues` measurements of samples, `fusion` one confidence of measurements.

mod analysis;
mod challenge;
mod container;
mod cues;
mod decode;
mod face;
mod feedback;
mod findings;
mod fusion;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod glance;
mod guard;
mod limits;
mod pictures;
mod portrait;
mod still;
mod strip;
mod track;

pub use analysis::Analysis;
pub use challenge::{Account, Challenge, ColorShown, ColorStep, Oval, Size};
pub use face::{ModelError, Models, PortraitModels};
pub use findings::{Cue, Feedback, Findings, LightCurve, LightPoint, NormalizedBox, Picture, StripPicture, VideoError};
pub use portrait::{AgeRange, Embedding, HeadPose, Landmark, LandmarkKind, Portrait, portraits};
pub use still::{Still, StillError};
