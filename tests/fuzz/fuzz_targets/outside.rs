//! A program's memory and debug information, damaged and looked at from outside.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| taskscope_fuzz::outside(bytes));
