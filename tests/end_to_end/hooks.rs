//! The user's own task hooks.

use taskscope_tests::{Place, scenario, until};

#[test]
fn hooks_given_to_the_agent_are_called() {
    let place = Place::new();
    let program = place.start(scenario(), &["chained-hooks"]);
    let calls = "ready [3, 6, 6, 3]\n";
    assert_eq!(program.output(), calls, "three tasks of two polls: spawned, before, after, terminated");
    let ps = place.taskscope(&["ps", &program.target(), "--json", "--ended", "-f", "state:ended"]).json();
    let polls: Vec<_> = ps["tasks"].as_array().into_iter().flatten().map(|task| &task["polls"]).collect();
    assert_eq!(polls, [2, 2, 2], "the agent's hooks are called too: {ps}");
}

/// tokio keeps one hook of each kind and tells nobody that there was another.
#[track_caller]
fn doctor_says_that_it_was_replaced(hook: &str) {
    let place = Place::new();
    let program = place.start(scenario(), &["replaced-hook", hook]);
    let said = until("a word on the hook", || {
        let doctor = place.taskscope(&["doctor", &program.target(), "--json"]).json();
        let topics = doctor["coverage"].as_object().expect("topics");
        let of_the_hook = |why: &&str| why.contains("was replaced after install");
        let mut reasons = topics.values().filter_map(|topic| topic["why"].as_str());
        reasons.find(of_the_hook).map(str::to_owned).ok_or_else(|| doctor.to_string())
    });
    assert!(said.contains(hook), "{hook}: {said}");
}

#[test]
fn a_replaced_spawn_hook_is_noticed() {
    doctor_says_that_it_was_replaced("spawn");
}

#[test]
fn a_replaced_hook_before_polls_is_noticed() {
    doctor_says_that_it_was_replaced("before");
}

#[test]
fn a_replaced_hook_after_polls_is_noticed() {
    doctor_says_that_it_was_replaced("after");
}

#[test]
fn a_replaced_hook_of_ends_is_noticed() {
    doctor_says_that_it_was_replaced("terminate");
}
