//! Any bytes as an event that invokes a function.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prooflight_local::fuzz::lambda_events(bytes));
