//! The detectors: each is in the list, and has a scenario that it finds and one in which all is well.

use crate::tree::Tree;

const FOLDER: &str = "agent/model/src/detect/";

/// The files that hold a detector, by name.
fn detectors(tree: &Tree) -> impl Iterator<Item = &str> {
    let holding = tree.rust(FOLDER).filter(|(_, text)| text.contains("\nimpl Detector for "));
    holding.map(|(path, _)| path[FOLDER.len()..].trim_end_matches(".rs"))
}

pub(crate) fn detectors_have_scenarios(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for name in detectors(tree) {
        let path = format!("agent/model/tests/scenarios/{name}.txt");
        let Some(text) = tree.text(&path) else {
            broken.push(format!("{FOLDER}{name}.rs: has no scenarios in {path}"));
            continue;
        };
        if !text.lines().any(|line| line.starts_with(&format!("> {name} "))) {
            broken.push(format!("{path}: no scenario finds {name}"));
        }
        if !silent(text, name) {
            broken.push(format!("{path}: no scenario shows what is nearly {name} and is not"));
        }
    }
    broken
}

/// Whether there is a scenario that looks, and never finds this.
fn silent(text: &str, name: &str) -> bool {
    let mut scenarios = text.split("\n== ").filter(|scenario| scenario.contains("\nfinds"));
    scenarios.any(|scenario| !scenario.contains(&format!("\n> {name} ")))
}

pub(crate) fn detectors_are_in_the_list(tree: &Tree) -> Vec<String> {
    let list = tree.text("agent/model/src/detect.rs").unwrap_or_default();
    let listed = |name: &str| list.lines().any(|line| line.trim_start().starts_with(&format!("&{name}::")));
    let missing = detectors(tree).filter(|name| !listed(name));
    missing.map(|name| format!("{FOLDER}{name}.rs: is not in the list DETECTORS")).collect()
}

#[test]
fn the_rules_see_a_detector_without_scenarios() {
    let detector = "//! A.\n\nimpl Detector for A {}\n";
    let tree = Tree::of(&[
        ("agent/model/src/detect.rs", "const DETECTORS: &[&dyn Detector] = &[\n    &good::Good,\n];\n"),
        ("agent/model/src/detect/words.rs", "//! Words.\n"),
        ("agent/model/src/detect/good.rs", detector),
        ("agent/model/src/detect/bare.rs", detector),
        ("agent/model/src/detect/loud.rs", detector),
        ("agent/model/src/detect/mute.rs", detector),
        ("agent/model/tests/scenarios/good.txt", "== a\nfinds\n> good x\n\n== b\nfinds nothing\n"),
        ("agent/model/tests/scenarios/loud.txt", "== a\nfinds\n> loud x\nfinds nothing\n"),
        ("agent/model/tests/scenarios/mute.txt", "== a\nfinds nothing\n"),
    ]);
    assert_eq!(
        detectors_have_scenarios(&tree),
        [
            "agent/model/src/detect/bare.rs: has no scenarios in agent/model/tests/scenarios/bare.txt",
            "agent/model/tests/scenarios/loud.txt: no scenario shows what is nearly loud and is not",
            "agent/model/tests/scenarios/mute.txt: no scenario finds mute",
        ]
    );
    assert_eq!(detectors_are_in_the_list(&tree).len(), 3);
}
