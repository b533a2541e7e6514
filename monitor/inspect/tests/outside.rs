//! Programs that know nothing of taskscope, read from outside.

#[cfg(target_os = "linux")]
mod outside {
    mod expected;
    mod fixture;
    mod text;
    mod truth;
}
