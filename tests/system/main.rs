//! The whole system, driven over the wire: each test starts an instance of its own on free ports, with its own clock and data.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod agreement;
mod attacks;
mod calls;
mod client_tokens;
mod completions;
mod contract;
mod crowds;
mod deliveries;
mod end_users;
mod enrolments;
mod erasures;
mod evidence;
mod faces;
mod feed;
mod harmless;
mod journeys;
mod limits;
mod lost_answers;
mod meter;
mod privacy;
mod proxy;
mod publications;
mod receiver;
mod reconciliations;
mod redeliveries;
mod refusals;
mod replay;
mod rescues;
mod results;
mod reviews;
mod roles;
mod seals;
mod services;
mod signing;
mod simulated;
mod stored;
mod tidy;
mod tripwire;
mod verifiers;
mod webhooks;
mod world;
