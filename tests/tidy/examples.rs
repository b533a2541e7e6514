//! The examples: what the first line of each says, and that each can be started.

use crate::tree::Tree;

/// The files directly in `examples/`, each a program: path, name and text.
fn programs(tree: &Tree) -> impl Iterator<Item = (&str, &str, &str)> {
    tree.rust("examples/").filter_map(|(path, text)| {
        let name = path.strip_prefix("examples/")?.strip_suffix(".rs")?;
        (!name.contains('/')).then_some((path, name, text))
    })
}

pub(crate) fn examples_say_what_to_expect(tree: &Tree) -> Vec<String> {
    let silent = |text: &str| !text.lines().next().is_some_and(|line| line.starts_with("//! Expect: "));
    let silent = programs(tree).filter(|(_, _, text)| silent(text));
    silent
        .map(|(path, _, _)| format!("{path}: the first line has to be `//! Expect: …`, the findings"))
        .collect()
}

pub(crate) fn examples_are_programs(tree: &Tree) -> Vec<String> {
    let manifest = tree.text("examples/Cargo.toml").unwrap_or_default();
    let is_program =
        |name: &str| manifest.contains(&format!("[[bin]]\nname = \"{name}\"\npath = \"{name}.rs\"\n"));
    let missing = programs(tree).filter(|(_, name, _)| !is_program(name));
    missing.map(|(path, _, _)| format!("{path}: has no [[bin]] in examples/Cargo.toml")).collect()
}

#[test]
fn the_rules_see_a_silent_example() {
    let tree = Tree::of(&[
        ("examples/Cargo.toml", "[[bin]]\nname = \"good\"\npath = \"good.rs\"\n"),
        ("examples/good.rs", "//! Expect: no findings.\n"),
        ("examples/silent.rs", "//! A program.\n"),
        ("examples/contract/contract.rs", "//! Not a program.\n"),
    ]);
    assert_eq!(examples_say_what_to_expect(&tree).len(), 1);
    assert_eq!(examples_are_programs(&tree), ["examples/silent.rs: has no [[bin]] in examples/Cargo.toml"]);
}
