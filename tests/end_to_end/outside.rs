//! A program with no agent in it, seen from outside.

use serde_json::{Value, json};
use std::net::TcpStream;
use std::process::Command;
use taskscope_tests::{
    Connection, Pane, Place, Process, connect, echo_server, is_root, marked_line, nobody, plain, taskscope,
    until,
};

const FILE: &str = "tests/programs/plain.rs";
const NOT_FOUND: i32 = 3;
const NOT_PERMITTED: i32 = 4;
const NO_SUCH_TASK: i32 = 5;

/// What `ps --json` says.
#[track_caller]
fn ps(place: &Place, target: &str) -> Value {
    place.taskscope(&["ps", target, "--json"]).json()
}

/// The tasks with that future.
#[track_caller]
fn of_future<'a>(ps: &'a Value, name: &str) -> Vec<&'a Value> {
    let tasks = ps["tasks"].as_array().expect("there is a list of tasks");
    tasks.iter().filter(|task| task["future"] == format!("plain::{name}")).collect()
}

#[track_caller]
fn the_one<'a>(ps: &'a Value, name: &str) -> &'a Value {
    match of_future(ps, name)[..] {
        [task] => task,
        ref tasks => panic!("{} tasks are of {name}: {ps}", tasks.len()),
    }
}

fn id(task: &Value) -> &str {
    task["id"].as_str().expect("ids are strings")
}

/// What `where --json` says of the task with that future.
#[track_caller]
fn whereabouts(place: &Place, target: &str, name: &str) -> Value {
    let ps = ps(place, target);
    place.taskscope(&["where", target, id(the_one(&ps, name)), "--json"]).json()
}

#[test]
fn each_task_is_seen_with_what_it_waits_for_and_where() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let ps = ps(&place, &program.target());
    assert_eq!(ps["process"], json!({"pid": program.pid(), "program": "plain"}));
    for (name, count, waits, awaits) in [
        ("holder", 1, "sleep for 23h", "holds"),
        ("locker", 3, "mutex 0x", "locks"),
        ("joiner", 1, "the end of task ", "joins"),
        ("nested", 1, "a message from mpsc channel 0x", "inner awaits"),
        ("reader", 1, &format!("reading from {} (tcp)", program.address()), "reads"),
        ("acceptor", 1, &format!("a connection to {} (tcp)", program.address()), "accepts"),
        ("ticker", 1, "sleep for 23h", "ticks"),
        ("main::{async block#0}", 1, "the value of oneshot channel 0x", "root"),
    ] {
        let tasks = of_future(&ps, name);
        assert_eq!(tasks.len(), count, "{name}: {ps}");
        for task in tasks {
            assert_eq!(task["state"], "idle", "{task}");
            assert_eq!(task["seen_by"], json!(["outside"]), "{task}");
            let waits_for = task["waits_for"].as_str().expect("it waits");
            assert!(waits_for.starts_with(waits), "{task}");
            let at = json!({"file": FILE, "line": marked_line(FILE, awaits), "column": null});
            assert_eq!(task["awaits_at"], at, "{task}");
            for unknown in ["polls", "busy_ns", "outcome", "parent", "total_ns", "name"] {
                assert!(task[unknown].is_null(), "{unknown}: {task}");
            }
            assert!(task["size_bytes"].as_u64().is_some_and(|size| size > 0), "{task}");
        }
    }
    assert_eq!(ps["tasks"].as_array().map(Vec::len), Some(10), "and there is no other: {ps}");
}

#[test]
fn where_tells_the_await_tree_and_what_it_ends_in() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let target = program.target();
    let nested = whereabouts(&place, &target, "nested");
    assert_eq!(nested["awaits_found_by"], "memory");
    let [outer] = &nested["awaits"].as_array().expect("a tree")[..] else { panic!("{nested}") };
    assert_eq!(outer["function"], "plain::nested");
    assert_eq!(outer["location"]["line"], marked_line(FILE, "nested awaits"));
    assert_eq!(outer["children"][0]["function"], "plain::inner");
    assert_eq!(outer["children"][0]["location"]["line"], marked_line(FILE, "inner awaits"));

    let all = ps(&place, &target);
    let joiner = whereabouts(&place, &target, "joiner");
    assert_eq!(joiner["waits_for"][0]["task"], the_one(&all, "holder")["id"], "{joiner}");
    let ticker = whereabouts(&place, &target, "ticker");
    let left = ticker["waits_for"][0]["over_in_ns"].as_u64().expect("a sleep ends");
    assert!((80_000..86_400).contains(&(left / 1_000_000_000)), "{ticker}");

    let story = place.taskscope(&["where", &target, id(the_one(&all, "nested"))]).output;
    assert!(story.contains("plain::inner at tests/programs/plain.rs:"), "{story}");
    assert!(story.contains("(read from memory"), "{story}");
    let error = place.taskscope(&["where", &target, "999999"]);
    assert!(error.error(NO_SUCH_TASK).contains("999999"));
    let refused = place.taskscope(&["cancel", &target, id(the_one(&all, "nested"))]);
    assert_ne!(refused.code, 0);
    assert!(refused.errors.contains("taskscope_agent::main"), "{refused:?}");
}

#[test]
fn equal_await_trees_are_one_line_and_who_waits_stands_below_whom() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let target = program.target();
    let groups = place.taskscope(&["ps", &target, "--group=stack", "--json"]).json();
    let groups = groups["groups"].as_array().expect("there is a list of groups");
    let of = |count: u64| groups.iter().filter(move |group| group["tasks"] == count);
    let [lockers] = of(3).collect::<Vec<_>>()[..] else { panic!("{groups:?}") };
    assert!(lockers["awaits"].as_str().is_some_and(|it| it.starts_with("plain::locker > ")), "{lockers}");
    assert_eq!(lockers["awaits_at"]["line"], marked_line(FILE, "locks"), "{lockers}");
    assert_eq!(of(1).count(), 7, "each other waits in a way of its own: {groups:?}");

    let tree = place.taskscope(&["ps", &target, "--tree=waits"]).output;
    let depth = |name: &str| {
        let lines = tree.lines().filter(|line| line.contains(name));
        lines.map(|line| line.starts_with("  ")).collect::<Vec<_>>()
    };
    assert_eq!(depth("plain::locker"), [true; 3], "they wait for the holder: {tree}");
    assert_eq!(depth("plain::joiner"), [true], "so does this: {tree}");
    assert_eq!((depth("plain::holder"), depth("plain::nested")), (vec![false], vec![false]), "{tree}");

    let all = ps(&place, &target);
    let locker = of_future(&all, "locker")[0];
    let holder = id(the_one(&all, "holder"));
    let waits_for = locker["waits_for"].as_str().expect("it waits");
    assert!(waits_for.ends_with(&format!(", held by task {holder}")), "{locker}");
    let holder = whereabouts(&place, &target, "holder");
    assert_eq!(holder["holds"][0]["wanted_by"].as_array().map(Vec::len), Some(3), "{holder}");
    assert_eq!(holder["holds"][0]["location"]["line"], marked_line(FILE, "holds"), "{holder}");
}

#[test]
fn doctor_says_what_is_not_seen_and_runtime_what_there_is() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let target = program.target();
    let doctor = place.taskscope(&["doctor", &target, "--json"]).json();
    assert_eq!(doctor["coverage"]["await trees"]["seen"], "yes", "{doctor}");
    assert_eq!(doctor["coverage"]["polls"]["seen"], "no", "{doctor}");
    let remedy = doctor["coverage"]["polls"]["remedy"].as_str().expect("there is a way");
    assert!(remedy.contains("taskscope_agent::main"), "{remedy}");
    let runtime = place.taskscope(&["runtime", &target, "--json"]).json();
    assert_eq!(runtime["runtimes"][0]["flavor"], "multi_thread", "{runtime}");
    assert_eq!(runtime["runtimes"][0]["uptime_ns"], Value::Null, "{runtime}");
}

#[test]
fn a_stripped_program_shows_its_tasks_and_says_what_hides_the_rest() {
    let place = Place::new();
    let stripped = place.path().join("stripped");
    let ran = Command::new("strip").arg("-o").arg(&stripped).arg(plain()).status();
    assert!(ran.expect("binutils are there, as for every linker").success());
    let program = place.start(&stripped, &[]);
    let all = ps(&place, &program.target());
    let tasks = all["tasks"].as_array().expect("a list");
    assert!(tasks.len() >= 9, "{all}");
    for task in tasks {
        assert!(task["future"].is_null() && task["awaits_at"].is_null(), "{task}");
    }
    let trees = &all["coverage"]["await trees"];
    assert_eq!(trees["seen"], "no", "{trees}");
    assert!(trees["remedy"].as_str().is_some_and(|it| it.starts_with("debug = 2")), "{trees}");
}

#[test]
fn ls_lists_it_unless_told_not_to_look() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let list = |look: bool| {
        let mut command = place.command(taskscope());
        if look {
            command.env_remove("TASKSCOPE_OUTSIDE");
        }
        let listed = Process::begin(command.args(["ls", "--json"])).wait().json();
        let processes = listed["processes"].as_array().cloned().unwrap_or_default();
        processes.into_iter().find(|process| process["pid"] == program.pid())
    };
    let listed = list(true).expect("it is listed");
    assert_eq!(listed["program"], "plain");
    assert_eq!(listed["seen_by"], json!(["outside"]));
    assert!(listed["uptime_ns"].as_u64().is_some());
    assert_eq!(list(false), None);
}

#[test]
fn the_tui_shows_it_and_follows_it() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let mut pane = Pane::open(place.command(taskscope()).arg(program.target()), (160, 30));
    pane.until("the tasks", |text| text.contains("plain::acceptor") && text.contains("plain::nested"));
    let _connection = TcpStream::connect(program.address()).expect("it listens");
    pane.until("the end of the task", |text| {
        !text.contains("plain::acceptor") && text.contains("plain::nested")
    });
    program.kill();
    pane.until("that it is gone", |text| text.contains("plain") && text.contains("has ended"));
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
}

#[test]
fn the_tui_finds_it_again_when_it_is_started_anew() {
    let place = Place::new();
    // Other tests have programs called `plain`.
    let copy = place.copy(plain(), "started_anew");
    let program = place.start(&copy, &[]);
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.env_remove("TASKSCOPE_OUTSIDE").arg(program.target()), (160, 30));
    pane.until("the tasks", |text| text.contains("plain::acceptor"));
    program.kill();
    pane.until("that it is gone", |text| text.contains("has ended"));
    let again = place.start(&copy, &[]);
    let pid = again.pid().to_string();
    pane.until("the new one", |text| {
        text.contains("reconnected") && text.contains(&pid) && text.contains("plain::acceptor")
    });
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
}

#[test]
fn run_follows_it_to_its_end() {
    let place = Place::new();
    let path = plain().to_str().expect("plain names");
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.args(["run", "--attach", "--", path]), (160, 30));
    pane.until("the tasks", |text| text.contains("plain::acceptor"));
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 128 + 15, "the TUI ends it");
    let text = pane.text();
    assert!(text.contains("seen from outside: "), "{text}");
}

#[test]
fn with_an_agent_too_each_task_is_one_row_of_both() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let mut connections = connect(server.address(), 3);
    connections.iter_mut().for_each(Connection::round);
    let run = |words: &[&str]| {
        let mut command = place.command(taskscope());
        command.env_remove("TASKSCOPE_OUTSIDE").args(words).args([&server.target(), "--json"]);
        Process::begin(&mut command).wait().json()
    };
    let ps = run(&["ps"]);
    let tasks = ps["tasks"].as_array().expect("there is a list of tasks");
    let spawned: Vec<_> = tasks.iter().filter(|task| task["task_kind"] == "async").collect();
    assert_eq!(spawned.len(), 3, "{ps}");
    for task in spawned {
        assert_eq!(task["seen_by"], json!(["agent", "outside"]), "{task}");
        assert!(task["polls"].as_u64().is_some_and(|polls| polls > 0), "the agent counts: {task}");
        assert_eq!(task["awaits_at"]["file"], "examples/echo_server.rs", "memory tells: {task}");
    }
    assert_eq!(ps["coverage"]["polls"]["seen"], "yes", "what either of them sees is seen: {ps}");
    let runtimes = run(&["runtime"]);
    assert_eq!(runtimes["runtimes"].as_array().map(Vec::len), Some(1), "{runtimes}");
}

#[test]
fn watching_ends_with_the_program() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let watching = Process::begin(place.command(taskscope()).args(["ps", &program.target(), "--watch"]));
    until("a table", || match watching.output() {
        output if output.contains("plain::acceptor") => Ok(()),
        output => Err(output + &watching.errors()),
    });
    program.kill();
    let ran = watching.wait();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.output.contains("has ended"), "{ran:?}");
}

#[test]
fn a_program_of_somebody_else_is_not_read() {
    if !is_root() {
        println!("skipped: only root can be somebody else");
        return;
    }
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let ran = Process::begin(nobody(place.command(taskscope()).args(["ps", &program.target()]))).wait();
    assert!(ran.error(NOT_PERMITTED).contains("sudo"), "{ran:?}");
    let gone = program.target();
    program.kill();
    assert!(place.taskscope(&["ps", &gone]).error(NOT_FOUND).contains("no process"));
}
