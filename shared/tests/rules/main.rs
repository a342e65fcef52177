//! The rules of a verification, tested from outside: whole tables as snapshots, invariants as properties.

mod decisions;
mod policies;
mod properties;
mod sample;
mod transitions;
