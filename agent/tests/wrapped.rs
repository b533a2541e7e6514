//! Wrapped tasks as the program and its clients see them, at whatever level this is built.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on it fails")]

mod wrapped {
    mod attached;
    mod cancel;
    mod methods;
    mod same_program;
    mod told;
    mod trace;
}
