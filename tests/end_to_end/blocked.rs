//! Programs in which nothing goes on any more still answer.

use crate::listing::{all_tasks, in_state, spawned_at, the_one_spawned_at};
use serde_json::Value;
use taskscope_tests::{Place, scenario, until};

const BLOCKED: &str = "tests/programs/blocked.rs";
/// Beyond this a poll is blocked and no longer merely slow, nanoseconds.
const LONG: u64 = 1_000_000_000;

/// For how long it has been in one poll.
fn running_for(task: &Value) -> u64 {
    assert_eq!((&task["state"], &task["polls"]), (&"running".into(), &1.into()), "in its first poll: {task}");
    task["max_poll_ns"].as_u64().expect("the poll has a length")
}

#[test]
fn every_worker_is_blocked() {
    let place = Place::new();
    let program = place.start(scenario(), &["blocked-workers"]);
    let target = program.target();
    let ps = until("two running tasks", || {
        let ps = all_tasks(&place, &target);
        let running = in_state(&spawned_at(&ps, BLOCKED, "blocked worker"), "running").len();
        if running == 2 { Ok(ps) } else { Err(ps.to_string()) }
    });
    let running = spawned_at(&ps, BLOCKED, "blocked worker");
    assert_ne!(running[0]["worker"], running[1]["worker"], "{ps}");
    let waiting = the_one_spawned_at(&ps, BLOCKED, "waiting");
    assert_eq!((&waiting["polls"], &waiting["last_poll_ns_ago"]), (&0.into(), &Value::Null), "{waiting}");
    assert_ne!(waiting["state"], "running");

    let running_since =
        |ps: &Value| spawned_at(ps, BLOCKED, "blocked worker").into_iter().map(running_for).min();
    until("polls of a second", || {
        let ps = all_tasks(&place, &target);
        if running_since(&ps) > Some(LONG) { Ok(()) } else { Err(ps.to_string()) }
    });
    let runtime = place.taskscope(&["runtime", &target, "--json"]).json();
    assert_eq!(runtime["runtimes"][0]["name"], "stuck");
    assert_eq!(runtime["runtimes"][0]["live_tasks"], 3, "{runtime}");
}

#[test]
fn the_root_blocks_its_only_thread() {
    let place = Place::new();
    let program = place.start(scenario(), &["blocked-root"]);
    let target = program.target();
    let ps = until("a poll of a second", || {
        let ps = all_tasks(&place, &target);
        let main = ps["tasks"].as_array().and_then(|tasks| tasks.iter().find(|task| task["id"] == "main"));
        let main = main.unwrap_or_else(|| panic!("main is a task: {ps}"));
        assert_eq!(main["task_kind"], "block_on", "{main}");
        if running_for(main) > LONG { Ok(ps.clone()) } else { Err(ps.to_string()) }
    });
    let waiting = the_one_spawned_at(&ps, BLOCKED, "waiting behind the root");
    assert_eq!((&waiting["polls"], &waiting["parent"]), (&0.into(), &"main".into()), "{waiting}");
    let text = place.taskscope(&["ps", &target]);
    assert_eq!(text.code, 0, "{text:?}");
    assert!(text.output.contains("running"), "{}", text.output);
}
