//! Simulated presenters: a live person, and what attackers hold before a camera or put in its place. Scenes are rendered from portraits (`scene`,
//! pure), recorded as a browser records them (`record`), and streamed as Amplify's component streams them. What they show of an
//! engine is how it treats what was simulated; it is no evidence about people.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "rendering is arithmetic over buffers whose sizes it has made itself, and a developer's tool may stop where it is wrong"
)]

pub mod challenge;
pub mod client;
pub mod clip;
pub mod conditions;
pub mod pad;
pub mod portrait;
pub mod presenter;
pub mod record;
mod scene;
mod texture;
mod timeline;
mod vector;

pub use scene::Picture;
