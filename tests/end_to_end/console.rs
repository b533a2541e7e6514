//! Programs that run console-subscriber and have never heard of us: what the monitor says of them is what another
//! client is told.

use console_api::instrument::Update;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use taskscope_tests::{Console, Place, Process, Seen, console_program, name, taskscope, until, value};

const WRONG_USE: i32 = 2;
/// Two for the workers of the runtime, one that blocks on it, and those of the scene.
const TASKS: usize = 3 + 6;
const RESOURCES: usize = 3 + 11;
const LINTS: usize = 4 + 6;

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
fn of_a_task_that_is_looked_at_the_lengths_of_polls_and_waits_are_known() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let ps = place.taskscope(&["ps", &target(&process), "--json"]).json();
    let task = by_name(list(&ps, "tasks"), "ticker");
    assert_eq!(task["max_poll_ns"], Value::Null, "of many polls only the sum is told");
    let id = task["id"].as_str().expect("ids are texts");
    let told = place.taskscope(&["where", &target(&process), id, "--json"]).json();
    let [longest, busy] = ["max_poll_ns", "busy_ns"].map(|key| told["task"][key].as_u64());
    assert!(longest > Some(0) && longest <= busy, "{told}");
    let [polls, waits] = ["poll_times", "scheduled_times"].map(|key| &told[key]);
    assert!(polls["count"].as_u64() > Some(1) && polls["longest_ns"].as_u64() == longest, "{told}");
    // Its timer wakes it, and each time it waits a little for its worker; the histogram rounds up.
    let [longest, sum] = [&waits["longest_ns"], &told["task"]["scheduled_ns"]].map(Value::as_u64);
    assert!(waits["count"].as_u64() > Some(1) && longest > Some(0), "{told}");
    assert!(longest.zip(sum).is_some_and(|(longest, sum)| longest <= sum + sum / 50), "{told}");
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

/// Every resource, timers among them: where it was made, what it is a part of, and its state.
#[test]
fn what_is_told_of_resources_is_what_another_client_is_told() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let (before, told, after) = around(&place, &process, &["resources", "--internal"]);
    let (mut seen, mut timers) = (0, 0);
    for resource in list(&told, "resources") {
        let id: u64 = resource["id"].as_str().and_then(|id| id.parse().ok()).expect("ids are numbers");
        let of = |update: &Update| {
            let told = update.resource_update.clone().unwrap_or_default();
            let new = told.new_resources.into_iter().find(|it| it.id.is_some_and(|it| it.id == id))?;
            Some((new, told.stats_update.get(&id).cloned().unwrap_or_default()))
        };
        // The ticker makes one after the other.
        let (Some((one, stats)), Some((_, later))) = (of(&before), of(&after)) else { continue };
        seen += 1;
        let location = one.location.clone().unwrap_or_default();
        assert_eq!(resource["made_at"]["line"].as_u64(), location.line.map(u64::from), "{resource}");
        assert_eq!(resource["made_at"]["file"].as_str(), location.file.as_deref(), "{resource}");
        let parent = one.parent_resource_id.map(|parent| parent.id.to_string());
        assert_eq!(resource["part_of"].as_str(), parent.as_deref(), "{resource}");
        timers += usize::from(one.concrete_type == "Sleep");
        let state = attributes(&stats.attributes);
        if state == attributes(&later.attributes) {
            let ours = list(resource, "state").iter().map(|part| {
                let text = |key: &str| part[key].as_str().unwrap_or("").to_owned();
                (text("name"), text("value"), text("unit"))
            });
            let mut ours: Vec<_> = ours.collect();
            ours.sort();
            assert_eq!(ours, state, "{resource}");
        }
    }
    assert!(seen >= 8 && timers > 0, "{seen} resources, {timers} timers in {told}");
}

/// Every operation that lasts: what it is done to, and which task waits in it.
#[test]
fn who_waits_is_what_another_client_is_told() {
    let place = Place::new();
    let process = place.console(&["resources"], RESOURCES);
    let (before, told, after) = around(&place, &process, &["resources", "--internal"]);
    let tasks: HashMap<u64, String> = numbers(&before);
    let waiting = |update: &Update, resource: u64| {
        let told = update.async_op_update.clone().unwrap_or_default();
        let on_it = told.new_async_ops.iter().filter(|it| it.resource_id.is_some_and(|it| it.id == resource));
        let waits = on_it.filter_map(|operation| {
            let stats = told.stats_update.get(&operation.id?.id)?;
            let polled = stats.poll_stats.as_ref().is_some_and(|polls| polls.last_poll_started.is_some());
            let lives = stats.dropped_at.is_none();
            tasks.get(&stats.task_id?.id).filter(|_| polled && lives).cloned()
        });
        waits.collect::<BTreeSet<_>>()
    };
    let mut compared = 0;
    for resource in list(&told, "resources") {
        let id: u64 = resource["id"].as_str().and_then(|id| id.parse().ok()).expect("ids are numbers");
        let theirs = waiting(&before, id);
        // The semaphores inside locks too; of timers only polls are told, which who comes late has not seen.
        if resource["type"] == "Sleep" || theirs != waiting(&after, id) {
            continue;
        }
        let ours = list(resource, "waiting").iter().filter_map(|id| id.as_str().map(str::to_owned));
        assert_eq!(ours.collect::<BTreeSet<_>>(), theirs, "{resource}");
        compared += usize::from(!theirs.is_empty());
    }
    assert!(compared >= 5, "{compared} resources with somebody who waits in {told}");
}

/// What the monitor says, and what another client is told before and after that.
#[track_caller]
fn around(place: &Place, process: &Process, arguments: &[&str]) -> (Update, Value, Update) {
    let console = Console::to(process);
    let before = console.update_of(RESOURCES);
    let told = place.taskscope(&[arguments, &[&target(process), "--json"]].concat()).json();
    (before, told, console.update_of(RESOURCES))
}

fn attributes(told: &[console_api::Attribute]) -> Vec<(String, String, String)> {
    let mut attributes: Vec<_> = told
        .iter()
        .filter_map(|it| {
            let field = it.field.as_ref()?;
            Some((name(field)?, value(field)?, it.unit.clone().unwrap_or_default()))
        })
        .collect();
    attributes.sort();
    attributes
}

/// The numbers that tokio gave the tasks, by their spans.
fn numbers(update: &Update) -> HashMap<u64, String> {
    let tasks = update.task_update.clone().unwrap_or_default().new_tasks;
    let number = |task: &console_api::tasks::Task| {
        let field = task.fields.iter().find(|field| name(field).as_deref() == Some("task.id"))?;
        Some((task.id?.id, value(field)?))
    };
    tasks.iter().filter_map(number).collect()
}

/// What tokio-console warns of, one task each.
#[test]
fn tokio_consoles_lints_are_findings() {
    let place = Place::new();
    let process = place.console(&["lints"], LINTS);
    let wanted = ["never_yields", "self_wakes", "lost_waker", "large_future", "auto_boxed"];
    let found = until("the five findings", || {
        // Some of them are true only after a while.
        let told = place.taskscope(&["findings", &target(&process), "--json"]).json();
        let kinds: BTreeSet<_> =
            list(&told, "findings").iter().filter_map(|it| it["kind"].as_str()).collect();
        if wanted.iter().all(|kind| kinds.contains(kind)) { Ok(told.clone()) } else { Err(told.to_string()) }
    });
    let ps = place.taskscope(&["ps", &target(&process), "--json"]).json();
    let id = |name: &str| by_name(list(&ps, "tasks"), name)["id"].clone();
    let of = |kind: &str| {
        let of_kind = list(&found, "findings").iter().filter(|it| it["kind"] == kind);
        of_kind.flat_map(|it| list(it, "tasks").to_vec()).collect::<Vec<_>>()
    };
    for (kind, name) in [
        ("never_yields", "never yields"),
        ("self_wakes", "self wakes"),
        ("lost_waker", "lost waker"),
        ("large_future", "large"),
        ("auto_boxed", "auto boxed"),
    ] {
        assert_eq!(of(kind), [id(name)], "{kind} in {found}");
    }
    assert!(!found.to_string().contains("healthy"), "{found}");
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
