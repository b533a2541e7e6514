//! `taskscope run`: a command and the programs below it.

use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::Command;
use taskscope_model::codes::Counter;
use taskscope_tests::{Client, Pane, Place, Process, Ran, echo_server, taskscope, until};

const NOT_FOUND: i32 = 3;

/// `taskscope run`, with these options and this command.
fn run(place: &Place, words: &[&str]) -> Command {
    let mut command = place.command(taskscope());
    command.arg("run").args(words);
    command
}

fn ran(place: &Place, words: &[&str]) -> Ran {
    Process::begin(&mut run(place, words)).wait()
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("temp folders have plain names")
}

/// Whether a program with an agent was followed, and nothing was wrong with it.
fn followed(errors: &str, program: &str) -> bool {
    let begin = format!("taskscope: {program} (pid ");
    errors.lines().any(|line| line.starts_with(&begin) && line.ends_with("): no findings"))
}

#[test]
fn a_command_keeps_its_output_and_its_exit_code() {
    let place = Place::new();
    let ran = ran(&place, &["--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!((ran.code, ran.output.as_str()), (7, "out\n"));
    assert!(ran.errors.starts_with("err\ntaskscope: no program with an agent was seen"), "{}", ran.errors);
    let killed = self::ran(&place, &["--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.code, 128 + 15, "as a shell says it");
    let nothing = self::ran(&place, &["--", "/no/such/command"]);
    assert!(nothing.error(NOT_FOUND).contains("cannot start `/no/such/command`"));
}

/// The programs of these names, once somebody else than this test is attached to each.
fn until_followed(place: &Place, names: &[&str]) {
    for name in names {
        let pid = until("the agent", || {
            let listed = place.taskscope(&["ls", "--json"]).json();
            let processes = listed["processes"].as_array().cloned().unwrap_or_default();
            let found = processes.iter().find(|process| process["program"] == *name);
            found.and_then(|process| process["pid"].as_u64()).ok_or_else(|| listed.to_string())
        });
        let mut client = Client::attach(&place.socket(u32::try_from(pid).expect("pids are small")));
        client.watch();
        client.until("another client", |world, _| match world.counted(Counter::CLIENTS) {
            Some(2..) => Ok(()),
            other => Err(format!("{other:?} clients")),
        });
    }
}

fn signal(running: &Process, signal: Signal) {
    let pid = i32::try_from(running.pid()).ok().and_then(Pid::from_raw).expect("pids are positive");
    kill_process(pid, signal).expect("it is our child");
}

#[test]
fn a_signal_is_passed_on_and_what_was_found_is_still_said() {
    let place = Place::new();
    for sent in [Signal::TERM, Signal::INT] {
        let running = Process::begin(&mut run(&place, &["--check", "--", shown(echo_server())]));
        until_followed(&place, &["echo_server"]);
        signal(&running, sent);
        let ran = running.wait();
        assert!(followed(&ran.errors, "echo_server"), "{sent:?}: {}", ran.errors);
        assert!(ran.errors.contains("debug mode"), "it ran in debug mode: {}", ran.errors);
    }
}

#[test]
fn programs_below_the_command_are_followed_and_those_beside_it_left_alone() {
    let place = Place::new();
    let (twin, beside) = (place.copy(echo_server(), "twin"), place.copy(echo_server(), "beside"));
    let beside = place.start(&beside, &[]);
    let (one, other) = (shown(&twin), shown(echo_server()));
    let script = format!("{one} & A=$!; {other} & B=$!; trap \"kill $A $B\" TERM; wait; wait $A $B");
    let running = Process::begin(&mut run(&place, &["--", "sh", "-c", &script]));
    until_followed(&place, &["twin", "echo_server"]);
    signal(&running, Signal::TERM);
    let ran = running.wait();
    assert!(followed(&ran.errors, "echo_server") && followed(&ran.errors, "twin"), "{}", ran.errors);
    assert!(!ran.errors.contains("beside"), "{}", ran.errors);
    assert_eq!(beside.terminate().code, 0);
}

#[test]
fn the_mode_that_is_set_is_kept() {
    let place = Place::new();
    let running = Process::begin(run(&place, &["--", shown(echo_server())]).env("TASKSCOPE", "on"));
    until_followed(&place, &["echo_server"]);
    signal(&running, Signal::TERM);
    let ran = running.wait();
    assert!(followed(&ran.errors, "echo_server") && !ran.errors.contains("debug mode"), "{}", ran.errors);
}

#[test]
fn with_the_tui_in_front_leaving_it_ends_the_command() {
    let place = Place::new();
    let words = ["--attach", "--", shown(echo_server())];
    let mut pane = Pane::open(&run(&place, &words), (100, 24));
    pane.until("the program", |text| text.contains("echo_server") && text.contains("connected"));
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
    assert!(pane.text().contains("ready on"), "what it wrote is shown: {}", pane.text());
    assert_eq!(place.taskscope(&["ls", "--json"]).json()["processes"], serde_json::json!([]));
}
