//! Any bytes as VP8 packets.
#![no_main]

use libfuzzer_sys::fuzz_target;

// A panic of a young decoder is contained by design and is no finding; one that gets out of the guard still ends the run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| prooflight_vision::fuzz::vp8(bytes));
