#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| taskscope_fuzz::frames(bytes));
