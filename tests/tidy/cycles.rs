//! Module cycles: inside a crate the top-level modules use each other in one direction, as the crates do.

use std::collections::{BTreeMap, BTreeSet};

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
    let cycle = |(folder, root): &(&str, &str)| {
        let cycle = find_cycle(&uses(tree, folder, root))?;
        Some(format!("{folder}: modules in a cycle: {}", cycle.join(" -> ")))
    };
    CRATES.iter().filter_map(cycle).collect()
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

/// A cycle, its first module repeated at its end.
fn find_cycle(uses: &Uses) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| follow(uses, module, &mut Vec::new(), &mut done))
}

fn follow(
    uses: &Uses,
    module: &str,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(begin) = path.iter().position(|visited| visited == module) {
        return Some(path[begin..].iter().cloned().chain([module.to_owned()]).collect());
    }
    if done.contains(module) {
        return None;
    }
    path.push(module.to_owned());
    let cycle = uses.get(module)?.iter().find_map(|other| follow(uses, other, path, done));
    path.pop();
    done.insert(module.to_owned());
    cycle
}

#[test]
fn the_rule_sees_a_cycle() {
    let files = [
        ("agent/src/lib.rs", "//! Root.\nuse crate::a::A;\n"),
        ("agent/src/a.rs", "use crate::{\n    b::{B, c::a},\n    Root,\n};\n"),
        ("agent/src/b/deep.rs", "fn f() { crate::c::call() }\n"),
        ("agent/src/c.rs", "//! Like crate::b.\nuse crate::a::A;\n"),
    ];
    let broken = modules_have_no_cycles(&Tree::of(&files));
    assert_eq!(broken, ["agent/src/: modules in a cycle: a -> b -> c -> a"]);
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
