//! `where`, `cancel`, `findings` and `check` on real tasks.

use serde_json::Value;
use taskscope_tests::{Place, Process, Ran, marked_line, scenario, until};

const FOUND: i32 = 1;
const WRONG_USE: i32 = 2;
const NOT_PERMITTED: i32 = 4;
const NO_SUCH_TASK: i32 = 5;

fn start(place: &Place, how: &str) -> Process {
    place.start(scenario(), &["fates", how])
}

/// The id of the task of that name.
#[track_caller]
fn named(place: &Place, program: &Process, name: &str) -> String {
    until(name, || {
        let tasks = place.taskscope(&["ps", &program.target(), "--ended", "--json"]).json();
        let all = tasks["tasks"].as_array().cloned().unwrap_or_default();
        let task = all.iter().find(|task| task["name"] == name);
        task.and_then(|task| task["id"].as_str()).map(str::to_owned).ok_or_else(|| tasks.to_string())
    })
}

fn place_of(program: &str, marker: &str) -> Value {
    let line = marked_line(program, marker);
    serde_json::json!({ "file": program, "line": line })
}

/// A location without its column.
fn at(location: &Value) -> Value {
    serde_json::json!({ "file": location["file"], "line": location["line"] })
}

const PROGRAM: &str = "tests/programs/fates.rs";

#[test]
fn where_tells_what_a_task_awaits() {
    let place = Place::new();
    let program = start(&place, "healthy");
    let id = named(&place, &program, "waits");
    let told = place.taskscope(&["where", &program.target(), &id, "--json"]).json();
    assert_eq!(at(&told["task"]["spawned_at"]), place_of(PROGRAM, "waits"));
    assert_eq!(told["spawned_by"][0]["id"], "main");
    assert_eq!((&told["handle"], &told["ended"]), (&"held".into(), &Value::Null));
    assert_eq!(told["awaits_found_by"], "observed futures");
    let outer = &told["awaits"][0];
    assert!(outer["function"].as_str().is_some_and(|name| name.ends_with("place")), "{told}");
    assert_eq!(outer["children"][0]["function"], "pay", "{told}");
}

#[test]
fn the_mode_and_the_limit_of_polls_are_set() {
    let place = Place::new();
    let program = start(&place, "healthy");
    let set = |arguments: &[&str]| place.taskscope(arguments);
    let ran = set(&["mode", &program.target(), "debug"]);
    assert!(ran.code == 0 && ran.output.contains("in mode debug"), "{ran:?}");
    until("the program's own word of it", || {
        let said = program.errors();
        if said.contains("taskscope:") { Ok(()) } else { Err(said) }
    });
    let ran = set(&["mode", &program.target(), "off"]);
    assert!(ran.code == WRONG_USE && ran.errors.contains("on, log or debug"), "{ran:?}");
    let ran = set(&["slow-poll", &program.target(), "50ms"]);
    assert!(ran.code == 0 && ran.output.contains("slow from 50.0ms on"), "{ran:?}");
    let ran = set(&["slow-poll", &program.target(), "off"]);
    assert!(ran.code == 0 && ran.output.contains("no poll is slow"), "{ran:?}");
    let ran = set(&["slow-poll", &program.target(), "50"]);
    assert_eq!(ran.error(WRONG_USE).lines().count(), 1);
}

#[test]
fn where_tells_who_cancelled_a_task_and_who_that_one() {
    let place = Place::new();
    let program = start(&place, "ill");
    let (aborted, dropped) = (named(&place, &program, "aborted"), named(&place, &program, "dropped"));
    let told = place.taskscope(&["where", &program.target(), &dropped, "--json"]).json();
    assert_eq!(told["ended"]["outcome"], "cancelled", "{told}");
    let [first, second] = &told["cancelled_by"].as_array().cloned().unwrap_or_default()[..] else {
        panic!("two were cancelled: {told}")
    };
    assert_eq!((&first["task"], &first["way"]), (&Value::from(dropped), &"drop of its JoinSet".into()));
    assert_eq!(at(&first["join_set"]), place_of(PROGRAM, "set"));
    assert_eq!(first["by"], Value::from(aborted.clone()));
    assert_eq!(
        (&second["task"], &second["way"], &second["by"]),
        (&aborted.into(), &"abort".into(), &"main".into())
    );
    assert_eq!(at(&second["location"]), place_of(PROGRAM, "abort"));
}

/// One task's result, and how the command ended.
fn cancel(place: &Place, program: &Process, task: &str) -> (Value, i32) {
    let ran = place.taskscope(&["cancel", &program.target(), task, "--json"]);
    let told: Value = serde_json::from_str(&ran.output).unwrap_or_else(|_| panic!("{ran:?}"));
    (told["results"][0].clone(), ran.code)
}

#[test]
fn a_wrapped_task_is_cancelled_by_its_number() {
    let place = Place::new();
    let program = start(&place, "healthy");
    let id = named(&place, &program, "waits");
    let (told, code) = cancel(&place, &program, &id);
    assert_eq!((&told["result"], code), (&"cancelled".into(), 0), "{told}");
    let told = place.taskscope(&["where", &program.target(), &id, "--json"]).json();
    assert_eq!(told["ended"]["outcome"], "cancelled");
    assert_eq!(told["cancelled_by"][0]["way"], "taskscope");
    let (told, code) = cancel(&place, &program, &id);
    assert_eq!((&told["result"], code), (&"ended".into(), NO_SUCH_TASK), "{told}");
}

#[test]
fn why_a_task_does_not_stop_is_said() {
    let place = Place::new();
    let program = start(&place, "stuck");
    let (told, code) = cancel(&place, &program, &named(&place, &program, "polls"));
    assert_eq!((&told["result"], code), (&"still_running".into(), 0), "{told}");
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("poll")), "{told}");
    let (told, code) = cancel(&place, &program, &named(&place, &program, "blocks"));
    assert_eq!((&told["result"], code), (&"not_cancelled".into(), NOT_PERMITTED), "{told}");

    let tasks = place.taskscope(&["ps", &program.target(), "--json"]).json();
    let line = marked_line(PROGRAM, "plain");
    let plain =
        tasks["tasks"].as_array().and_then(|all| all.iter().find(|task| task["spawned_at"]["line"] == line));
    let plain = plain.and_then(|task| task["id"].as_str()).expect("plain tasks are seen too");
    let (told, code) = cancel(&place, &program, plain);
    let why = format!(
        "cannot cancel {plain}: tokio::spawn at {PROGRAM}:{line} keeps its handle; spawn it with taskscope_agent::spawn"
    );
    assert_eq!((&told["reason"], code), (&Value::from(why), NOT_PERMITTED));
}

#[test]
fn what_is_no_task_is_told_by_the_exit_code() {
    let place = Place::new();
    let program = start(&place, "healthy");
    let target = program.target();
    let says = |ran: Ran, code: i32, part: &str| assert!(ran.error(code).contains(part), "{ran:?}");
    says(place.taskscope(&["where", &target, "4000000000"]), NO_SUCH_TASK, "there is no task 4000000000");
    says(place.taskscope(&["where", &target, "x"]), WRONG_USE, "a task is named by its number");
    says(place.taskscope(&["cancel", &target, "x"]), WRONG_USE, "a task is named by its number");
    let (told, code) = cancel(&place, &program, "4000000000");
    assert_eq!((&told["result"], code), (&"no_such_task".into(), NO_SUCH_TASK), "{told}");
    let (told, code) = cancel(&place, &program, "main");
    assert_eq!((&told["result"], code), (&"not_cancelled".into(), NOT_PERMITTED), "{told}");
}

#[test]
fn an_ill_program_fails_a_check_and_a_healthy_one_does_not() {
    let place = Place::new();
    let (ill, healthy) = (start(&place, "ill"), start(&place, "healthy"));
    let told = place.taskscope(&["findings", &ill.target(), "--json"]).json();
    let kinds: Vec<_> =
        told["findings"].as_array().into_iter().flatten().map(|it| it["kind"].clone()).collect();
    assert!(kinds.contains(&"panic_unseen".into()) && kinds.contains(&"error_unseen".into()), "{told}");
    let check = |program: &Process| place.taskscope(&["check", &program.target(), "--for", "300ms"]).code;
    assert_eq!((check(&ill), check(&healthy)), (FOUND, 0));
}
