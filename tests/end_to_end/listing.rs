//! What tests look for in the output of `ps --json`.

use serde_json::Value;
use taskscope_tests::{Place, marked_line};

/// The tasks of a program, ended ones too.
#[track_caller]
pub(crate) fn all_tasks(place: &Place, target: &str) -> Value {
    place.taskscope(&["ps", target, "--json", "--ended"]).json()
}

/// Those spawned at the line that a comment marks.
#[track_caller]
pub(crate) fn spawned_at<'a>(ps: &'a Value, file: &str, marker: &str) -> Vec<&'a Value> {
    let line = marked_line(file, marker);
    let tasks = ps["tasks"].as_array().expect("there is a list of tasks");
    let there = |task: &&Value| task["spawned_at"]["file"] == file && task["spawned_at"]["line"] == line;
    tasks.iter().filter(there).collect()
}

/// The only one spawned there.
#[track_caller]
pub(crate) fn the_one_spawned_at<'a>(ps: &'a Value, file: &str, marker: &str) -> &'a Value {
    match spawned_at(ps, file, marker)[..] {
        [task] => task,
        ref tasks => panic!("{} tasks of {file}, {marker}: {ps}", tasks.len()),
    }
}

/// Those in a state.
pub(crate) fn in_state<'a>(tasks: &[&'a Value], state: &str) -> Vec<&'a Value> {
    tasks.iter().filter(|task| task["state"] == state).copied().collect()
}
