//! Which crate may know which: by its manifest, and in the model by what it may name.

use crate::tree::Tree;

/// A manifest, and what may not stand in its `[dependencies]` (nor `[build-dependencies]`, nor a target's).
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "agent/model/Cargo.toml",
        &[
            "taskscope-agent",
            "taskscope-macros",
            "taskscope",
            "taskscope-inspect",
            "tokio",
            "mio",
            "rustix",
            "libc",
        ],
    ),
    ("agent/macros/Cargo.toml", &["taskscope-agent", "taskscope-model", "taskscope", "tokio"]),
    ("agent/Cargo.toml", &["taskscope", "taskscope-inspect", "ratatui", "crossterm", "clap"]),
    ("monitor/inspect/Cargo.toml", &["taskscope-agent", "taskscope", "tokio"]),
];

/// In the monitor these belong to the `demo` feature alone.
const ONLY_FOR_THE_DEMO: &[&str] = &["taskscope-agent", "tokio"];

pub(crate) fn crates_depend_in_one_direction(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (manifest, forbidden) in FORBIDDEN {
        for Dependency { name, .. } in dependencies(tree.text(manifest).unwrap_or_default()) {
            if forbidden.contains(&name) {
                broken.push(format!("{manifest}: {name} is in the wrong direction"));
            }
        }
    }
    for Dependency { name, optional } in dependencies(tree.text("monitor/Cargo.toml").unwrap_or_default()) {
        if ONLY_FOR_THE_DEMO.contains(&name) && !optional {
            broken.push(format!("monitor/Cargo.toml: {name} is for the `demo` feature: make it optional"));
        }
    }
    broken
}

struct Dependency<'a> {
    name: &'a str,
    optional: bool,
}

/// What a manifest depends on outside of its tests.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section.ends_with("dependencies") && !section.ends_with("dev-dependencies");
        } else if inside && let Some((key, value)) = line.split_once('=') {
            let name = key.trim().split('.').next().unwrap_or_default().trim_matches('"');
            found.push(Dependency { name, optional: value.contains("optional = true") });
        }
    }
    found
}

/// What the model may not name: it neither reads a clock nor does IO nor starts a thread.
const NOT_IN_THE_MODEL: &[&str] = &[
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::process",
    "std::io",
    "Instant",
    "SystemTime",
    "tokio::",
];

pub(crate) fn the_model_does_nothing_but_compute(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.rust("agent/model/src/") {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in NOT_IN_THE_MODEL.iter().filter(|word| names(code, word)) {
                broken.push(format!("{path}:{}: {word} has no place in the model", number + 1));
            }
        }
    }
    broken
}

/// Whether the word stands there as a word of its own, and not within quotes.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let within_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let longer = word.ends_with(char::is_alphanumeric)
            && code[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let quoted = code[..at].matches('"').count() % 2 == 1;
        !within_word && !longer && !quoted
    })
}

#[test]
fn the_rule_sees_a_wrong_direction() {
    let manifest =
        "[dependencies]\nserde = \"1\"\n[target.'cfg(unix)'.dependencies]\ntokio.workspace = true\n";
    let broken = crates_depend_in_one_direction(&Tree::of(&[("agent/model/Cargo.toml", manifest)]));
    assert_eq!(broken, ["agent/model/Cargo.toml: tokio is in the wrong direction"]);
    let manifest =
        "[dependencies]\ntokio = { version = \"1\", optional = true }\ntaskscope-agent.workspace = true\n";
    let broken = crates_depend_in_one_direction(&Tree::of(&[("monitor/Cargo.toml", manifest)]));
    assert_eq!(broken.len(), 1, "{broken:?}");
    let manifest = "[dev-dependencies]\ntokio = \"1\"\n";
    assert!(crates_depend_in_one_direction(&Tree::of(&[("agent/model/Cargo.toml", manifest)])).is_empty());
}

#[test]
fn the_rule_sees_a_clock_in_the_model() {
    let text =
        "//! Not Instant.\nfn now() -> std::time::Instant { todo!() }\nstruct Instantly(&'static str);\n";
    let broken = the_model_does_nothing_but_compute(&Tree::of(&[("agent/model/src/now.rs", text)]));
    assert_eq!(broken, ["agent/model/src/now.rs:2: Instant has no place in the model"]);
}
