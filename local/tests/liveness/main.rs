//! Face Liveness as its clients see it: the official SDK on the control plane, and a websocket client that signs as the component does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

mod client;
mod control_plane;
mod faces;
mod floods;
mod logs;
mod refusals;
mod scripts;
mod streams;
mod world;
