//! A selfie video in, findings out. This library decodes what a browser recorded, follows the face through it, and weighs
//! the cues that tell a live person from a photo, a replay or nobody at all. It knows neither AWS nor HTTP, reads no clock
//! and draws no random number: chunks, the challenge, the client's account and a seed are arguments.

mod analysis;
mod challenge;
mod findings;

pub use analysis::{Analysis, Models};
pub use challenge::{Account, Challenge, ColorShown, ColorStep, Oval, Size};
pub use findings::{Cue, Feedback, Findings, NormalizedBox, Picture, VideoError};
