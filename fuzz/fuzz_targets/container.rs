//! Any bytes as a recording in any container.
#![no_main]

use libfuzzer_sys::fuzz_target;

// A panic of a young decoder is contained by design and is no finding; one that gets out of the guard still ends the run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| prooflight_vision::fuzz::container(bytes));
