//! Any text in what is told of a problem.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prooflight_local::fuzz::problem(bytes));
