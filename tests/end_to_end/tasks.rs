//! What `ls` and `ps` say is what is.

use serde_json::Value;
use taskscope_tests::{Place, connect, echo_server, marked_line, until};

const CONNECTIONS: usize = 200;

/// The tasks of `ps --json` that were spawned at a marked line.
fn spawned_at<'a>(ps: &'a Value, file: &str, marker: &str) -> Vec<&'a Value> {
    let line = marked_line(file, marker);
    let tasks = ps["tasks"].as_array().expect("there is a list of tasks");
    let there = |task: &&Value| task["spawned_at"]["file"] == file && task["spawned_at"]["line"] == line;
    tasks.iter().filter(there).collect()
}

fn polls(tasks: &[&Value]) -> u64 {
    tasks.iter().map(|task| task["polls"].as_u64().expect("polls are counted")).sum()
}

#[test]
fn as_many_tasks_as_connections() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let target = server.target();
    let mut connections = connect(server.address(), CONNECTIONS);
    connections.iter_mut().for_each(|connection| connection.round());

    let listed = place.taskscope(&["ls", "--json"]).json();
    let listed = listed["processes"].as_array().expect("there is a list of processes").clone();
    let ours = listed.iter().find(|process| process["pid"] == server.pid()).expect("it is listed");
    assert_eq!(ours["program"], "echo_server");
    assert_eq!(ours["seen_by"], serde_json::json!(["agent"]));
    assert_eq!(ours["tasks"], CONNECTIONS + 1, "the connections and main");

    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    assert_eq!((&ps["process"]["pid"], &ps["not_shown"]), (&server.pid().into(), &0.into()));
    let tasks = spawned_at(&ps, "examples/echo_server.rs", "spawn");
    assert_eq!(tasks.len(), CONNECTIONS);
    assert_eq!(ps["tasks"].as_array().map(Vec::len), Some(CONNECTIONS + 1));
    for task in &tasks {
        assert_eq!((&task["parent"], &task["task_kind"]), (&"main".into(), &"async".into()), "{task}");
        assert_eq!(task["outcome"], Value::Null, "{task}");
        assert!(task["polls"].as_u64() >= Some(1), "{task}");
    }
    let before = polls(&tasks);

    connections.iter_mut().for_each(|connection| connection.round());
    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    let after = polls(&spawned_at(&ps, "examples/echo_server.rs", "spawn"));
    assert!(
        after >= before + CONNECTIONS as u64,
        "{before} polls before {CONNECTIONS} rounds, {after} after"
    );

    connections.truncate(CONNECTIONS / 2);
    until("half of the tasks to end", || {
        let ps = place.taskscope(&["ps", &target, "--json"]).json();
        match spawned_at(&ps, "examples/echo_server.rs", "spawn").len() {
            100 => Ok(()),
            count => Err(format!("{count} tasks")),
        }
    });
    let ps = place.taskscope(&["ps", &target, "--json", "--ended", "--filter", "state:ended"]).json();
    let ended = spawned_at(&ps, "examples/echo_server.rs", "spawn");
    assert_eq!(ended.len(), CONNECTIONS / 2);
    let unknown = ended.iter().all(|task| task["outcome"].is_null() && task["state"] == "ended");
    assert!(unknown, "tokio does not tell how a task ended: {ended:?}");
}
