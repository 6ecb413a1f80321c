//! Fuzzes the codec of `divit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ordain_providers_fuzz::feed("divit", bytes));
