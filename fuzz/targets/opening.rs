//! See `tests/support/decoders.rs`, which the tests drive too.
#![no_main]

#[allow(dead_code, reason = "each fuzzer drives one of them")]
#[path = "../../tests/support/decoders.rs"]
mod decoders;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::opening(&mut decoders::Choices(bytes)));
