//! Any lines as calls of the local AWS endpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prooflight_local::fuzz::aws_json(bytes));
