//! The gateway, the helpers and the page, in process and over the wire.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails by panicking")]

mod authorizer;
mod binary;
mod client;
mod dawdlers;
mod dev;
mod events;
mod floods;
mod instances;
mod page;
mod template;
mod wire;
