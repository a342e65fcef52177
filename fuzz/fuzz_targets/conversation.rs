//! Any bytes as the steps of a conversation on the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prooflight_local::stream::fuzz::conversation(bytes));
