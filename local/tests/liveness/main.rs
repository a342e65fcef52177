//! Face Liveness as its clients see it: the official SDK on the control plane, and a websocket client that signs as the component does.

mod client;
mod control_plane;
mod scripts;
mod streams;
mod world;
