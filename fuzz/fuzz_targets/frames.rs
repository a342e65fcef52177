//! Any bytes as a websocket message of the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prooflight_local::stream::fuzz::frames(bytes));
