//! How places are shown.

use taskscope_model::change::short_path;

#[test]
fn paths_of_others_are_short() {
    let registry = "/home/me/.cargo/registry/src/index-6f17d22bba15001f/axum-0.8.9/src/serve/mod.rs";
    assert_eq!(short_path(registry), "axum-0.8.9/src/serve/mod.rs");
    assert_eq!(short_path("/rustc/59807616e/library/std/src/thread/mod.rs"), "std/src/thread/mod.rs");
    for own in ["src/main.rs", "/home/me/registry/src/main.rs", "/registry/src/a/", ""] {
        assert_eq!(short_path(own), own);
    }
}
