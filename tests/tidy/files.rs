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
    let bare = |(path, text): &(&str, &str)| !text.starts_with("//! ") && !is_compiler_case(path);
    tree.rust("")
        .filter(bare)
        .map(|(path, _)| format!("{path}: begins without a line `//! what it owns`"))
        .collect()
}

/// Cases for the compiler to reject are quoted by line in its messages, and named by what is wrong with them.
fn is_compiler_case(path: &str) -> bool {
    path.contains("/ui/fail/")
}

pub(crate) fn files_are_short(tree: &Tree) -> Vec<String> {
    let lines = |(path, text): (_, &str)| (path, text.lines().count());
    let long = tree.rust("").map(lines).filter(|(_, lines)| *lines > LONGEST);
    long.map(|(path, lines)| format!("{path}: {lines} lines, more than {LONGEST}: split it")).collect()
}

/// Beginnings of paths that exist on one machine only, and registries' hosts. In pieces, so that this file does
/// not name them.
const NOT_OURS: &[&[&str]] = &[
    &["/wo", "rk/"],
    &["/ho", "me/"],
    &["/ro", "ot/"],
    &["/Us", "ers/"],
    &["index.cra", "tes.io"],
    &["static.cra", "tes.io"],
    &["registry.npm", "js.org"],
    &["deb.deb", "ian.org"],
    &["files.pythonho", "sted.org"],
];

pub(crate) fn nothing_names_this_machine(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    // Cargo writes its lock file itself.
    for (path, text) in tree.files().filter(|(path, _)| *path != "Cargo.lock") {
        for (number, line) in text.lines().enumerate() {
            let named = NOT_OURS.iter().map(|pieces| pieces.concat()).find(|name| names(line, name));
            broken.extend(named.map(|name| format!("{path}:{}: names {name}", number + 1)));
        }
    }
    broken
}

/// `/proc/1/root/` and `~/work/` are other paths: what counts is one that begins at the file system's root.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        !name.starts_with('/')
            || !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/.~_-$}>*".contains(c))
    })
}

#[test]
fn the_rules_see_what_is_wrong_with_a_file() {
    let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
    let machine =
        format!("//! Here.\n// see {}main\n// /proc/1{}tmp\n", NOT_OURS[0].concat(), NOT_OURS[2].concat());
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
    assert_eq!(
        nothing_names_this_machine(&tree),
        [format!("a/src/machine.rs:2: names {}", NOT_OURS[0].concat())]
    );
}
