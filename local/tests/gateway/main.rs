//! The gateway, the helpers and the page, in process and over the wire.

mod authorizer;
mod client;
mod dev;
mod events;
mod instances;
mod page;
mod template;
mod wire;
