//! Programs that run console-subscriber and have never heard of us: what the monitor says of them is what another
//! client is told.

use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use taskscope_tests::{Console, Pane, Place, Process, Seen, console_program, free_address, taskscope, until};

const WRONG_USE: i32 = 2;
const NOT_FOUND: i32 = 3;
/// Two for the workers of the runtime, one that blocks on it, and those of the scene.
const TASKS: usize = 3 + 6;
const RESOURCES: usize = 3 + 11;

fn target(process: &Process) -> String {
    format!("http://{}", process.address())
}

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {json}"))
}

fn by_name<'a>(tasks: &'a [Value], name: &str) -> &'a Value {
    let mut named = tasks.iter().filter(|task| task["name"] == name);
    named.next().unwrap_or_else(|| panic!("no task {name}"))
}

/// What the monitor says, between two things that another client is told.
#[track_caller]
fn between(place: &Place, process: &Process, arguments: &[&str]) -> [(HashMap<String, Seen>, Value); 2] {
    let console = Console::to(process);
    let before = console.tasks();
    let told = place.taskscope(&[arguments, &[&target(process), "--json"]].concat()).json();
    let after = console.tasks();
    [(before, told.clone()), (after, told)]
}

#[test]
fn tasks_are_those_that_another_client_sees() {
    let place = Place::new();
    let process = place.console(&["tasks"], TASKS);
    let [(before, ps), (after, _)] = between(&place, &process, &["ps", "--ended"]);
    assert_eq!(ps["process"], json!({"pid": process.pid(), "program": "console_program"}));
    assert_eq!(list(&ps, "tasks").len(), before.len());
    for task in list(&ps, "tasks") {
        let id = task["id"].as_str().expect("ids are texts");
        let (before, after) = (&before[id], &after[id]);
        let field = |name: &str| before.fields.get(name).map_or("", String::as_str);
        let kind = if field("kind") == "task" { "async" } else { field("kind") };
        assert_eq!(task["task_kind"], kind, "{task}");
        assert_eq!(task["name"].as_str().unwrap_or(""), field("task.name"), "{task}");
        assert_eq!(task["size_bytes"].to_string(), field("size.bytes"), "{task}");
        let place = (task["spawned_at"]["file"].as_str().unwrap_or(""), &task["spawned_at"]["line"]);
        assert_eq!(place, (before.location.0.as_str(), &before.location.1.into()), "{task}");
        assert_eq!(task["state"] == "ended", before.stats.dropped_at.is_some(), "{task}");
        let polls = |seen: &Seen| seen.stats.poll_stats.map_or(0, |stats| stats.polls);
        let told = task["polls"].as_u64().expect("polls are told");
        assert!((polls(before)..=polls(after)).contains(&told), "{task} {before:?} {after:?}");
        if matches!(kind, "async" | "local") {
            let told = task["wakes"].as_u64().expect("wakes are told");
            assert!((before.stats.wakes..=after.stats.wakes).contains(&told), "{task}");
        } else {
            assert_eq!((&task["wakes"], &task["scheduled_ns"]), (&Value::Null, &Value::Null), "{task}");
        }
        assert_eq!(task["outcome"], Value::Null, "{task}");
    }
}

#[test]
fn the_figures_of_a_task_at_rest_are_exactly_those_told() {
    let place = Place::new();
    let process = place.console(&["tasks"], TASKS);
    let [(seen, ps), _] = between(&place, &process, &["ps"]);
    let task = by_name(list(&ps, "tasks"), "named");
    let stats = &seen[task["id"].as_str().expect("ids are texts")].stats;
    let nanos = |span: &Option<prost_types::Duration>| {
        span.as_ref().map(|it| it.seconds as u64 * 1_000_000_000 + it.nanos as u64)
    };
    let busy = nanos(&stats.poll_stats.expect("it was polled").busy_time);
    assert_eq!((task["busy_ns"].as_u64(), task["polls"].as_u64()), (busy, Some(1)));
    assert_eq!(task["max_poll_ns"].as_u64(), busy, "of one poll the longest is known");
    assert_eq!(task["scheduled_ns"].as_u64(), nanos(&stats.scheduled_time));
    let (idle, total) = (task["idle_ns"].as_u64(), task["total_ns"].as_u64());
    assert_eq!(idle.zip(busy).map(|(idle, busy)| idle + busy), total, "it was never scheduled");
}

#[test]
fn of_a_task_that_is_looked_at_the_longest_poll_is_known() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let ps = place.taskscope(&["ps", &target(&process), "--json"]).json();
    let task = by_name(list(&ps, "tasks"), "ticker");
    assert_eq!(task["max_poll_ns"], Value::Null, "of many polls only the sum is told");
    let id = task["id"].as_str().expect("ids are texts");
    let told = place.taskscope(&["where", &target(&process), id, "--json"]).json();
    let [longest, busy] = ["max_poll_ns", "busy_ns"].map(|key| told["task"][key].as_u64());
    assert!(longest > Some(0) && longest <= busy, "{told}");
}

#[test]
fn resources_are_those_that_another_client_sees() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let console = Console::to(&process);
    // All that are told of, and those of them that have not been dropped.
    let seen = || {
        let update = console.update().resource_update.expect("resources are told");
        let told = update.new_resources.into_iter().filter_map(|it| Some((it.id?.id, it.concrete_type)));
        let all: HashMap<u64, String> = told.collect();
        let is_live = |id: &u64| update.stats_update.get(id).is_some_and(|stats| stats.dropped_at.is_none());
        let live: Vec<u64> = all.keys().copied().filter(is_live).collect();
        (all, live)
    };
    let before = seen();
    let told = place.taskscope(&["resources", &target(&process), "--internal", "--json"]).json();
    let after = seen();
    let ours: HashMap<u64, &str> = list(&told, "resources")
        .iter()
        .map(|it| {
            let id = it["id"].as_str().and_then(|id| id.parse().ok()).expect("ids are numbers");
            (id, it["type"].as_str().expect("types are texts"))
        })
        .collect();
    let both = before.1.iter().filter(|id| after.1.contains(id));
    both.for_each(|id| assert_eq!(ours.get(id).copied(), before.0.get(id).map(String::as_str), "{id}"));
    // One that came and went between is among the dropped ones afterwards.
    let either = |id: &u64| before.1.contains(id) || after.0.contains_key(id);
    assert!(ours.keys().all(either), "{ours:?} {before:?} {after:?}");
    for wanted in ["Mutex", "RwLock", "Semaphore", "Barrier", "Sender|Receiver", "Sleep"] {
        assert!(ours.values().any(|name| *name == wanted), "no {wanted} in {ours:?}");
    }
}

#[test]
fn who_waits_for_what() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let target = target(&process);
    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    let id = |name: &str| by_name(list(&ps, "tasks"), name)["id"].clone();
    let told = place.taskscope(&["resources", &target, "--json"]).json();
    let here = |resource: &&Value| resource["made_at"]["file"] == "src/resources.rs";
    for (name, waiting, state) in [
        ("Mutex", vec![id("mutex waiter 1"), id("mutex waiter 2")], ("locked", "true")),
        ("RwLock", vec![id("writer")], ("current_readers", "1")),
        ("Semaphore", vec![id("permit waiter")], ("permits", "0")),
        ("Barrier", vec![id("barrier waiter 1"), id("barrier waiter 2")], ("arrived", "2")),
        ("Sender|Receiver", vec![id("receiver")], ("value_sent", "false")),
    ] {
        let mut found = list(&told, "resources").iter().filter(here).filter(|it| it["type"] == name);
        let resource = found.next().unwrap_or_else(|| panic!("no {name} in {told}"));
        assert_eq!(resource["waiting"], Value::from(waiting), "{resource}");
        let part = json!({"name": state.0, "value": state.1, "unit": null});
        assert!(list(resource, "state").contains(&part), "{resource}");
    }
    let waiter = id("mutex waiter 1");
    let waiter = waiter.as_str().expect("ids are texts");
    let told = place.taskscope(&["where", &target, waiter, "--json"]).json();
    assert_eq!(told["awaits"][0]["function"], "Mutex::lock", "{told}");
    assert_eq!(told["awaits"][0]["location"]["file"], "src/resources.rs", "{told}");
    assert!(told["waits_for"].to_string().contains("Mutex"), "{told}");
}

#[test]
fn one_resource_and_what_is_done_to_it() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let target = target(&process);
    let told = place.taskscope(&["resources", &target, "--json"]).json();
    let mutex = list(&told, "resources").iter().find(|it| it["type"] == "Mutex").expect("there is one");
    let id = mutex["id"].as_str().expect("ids are texts");
    let told = place.taskscope(&["resource", &target, id, "--json"]).json();
    assert_eq!((&told["resource"]["id"], &told["resource"]["waiting"]), (&mutex["id"], &mutex["waiting"]));
    let waiting = list(&told, "operations").iter().filter(|it| it["state"] == "waiting");
    let locks = waiting.filter(|it| it["source"] == "Mutex::lock").map(|it| it["task"].clone());
    assert_eq!(Value::from(locks.collect::<Vec<_>>()), mutex["waiting"]);
    let error = place.taskscope(&["resource", &target, "1234567"]);
    assert!(error.error(5).contains("no resource 1234567"));
    place.taskscope(&["resource", &target, "mutex"]).error(WRONG_USE);
}

#[test]
fn it_is_listed_and_found_by_its_pid() {
    let place = Place::new();
    let process = place.console(&["tasks"], TASKS);
    let run = |arguments: &[&str]| {
        let mut command = place.command(taskscope());
        command.env("TOKIO_CONSOLE_BIND", process.address().to_string());
        Process::begin(command.args(arguments)).wait().json()
    };
    let listed = run(&["ls", "--json"]);
    let [program] = list(&listed, "processes") else { panic!("{listed}") };
    let expected = (json!(process.pid()), json!("console_program"), json!(["console-subscriber"]));
    assert_eq!(
        (&program["pid"], &program["program"], &program["seen_by"]),
        (&expected.0, &expected.1, &expected.2)
    );
    assert_eq!(run(&["ps", &process.target(), "--json"])["process"]["pid"], process.pid());
    assert_eq!(run(&["ps", "--json"])["process"]["pid"], process.pid(), "it is the only one");
}

#[test]
fn a_unix_socket_does_as_well() {
    let place = Place::new();
    let path = place.path().join("console.sock");
    let path = path.to_str().expect("temp folders have plain names");
    let process = place.start(console_program(), &["tasks", "--unix", path]);
    let ps = place.taskscope(&["ps", &format!("unix:{path}"), "--json"]).json();
    assert_eq!(ps["process"]["pid"], process.pid());
    assert!(list(&ps, "tasks").iter().any(|task| task["name"] == "named"), "{ps}");
}

#[test]
fn that_another_client_has_paused_it_is_said() {
    let place = Place::new();
    let process = place.console(&["tasks"], TASKS);
    let console = Console::to(&process);
    let updates = |what: &str, wanted: &str| {
        until(what, || {
            let told = place.taskscope(&["doctor", &target(&process), "--json"]).json();
            let seen = told["coverage"]["updates"].clone();
            if seen["seen"] == wanted { Ok(seen) } else { Err(seen.to_string()) }
        })
    };
    console.pause(true);
    assert!(updates("a pause", "no")["remedy"].as_str().is_some_and(|it| it.contains("tokio-console")));
    console.pause(false);
    updates("no pause", "yes");
}

#[test]
fn what_is_no_console_subscriber_is_said_in_one_line() {
    let place = Place::new();
    let says = |target: &str, code: i32, words: &str| {
        let ran = place.taskscope(&["ps", target]);
        let error = ran.error(code);
        assert!(error.contains(words), "no `{words}` in: {error}");
    };
    says(&format!("http://{}", free_address()), NOT_FOUND, "nobody listens at http://");
    says("http://127.0.0.1", WRONG_USE, "write http://HOST:PORT");
    says("https://127.0.0.1:6669", WRONG_USE, "serves no TLS");
    says("unix:/no/such/socket", NOT_FOUND, "unix:/no/such/socket does not exist");
    let web = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    says(&web, NOT_FOUND, "no console-subscriber");
    // What a TLS server says to words that are not TLS.
    let tls = answering(b"\x15\x03\x01\x00\x02\x02\x46");
    says(&tls, NOT_FOUND, "no console-subscriber");
    says(&answering(&[0xff; 4096]), NOT_FOUND, "no console-subscriber");
    says(&answering(b""), NOT_FOUND, "no console-subscriber");
    let silent = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let silent = silent.local_addr().expect("it has an address");
    says(&format!("http://{silent}"), NOT_FOUND, "does not answer within 3.00s");
}

/// An address where each connection is answered with these bytes and closed.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(bytes);
        }
    });
    format!("http://{address}")
}

#[test]
fn a_program_that_is_started_again_is_shown_again() {
    let place = Place::new();
    let address = free_address().to_string();
    let start = || place.console(&["resources", "--listen", &address], RESOURCES);
    let first = start();
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.arg(format!("http://{address}")), (120, 30));
    let pid = |process: &Process| format!("pid {}", process.pid());
    pane.until("the tasks", |screen| screen.contains("resources.rs") && screen.contains(&pid(&first)));
    first.kill();
    pane.until("the end", |screen| screen.contains("is gone without goodbye"));
    let second = start();
    pane.until("the tasks", |screen| screen.contains("resources.rs") && screen.contains(&pid(&second)));
    pane.signal(Signal::TERM);
    pane.wait();
}
