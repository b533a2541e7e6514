//! How long tasks wait between wake and poll, each time: measured in debug mode, told, recorded.

use serde_json::Value;
use std::time::Duration;
use taskscope_tests::{Place, Process, scenario, until};

/// What the program's worker is busy with while the task waits.
const BUSY: Duration = Duration::from_millis(50);

/// The lengths of waits of the task that is kept waiting, as soon as there are so many; and the JSON around them.
#[track_caller]
fn waits(place: &Place, target: &str, count: u64) -> (Value, Value) {
    until("its waits", || {
        let tasks = place.taskscope(&["ps", target, "--filter", "name:kept", "--json"]).json();
        let id = tasks["tasks"][0]["id"].as_str().ok_or_else(|| tasks.to_string())?.to_owned();
        let told = place.taskscope(&["where", target, &id, "--json"]).json();
        let times = told["scheduled_times"].clone();
        if times["count"].as_u64() == Some(count) { Ok((times, told)) } else { Err(told.to_string()) }
    })
}

/// Each was as long as the worker was busy at least, and all are in the sum.
#[track_caller]
fn are_long(times: &Value, task: &Value) {
    let least = u64::try_from(BUSY.as_nanos()).expect("it is short");
    let count = times["count"].as_u64().expect("it is told");
    let long = times["long"].as_array().expect("it is a list");
    let counted: u64 = long.iter().filter_map(|it| it["count"].as_u64()).sum();
    assert_eq!(counted, count, "none was short: {times}");
    assert!(long.iter().all(|it| it["from_ns"].as_u64() > Some(least / 2 - 1)), "{times}");
    let [longest, sum] = [&times["longest_ns"], &task["scheduled_ns"]].map(|it| it.as_u64().unwrap_or(0));
    assert!(longest >= least && sum >= least * count && sum <= longest * count, "{times} {task}");
}

#[test]
fn in_debug_mode_each_wait_is_counted_by_its_length() {
    let place = Place::new();
    let mut command = place.command(scenario());
    let program = Process::ready(command.args(["kept-waiting", "early"]).env("TASKSCOPE", "debug"));
    let (times, told) = waits(&place, &program.target(), 3);
    are_long(&times, &told["task"]);

    let file = place.path().join("it.taskscope");
    let file = file.to_str().expect("temp folders have plain names");
    let ran = place.taskscope(&["record", &program.target(), "-o", file, "--for", "1ms"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(waits(&place, file, 3).0, times, "a recording tells the same");
    let text = place.taskscope(&["where", file, told["task"]["id"].as_str().expect("ids are texts")]).output;
    assert!(text.contains("\nwaits          3, "), "{text}");
}

#[test]
fn waits_are_measured_from_when_that_is_switched_on() {
    let place = Place::new();
    let program = place.start(scenario(), &["kept-waiting", "late"]);
    let target = program.target();
    let tasks = place.taskscope(&["ps", &target, "--filter", "name:kept", "--json"]).json();
    let id = tasks["tasks"][0]["id"].as_str().expect("it is there");
    let told = place.taskscope(&["where", &target, id, "--json"]).json();
    assert_eq!(told["scheduled_times"], Value::Null, "nobody measures");
    assert!(told["poll_times"]["count"].is_u64(), "{told}");

    assert_eq!(place.taskscope(&["mode", &target, "debug"]).code, 0);
    assert_eq!(place.taskscope(&["signal", &target, "USR1"]).code, 0);
    // The first wake is by a waker from before.
    let (times, told) = waits(&place, &target, 2);
    are_long(&times, &told["task"]);
}
