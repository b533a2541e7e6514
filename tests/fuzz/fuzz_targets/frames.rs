//! Bytes from a wire or a file, read as frames.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| taskscope_fuzz::frames(bytes));
