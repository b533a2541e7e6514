//! A query, as somebody might type it.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| taskscope_fuzz::query(text));
