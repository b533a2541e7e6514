//! The documents: the commands that the README shows exist, and so do the files that documents link to.

use crate::tree::Tree;

pub(crate) fn the_readmes_commands_exist(tree: &Tree) -> Vec<String> {
    let Some(readme) = tree.text("README.md") else { return vec!["README.md is missing".to_owned()] };
    let lines = || readme.lines().map(str::trim);
    let mut broken = Vec::new();
    for needed in ["cargo run --release -p taskscope -- demo", "cargo test --workspace"] {
        if !lines().any(|line| line.starts_with(needed)) {
            broken.push(format!("README.md does not show `{needed}`"));
        }
    }
    for command in lines().filter(|line| line.starts_with("cargo ")) {
        for (option, kind) in [("-p", Named::Package), ("--bin", Named::Program)] {
            let names = value_of(command, option).filter(|name| !exists(tree, name, &kind));
            broken.extend(names.map(|name| format!("README.md: `{command}`: there is no {name}")));
        }
    }
    broken
}

enum Named {
    Package,
    Program,
}

fn exists(tree: &Tree, name: &str, kind: &Named) -> bool {
    let section = match kind {
        Named::Package => "[package]",
        Named::Program => "[[bin]]",
    };
    let entry = format!("{section}\nname = \"{name}\"\n");
    tree.files().any(|(path, text)| path.ends_with("Cargo.toml") && text.contains(&entry))
}

fn value_of<'a>(command: &'a str, option: &str) -> impl Iterator<Item = &'a str> {
    let mut words = command.split(" -- ").next().unwrap_or_default().split_whitespace();
    words.by_ref().find(|word| *word == option);
    words.next().into_iter()
}

pub(crate) fn documents_link_to_what_exists(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in links(text) {
            let file = target.split('#').next().unwrap_or_default();
            let inside = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
            if !file.is_empty() && !file.contains(':') && !tree.has(&inside) {
                broken.push(format!("{path}: links to {target}, which does not exist"));
            }
        }
    }
    broken
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn the_rules_see_a_wrong_command_and_a_dead_link() {
    let tree = Tree::of(&[
        (
            "README.md",
            "    cargo run -p gone --bin echo\n\n[here](HERE.md#a) [gone](GONE.md) [web](https://a.b)\n",
        ),
        ("HERE.md", "Here.\n"),
        ("a/Cargo.toml", "[[bin]]\nname = \"echo\"\npath = \"e.rs\"\n"),
    ]);
    let broken = the_readmes_commands_exist(&tree);
    assert_eq!(broken.len(), 3, "{broken:?}");
    assert!(broken[2].ends_with("there is no gone"), "{broken:?}");
    assert_eq!(documents_link_to_what_exists(&tree), ["README.md: links to GONE.md, which does not exist"]);
}
