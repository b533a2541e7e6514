//! A program with our agent and its feature `console`: what both see is one row a task, and tokio-console is at home.

use serde_json::{Value, json};
use std::collections::HashSet;
use taskscope_tests::{Console, Pane, Place, Process, console_agent, tokio_console, until};

/// What the layer has seen when the scene is set.
const TASKS: usize = 15;

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {json}"))
}

fn by_name<'a>(tasks: &'a [Value], name: &str) -> &'a Value {
    let mut named = tasks.iter().filter(|task| task["name"] == name);
    named.next().unwrap_or_else(|| panic!("no task {name}"))
}

/// Where its console-subscriber listens.
fn console(place: &Place, process: &Process) -> String {
    format!("unix:{}", place.socket(process.pid()).with_extension("console").display())
}

/// The program, when console-subscriber has taken in what there is.
#[track_caller]
fn program(place: &Place) -> Process {
    let process = place.start(console_agent(), &["layer"]);
    Console::at(&console(place, &process)).update_of(TASKS);
    process
}

#[test]
fn what_the_two_see_of_a_task_is_one_row() {
    let place = Place::new();
    let process = program(&place);
    let ps = place.taskscope(&["ps", &process.target(), "--ended", "--json"]).json();
    let tasks = list(&ps, "tasks");
    let ids: HashSet<_> = tasks.iter().filter_map(|task| task["id"].as_str()).collect();
    assert_eq!(ids.len(), tasks.len(), "{ps}");
    // The agent alone knows who spawned it, console-subscriber alone its name and wakes.
    let both = by_name(tasks, "known to tokio");
    assert_eq!(both["seen_by"], json!(["agent", "console-subscriber"]), "{both}");
    assert_eq!((&both["parent"], &both["wakes"]), (&json!("main"), &json!(0)), "{both}");
    assert!(both["scheduled_ns"].is_u64() && both["polls"] == 1, "{both}");
    let wrapped = by_name(tasks, "known to the agent");
    assert!(wrapped["future"].as_str().is_some_and(|it| it.contains("Pending")), "{wrapped}");
    assert_eq!(wrapped["seen_by"], json!(["agent", "console-subscriber"]), "{wrapped}");
    // tokio calls no hook for what a LocalSet spawns.
    let local = tasks.iter().find(|task| task["task_kind"] == "local").expect("there is one");
    assert_eq!(local["seen_by"], json!(["console-subscriber"]), "{local}");
    // console-subscriber does not tell how a task ended.
    let outcomes: HashSet<_> = tasks.iter().filter_map(|task| task["outcome"].as_str()).collect();
    assert!(outcomes.is_superset(&HashSet::from(["cancelled", "panicked", "failed"])), "{ps}");
    assert_eq!(tasks.iter().filter(|task| task["id"] == "main").count(), 1, "{ps}");
}

#[test]
fn resources_stand_beside_what_the_agent_sees() {
    let place = Place::new();
    let process = program(&place);
    let target = process.target();
    let told = place.taskscope(&["resources", &target, "--json"]).json();
    let mutex = list(&told, "resources").iter().find(|it| it["type"] == "Mutex").expect("there is one");
    let ps = place.taskscope(&["ps", &target, "--json"]).json();
    let waiters =
        ["mutex waiter 1", "mutex waiter 2"].map(|name| by_name(list(&ps, "tasks"), name)["id"].clone());
    assert_eq!(mutex["waiting"], Value::from(waiters.to_vec()), "{mutex}");
    let waiter = waiters[0].as_str().expect("ids are texts");
    let told = place.taskscope(&["where", &target, waiter, "--json"]).json();
    assert_eq!(told["spawned_by"][0]["id"], "main", "{told}");
    assert_eq!(told["awaits"][0]["function"], "Mutex::lock", "{told}");
}

/// The subscriber was there before the runtime, so tokio has a number of its own for the root.
#[test]
fn the_root_of_a_runtime_is_one_row() {
    let place = Place::new();
    let process = place.start(console_agent(), &["early"]);
    let ps = until("the root, seen by both", || {
        let ps = place.taskscope(&["ps", &process.target(), "--json"]).json();
        let both = json!(["agent", "console-subscriber"]);
        if list(&ps, "tasks").iter().any(|task| task["id"] == "main" && task["seen_by"] == both) {
            return Ok(ps);
        }
        Err(ps.to_string())
    });
    let roots = list(&ps, "tasks").iter().filter(|task| task["task_kind"] == "block_on");
    assert_eq!(roots.count(), 1, "{ps}");
    let told = place.taskscope(&["resources", &process.target(), "--json"]).json();
    let mutex = list(&told, "resources").iter().find(|it| it["type"] == "Mutex").expect("there is one");
    assert_eq!(mutex["waiting"], json!(["main"]), "{told}");
    let told = place.taskscope(&["where", &process.target(), "main", "--json"]).json();
    assert_eq!(told["awaits"][0]["function"], "Mutex::lock", "{told}");
}

#[test]
fn an_independent_client_sees_the_agents_tasks() {
    let place = Place::new();
    let process = program(&place);
    let update = Console::at(&console(&place, &process)).update_of(TASKS);
    let ps = place.taskscope(&["ps", &process.target(), "--json"]).json();
    let told = update.task_update.unwrap_or_default();
    let number = |task: &console_api::tasks::Task| {
        let field = task.fields.iter().find(|it| taskscope_tests::name(it).as_deref() == Some("task.id"))?;
        taskscope_tests::value(field)
    };
    let theirs: HashSet<_> = told.new_tasks.iter().filter_map(number).collect();
    for task in list(&ps, "tasks").iter().filter(|task| task["id"] != "main") {
        assert!(theirs.contains(task["id"].as_str().expect("ids are texts")), "{task} is not in {theirs:?}");
    }
}

#[test]
fn other_subscribers_are_left_alone_and_what_is_not_seen_is_said() {
    let place = Place::new();
    for (subscriber, seen, why) in [
        ("layer", "yes", ""),
        ("init", "yes", ""),
        ("init-then-fmt", "yes", ""),
        ("none", "no", "has no console layer"),
        ("fmt", "no", "has no console layer"),
        ("fmt-then-init", "no", "had set a subscriber before"),
        ("fmt-then-layer", "no", "no span of tokio's has reached"),
    ] {
        let process = place.start(console_agent(), &[subscriber]);
        let told = place.taskscope(&["doctor", &process.target(), "--json"]).json();
        let console = &told["coverage"]["console"];
        assert_eq!(console["seen"], seen, "{subscriber}: {told}");
        assert!(console["why"].as_str().unwrap_or("").contains(why), "{subscriber}: {told}");
        if seen == "no" {
            let remedy = console["remedy"].as_str().unwrap_or("");
            assert!(remedy.contains("taskscope_agent::console_layer()"), "{subscriber}: {told}");
        }
        // One task panics, and says so; nothing else does.
        let panics = process.errors().matches("panicked at").count();
        assert_eq!(panics, 1, "{subscriber}: {}", process.errors());
    }
}

#[test]
fn with_the_agent_off_there_is_no_layer() {
    let place = Place::new();
    let mut command = place.command(console_agent());
    let process = Process::ready(command.arg("layer").env("TASKSCOPE", "off"));
    assert!(!place.socket(process.pid()).with_extension("console").exists());
}

/// console-subscriber panics at the ninth place from which spawned tasks come.
#[test]
fn all_tasks_are_spawned_from_a_few_places() {
    let place = Place::new();
    let ran = Process::begin(place.command(console_agent()).arg("callsites")).wait();
    let places = ran.output.lines().find_map(|line| line.strip_suffix(" places")?.parse::<u32>().ok());
    assert_eq!((ran.code, places), (0, Some(2)), "{ran:?}");
    let left = place.runtime_folder().join("taskscope").read_dir().map_or(0, Iterator::count);
    assert_eq!(left, 0, "its sockets are gone with it");
}

#[test]
fn its_address_on_tcp_is_loopback_or_none() {
    let place = Place::new();
    let at = taskscope_tests::free_address();
    let start = |bind: &str| {
        let mut command = place.command(console_agent());
        Process::ready(command.arg("layer").env("TOKIO_CONSOLE_BIND", bind))
    };
    let process = start(&at.to_string());
    let ps = place.taskscope(&["ps", &format!("http://{at}"), "--json"]).json();
    assert_eq!(ps["process"]["pid"], process.pid());
    let process = start("0.0.0.0:0");
    let told = place.taskscope(&["doctor", &process.target(), "--json"]).json();
    let why = told["coverage"]["console"]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("only loopback"), "{told}");
}

/// The stock tokio-console, on the agent's own socket.
#[test]
#[ignore = "builds tokio-console, which takes minutes"]
fn tokio_console_shows_the_agents_tasks_and_resources() {
    let place = Place::new();
    let process = program(&place);
    let socket = place.socket(process.pid()).with_extension("console");
    let mut command = place.command(tokio_console());
    command.args(["--ascii-only", "true", "--no-colors"]);
    command.arg(format!("file://localhost{}", socket.display()));
    let mut pane = Pane::open(&command, (160, 40));
    pane.until("the tasks", |screen| {
        ["known to tokio", "mutex waiter 1", "ticker", "src/resources.rs"]
            .iter()
            .all(|it| screen.contains(it))
    });
    pane.keys("r");
    pane.until("the resources", |screen| {
        ["Mutex", "RwLock", "Semaphore", "Barrier"].iter().all(|it| screen.contains(it))
    });
    pane.keys("q");
    pane.wait();
}
