//! The rules of a verification, tested from outside: whole tables as snapshots, invariants as properties.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod client_tokens;
mod decisions;
mod enrolments;
mod erasures;
mod judgements;
mod limits;
mod policies;
mod properties;
mod publications;
mod reviews;
mod sample;
mod transitions;
