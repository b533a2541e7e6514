//! The house rules that the compiler does not check. Each rule is a function from the tree to what breaks it.
//!
//! [`Tree`](tree::Tree) is the tracked files, read once a test; the rules are grouped by what they look at.

#[path = "tidy/cycles.rs"]
mod cycles;
#[path = "tidy/detectors.rs"]
mod detectors;
#[path = "tidy/examples.rs"]
mod examples;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/readme.rs"]
mod readme;
#[path = "tidy/tree.rs"]
mod tree;

use tree::Tree;

/// Fails with every line that a rule has to say.
fn hold(rule: fn(&Tree) -> Vec<String>) {
    let broken = rule(&Tree::of_this_workspace());
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn crates_depend_in_one_direction() {
    hold(layers::crates_depend_in_one_direction);
}

#[test]
fn the_model_does_nothing_but_compute() {
    hold(layers::the_model_does_nothing_but_compute);
}

#[test]
fn modules_have_no_cycles() {
    hold(cycles::modules_have_no_cycles);
}

#[test]
fn detectors_have_scenarios() {
    hold(detectors::detectors_have_scenarios);
}

#[test]
fn detectors_are_in_the_list() {
    hold(detectors::detectors_are_in_the_list);
}

#[test]
fn files_are_named_by_what_they_hold() {
    hold(files::files_are_named_by_what_they_hold);
}

#[test]
fn files_begin_with_what_they_own() {
    hold(files::files_begin_with_what_they_own);
}

#[test]
fn files_are_short() {
    hold(files::files_are_short);
}

#[test]
fn nothing_names_this_machine() {
    hold(files::nothing_names_this_machine);
}

#[test]
fn examples_say_what_to_expect() {
    hold(examples::examples_say_what_to_expect);
}

#[test]
fn examples_are_programs() {
    hold(examples::examples_are_programs);
}

#[test]
fn the_readmes_commands_exist() {
    hold(readme::the_readmes_commands_exist);
}

#[test]
fn documents_link_to_what_exists() {
    hold(readme::documents_link_to_what_exists);
}
