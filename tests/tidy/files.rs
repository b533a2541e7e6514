//! Files: their names, their first line, their length, and what none of them may name.

use crate::tree::Tree;

/// Names that say nothing.
const NAMELESS: &[&str] = &["mod", "util", "utils", "common", "helper", "helpers", "misc", "imp"];

/// Lines of a Rust file, tests included.
const LONGEST: usize = 500;

pub(crate) fn files_are_named_by_what_they_hold(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, _) in tree.rust("") {
        let nameless = path.trim_end_matches(".rs").split('/').find(|part| NAMELESS.contains(part));
        broken.extend(nameless.map(|part| format!("{path}: `{part}` does not say what is in it")));
    }
    broken
}

pub(crate) fn files_begin_with_what_they_own(tree: &Tree) -> Vec<String> {
    // Text that is included within a module cannot begin with the documentation of one.
    let says = |text: &str| text.starts_with("//! ") || text.starts_with("// Included ");
    let bare = |(path, text): &(&str, &str)| !says(text) && !is_compiler_case(path);
    tree.rust("")
        .filter(bare)
        .map(|(path, _)| format!("{path}: begins without a line `//! what it owns`"))
        .collect()
}

/// Cases for the compiler to reject are quoted by line in its messages, and named by what is wrong with them.
fn is_compiler_case(path: &str) -> bool {
    path.contains("/ui/fail/") || path.contains("/ui/observe/")
}

pub(crate) fn files_are_short(tree: &Tree) -> Vec<String> {
    let lines = |(path, text): (_, &str)| (path, text.lines().count());
    let long = tree.rust("").map(lines).filter(|(_, lines)| *lines > LONGEST);
    long.map(|(path, lines)| format!("{path}: {lines} lines, more than {LONGEST}: split it")).collect()
}

/// Registries' hosts, in pieces, so that this file does not name them.
const HOSTS: &[&[&str]] = &[
    &["cra", "tes.io"],
    &["npm", "js.org"],
    &["deb", "ian.org"],
    &["pythonho", "sted.org"],
    &["py", "pi.org"],
];

/// Where this checkout and its user live.
fn folders() -> Vec<String> {
    let checkout = env!("CARGO_MANIFEST_DIR").trim_end_matches("tests").to_owned();
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1);
    let home = home.map(|home| format!("{}/", home.trim_end_matches('/')));
    [Some(checkout), home].into_iter().flatten().collect()
}

pub(crate) fn nothing_names_this_machine(tree: &Tree) -> Vec<String> {
    let foreign: Vec<_> = HOSTS.iter().map(|pieces| pieces.concat()).chain(folders()).collect();
    let mut broken = Vec::new();
    // Cargo writes its lock file itself.
    for (path, text) in tree.files().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        for (number, line) in text.lines().enumerate() {
            let named = foreign.iter().find(|name| names(line, name));
            broken.extend(named.map(|name| format!("{path}:{}: names {name}", number + 1)));
        }
    }
    broken
}

/// A folder counts where a path begins with it, not where it stands within one, as below `/proc/1`.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        !name.starts_with('/')
            || !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/.~_-$}>*".contains(c))
    })
}

#[test]
fn the_rules_see_what_is_wrong_with_a_file() {
    let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
    let here = &folders()[0];
    let machine = format!("//! Here.\n// see {here}main\n// /proc/1{here}tmp\n");
    let files = [
        ("a/src/utils.rs", "//! Things.\n"),
        ("a/src/b/mod.rs", "//! Things.\n"),
        ("a/src/bare.rs", "fn f() {}\n"),
        ("a/src/long.rs", long.as_str()),
        ("a/src/machine.rs", machine.as_str()),
    ];
    let tree = Tree::of(&files);
    assert_eq!(files_are_named_by_what_they_hold(&tree).len(), 2);
    assert_eq!(
        files_begin_with_what_they_own(&tree),
        ["a/src/bare.rs: begins without a line `//! what it owns`"]
    );
    assert_eq!(files_are_short(&tree), ["a/src/long.rs: 501 lines, more than 500: split it"]);
    assert_eq!(nothing_names_this_machine(&tree), [format!("a/src/machine.rs:2: names {here}")]);
}
