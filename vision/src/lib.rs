//! A selfie video in, findings out. This library decodes what a browser recorded, follows the face through it, and weighs
//! the cues that tell a live person from a photo, a replay or nobody at all. It knows neither AWS nor HTTP, reads no clock
//! and draws no random number: chunks, the challenge, the client's account and a seed are arguments.
//!
//! The way of a recording: `container` makes packets of bytes, `decode` pictures of packets, `track` samples of pictures (with the
//! networks in `face`), `cues` measurements of samples, `fusion` one confidence of measurements.

mod analysis;
mod challenge;
mod container;
mod cues;
mod decode;
mod face;
mod findings;
mod fusion;
mod guard;
mod limits;
mod pictures;
mod track;

pub use analysis::Analysis;
pub use challenge::{Account, Challenge, ColorShown, ColorStep, Oval, Size};
pub use face::{ModelError, Models};
pub use findings::{Cue, Feedback, Findings, NormalizedBox, Picture, VideoError};
