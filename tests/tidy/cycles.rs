//! Module cycles: inside a crate the top-level modules use each other in one direction, as the crates do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tree::Tree;

/// Source folders of the crates, each with its root file.
const CRATES: &[(&str, &str)] = &[
    ("agent/src/", "lib.rs"),
    ("agent/macros/src/", "lib.rs"),
    ("agent/model/src/", "lib.rs"),
    ("monitor/src/", "main.rs"),
    ("monitor/inspect/src/", "lib.rs"),
];

/// Module to the modules it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn modules_have_no_cycles(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (folder, root) in CRATES {
        let cycles = cycles(&uses(tree, folder, root));
        broken.extend(
            cycles.iter().map(|cycle| format!("{folder}: modules in a cycle: {}", cycle.join(" -> "))),
        );
    }
    broken
}

/// Tests may look anywhere: their files do not count.
fn uses(tree: &Tree, folder: &str, root: &str) -> Uses {
    let mut uses = Uses::new();
    for (path, text) in tree.rust(folder) {
        let inside = path[folder.len()..].trim_end_matches(".rs");
        let module = inside.split('/').next().unwrap_or(inside);
        let is_test = inside.split('/').any(|part| part == "tests" || part.ends_with("_tests"));
        if path.ends_with(&format!("{folder}{root}")) || is_test {
            continue;
        }
        let entry = uses.entry(module.to_owned()).or_default();
        entry.extend(crate_paths(text).into_iter().filter(|other| other != module));
    }
    // `crate::Name` is a re-export of the root, which is no module of its own.
    let modules: BTreeSet<_> = uses.keys().cloned().collect();
    for others in uses.values_mut() {
        others.retain(|other| modules.contains(other));
    }
    uses
}

/// The first part of every `crate::…` path in the code, also of those in `crate::{a, b::c}`.
fn crate_paths(text: &str) -> BTreeSet<String> {
    let code = without_comments_and_tests(text);
    let mut found = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(first_names(list)),
            None => found.extend(name(rest)),
        }
    }
    found
}

/// The names at the first level of a list in braces, of which the opening brace is gone.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut begins, mut found) = (0_usize, true, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && depth == 0 && !character.is_whitespace() => {
                found.extend(name(&list[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    found
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// An inline `mod tests { … }` stands at a file's end, so the code ends where it begins.
fn without_comments_and_tests(text: &str) -> String {
    let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let code = text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
}

/// For each module the shortest way back to it, its first module repeated at the end; each cycle once.
fn cycles(uses: &Uses) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::new();
    let all = uses.keys().filter_map(|module| way_back(uses, module));
    all.filter(|cycle| seen.insert(cycle.iter().cloned().collect::<BTreeSet<_>>())).collect()
}

fn way_back(uses: &Uses, module: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![module.to_owned()]]);
    let mut visited = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for other in uses.get(way.last()?)? {
            let longer = || way.iter().chain([other]).cloned().collect();
            if other == module {
                return Some(longer());
            }
            if visited.insert(other) {
                ways.push_back(longer());
            }
        }
    }
    None
}

#[test]
fn the_rule_sees_a_cycle() {
    let files = [
        ("agent/src/lib.rs", "//! Root.\nuse crate::a::A;\n"),
        ("agent/src/a.rs", "use crate::{\n    b::{B, c::a},\n    Root,\n};\n"),
        ("agent/src/b/deep.rs", "fn f() { crate::c::call() }\n"),
        ("agent/src/c.rs", "//! Like crate::b.\nuse crate::a::A;\n"),
        ("monitor/src/x.rs", "use crate::y;\n"),
        ("monitor/src/y.rs", "use crate::x;\n"),
    ];
    let broken = modules_have_no_cycles(&Tree::of(&files));
    assert_eq!(
        broken,
        ["agent/src/: modules in a cycle: a -> b -> c -> a", "monitor/src/: modules in a cycle: x -> y -> x"]
    );
}

#[test]
fn the_rule_leaves_tests_and_comments_alone() {
    let files = [
        ("agent/src/a.rs", "use crate::b::B;\n"),
        ("agent/src/b.rs", "// crate::a\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"),
        ("agent/src/b/tests.rs", "use crate::a::A;\n"),
    ];
    assert!(modules_have_no_cycles(&Tree::of(&files)).is_empty());
}
