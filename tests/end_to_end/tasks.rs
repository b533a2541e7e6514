//! What `ls` and `ps` say is what is.

use crate::listing::{all_tasks, spawned_at, the_one_spawned_at};
use serde_json::Value;
use taskscope_model::world::Names as _;
use taskscope_tests::{Client, Connection, Place, connect, echo_server, marked_line, scenario, until};

const SERVER: &str = "examples/echo_server.rs";
const CONNECTIONS: usize = 200;

fn polls(tasks: &[&Value]) -> u64 {
    tasks.iter().map(|task| task["polls"].as_u64().expect("polls are counted")).sum()
}

#[test]
fn as_many_tasks_as_connections() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let target = server.target();
    let mut connections = connect(server.address(), CONNECTIONS);
    connections.iter_mut().for_each(Connection::round);

    let listed = place.taskscope(&["ls", "--json"]).json();
    let listed = listed["processes"].as_array().expect("there is a list of processes").clone();
    let ours = listed.iter().find(|process| process["pid"] == server.pid()).expect("it is listed");
    assert_eq!(ours["program"], "echo_server");
    assert_eq!(ours["seen_by"], serde_json::json!(["agent"]));
    assert_eq!(ours["tasks"], CONNECTIONS + 1, "the connections and main");

    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    assert_eq!((&ps["process"]["pid"], &ps["not_shown"]), (&server.pid().into(), &0.into()));
    let tasks = spawned_at(&ps, SERVER, "spawn");
    assert_eq!(tasks.len(), CONNECTIONS);
    assert_eq!(ps["tasks"].as_array().map(Vec::len), Some(CONNECTIONS + 1));
    for task in &tasks {
        assert_eq!((&task["parent"], &task["task_kind"]), (&"main".into(), &"async".into()), "{task}");
        assert_eq!(task["outcome"], Value::Null, "{task}");
        assert!(task["polls"].as_u64() >= Some(1), "{task}");
    }
    let before = polls(&tasks);

    connections.iter_mut().for_each(Connection::round);
    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    let after = polls(&spawned_at(&ps, SERVER, "spawn"));
    assert!(
        after >= before + CONNECTIONS as u64,
        "{before} polls before {CONNECTIONS} rounds, {after} after"
    );

    connections.truncate(CONNECTIONS / 2);
    until("half of the tasks to end", || {
        let ps = place.taskscope(&["ps", &target, "--json"]).json();
        match spawned_at(&ps, SERVER, "spawn").len() {
            100 => Ok(()),
            count => Err(format!("{count} tasks")),
        }
    });
    let ps = place.taskscope(&["ps", &target, "--json", "--ended", "--filter", "state:ended"]).json();
    let ended = spawned_at(&ps, SERVER, "spawn");
    assert_eq!(ended.len(), CONNECTIONS / 2);
    let unknown = ended.iter().all(|task| task["outcome"].is_null() && task["state"] == "ended");
    assert!(unknown, "tokio does not tell how a task ended: {ended:?}");
}

const NESTED: &str = "tests/programs/nested.rs";

#[test]
fn who_spawned_whom() {
    let place = Place::new();
    let program = place.start(scenario(), &["nested"]);
    let target = program.target();
    let ps = until("the parent to end", || {
        let ps = all_tasks(&place, &target);
        let ended = the_one_spawned_at(&ps, NESTED, "parent")["state"] == "ended";
        if ended { Ok(ps) } else { Err(ps.to_string()) }
    });
    let [grandparent, parent, child] =
        ["grandparent", "parent", "child"].map(|marker| the_one_spawned_at(&ps, NESTED, marker));
    assert_eq!(grandparent["parent"], "main");
    assert_eq!(parent["parent"], grandparent["id"]);
    assert_eq!(child["parent"], parent["id"], "also when the parent is gone");
    assert_eq!(child["state"], "idle");

    let tree = place.taskscope(&["ps", &target, "--ended", "--tree"]).output;
    let indent = |task: &Value| {
        let id = task["id"].as_str().expect("ids are text");
        let row = tree.lines().find(|line| line.split_whitespace().next() == Some(id));
        row.and_then(|row| row.find(id)).unwrap_or_else(|| panic!("no row of {id} in:\n{tree}"))
    };
    assert!(indent(grandparent) < indent(parent) && indent(parent) < indent(child), "{tree}");
}

#[test]
fn a_spawn_chain_outlives_its_spawners() {
    let place = Place::new();
    let program = place.start(scenario(), &["nested"]);
    let mut client = Client::attach(&place.socket(program.pid()));
    client.watch();
    let lines = ["child", "parent", "grandparent"].map(|marker| marked_line(NESTED, marker));
    client.until("the child's spawn chain", |world, _| {
        let chains = world.tasks().filter_map(|task| task.chain()).map(|chain| world.chain(chain));
        let lines_of = |chain: Vec<_>| -> Vec<u64> {
            let locations = chain.into_iter().filter_map(|location| world.location(location));
            locations
                .filter(|location| location.file == NESTED)
                .map(|location| location.line.into())
                .collect()
        };
        let chains: Vec<_> = chains.map(lines_of).collect();
        let found = chains.iter().any(|chain| chain.starts_with(&lines));
        if found { Ok(()) } else { Err(format!("{chains:?}")) }
    });
}

#[test]
fn a_limit_is_told_and_an_order_kept() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let mut connections = connect(server.address(), CONNECTIONS);
    connections.iter_mut().for_each(Connection::round);
    let arguments = ["ps", &server.target(), "--json", "--limit", "50", "--sort", "busy"];
    let ps = place.taskscope(&arguments).json();
    let busy: Vec<_> =
        ps["tasks"].as_array().into_iter().flatten().map(|task| task["busy_ns"].as_u64()).collect();
    assert_eq!((busy.len(), &ps["not_shown"]), (50, &(CONNECTIONS + 1 - 50).into()));
    assert!(busy.iter().rev().is_sorted() && busy[0] > busy[49], "{busy:?}");
    let ps = place.taskscope(&["ps", &server.target(), "--json", "--group"]).json();
    let groups = ps["groups"].as_array().expect("there is a list of groups");
    let line = marked_line(SERVER, "spawn");
    let ours = groups.iter().find(|group| group["spawned_at"]["line"] == line).expect("they have a place");
    assert_eq!((&ours["tasks"], &ours["spawned_ever"]), (&CONNECTIONS.into(), &CONNECTIONS.into()), "{ours}");
}
