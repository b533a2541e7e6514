//! Recordings: made of a live program, read by every command, and whatever happens while they are made.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use taskscope_tests::{Pane, Place, Process, Ran, connect, echo_server, example, taskscope, until};

const WRONG_USE: i32 = 2;
const LOST: i32 = 3;
const CONNECTIONS: usize = 20;

fn file(place: &Place) -> PathBuf {
    place.path().join("it.taskscope")
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("temp folders have plain names")
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// A recording that is being made, and has the snapshot in it.
#[track_caller]
fn begun(place: &Place, target: &str, more: &[&str]) -> Process {
    let path = file(place);
    let arguments = [&["record", target, "-o", shown(&path)], more].concat();
    let recording = Process::begin(place.command(taskscope()).args(arguments));
    until("what is recorded", || {
        let ps = place.taskscope(&["ps", shown(&path), "--json"]);
        let is_there = ps.code == 0 && ps.output.contains("examples/echo_server.rs");
        if is_there { Ok(()) } else { Err(format!("{ps:?} {}", recording.errors())) }
    });
    recording
}

#[track_caller]
fn interrupt(recording: Process) -> Ran {
    let pid = Pid::from_raw(recording.pid() as i32).expect("it has a number");
    kill_process(pid, Signal::INT).expect("it is our child");
    recording.wait()
}

fn tasks(place: &Place, path: &Path) -> usize {
    let ps = place.taskscope(&["ps", shown(path), "--json"]);
    let ps: Value = serde_json::from_str(&ps.output).unwrap_or_default();
    ps["tasks"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_recording_is_read_by_every_command() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let _connections = connect(server.address(), CONNECTIONS);
    let path = file(&place);
    let target = server.target();
    let record = ["record", &target, "-o", shown(&path), "--for", "300ms", "--json"];
    let report = place.taskscope(&record).json();
    assert_eq!(report["process"]["pid"], server.pid());
    let recording = &report["recording"];
    assert_eq!((&recording["ended_by"], &recording["bytes"]), (&"time".into(), &size(&path).into()));
    assert!(recording["span_ns"].as_u64() >= Some(200_000_000), "{recording}");
    assert!(recording["changes"].as_u64() >= Some(CONNECTIONS as u64), "{recording}");

    assert_eq!(tasks(&place, &path), CONNECTIONS + 1, "the connections and main");
    let live = place.taskscope(&["doctor", &target, "--json"]).json();
    assert_eq!(place.taskscope(&["doctor", shown(&path), "--json"]).json()["coverage"], live["coverage"]);
    let runtime = place.taskscope(&["runtime", shown(&path), "--json"]).json();
    assert!(!runtime["runtimes"][0]["workers"].as_array().expect("it has workers").is_empty(), "{runtime}");
    let story = place.taskscope(&["where", shown(&path), "main", "--json"]).json();
    assert_eq!(story["task"]["id"], "main");
    for command in [
        &["ps", "--tree"][..],
        &["ps", "--group", "--ended"],
        &["ps", "--watch"],
        &["findings"],
        &["findings", "--follow"],
        &["check"],
        &["stacktrace"],
        &["runtime"],
        &["resources"],
        &["doctor"],
    ] {
        let (name, options) = command.split_first().expect("there is a command");
        let ran = place.taskscope(&[&[*name, shown(&path)], options].concat());
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{command:?}: {ran:?}");
        assert!(!ran.output.is_empty(), "{command:?}");
    }
    let cancel = place.taskscope(&["cancel", shown(&path), "1"]);
    assert!(cancel.error(WRONG_USE).contains("recording"), "{cancel:?}");
    let again = place.taskscope(&["record", shown(&path), "-o", "other"]);
    assert!(again.error(WRONG_USE).contains("is a recording already"), "{again:?}");
}

#[test]
fn ctrl_c_ends_it_well_and_says_what_was_written() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let path = file(&place);
    let recording = begun(&place, &server.target(), &[]);
    let mut connections = connect(server.address(), CONNECTIONS);
    until("the connections in the file", || {
        let count = tasks(&place, &path);
        if count == CONNECTIONS + 1 { Ok(()) } else { Err(format!("{count} tasks")) }
    });
    connections.truncate(1);
    let ran = interrupt(recording);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{ran:?}");
    let last = ran.output.lines().last().expect("it says something");
    assert!(last.contains(" changes, ") && last.contains(" kB; `taskscope replay "), "{last}");
    let ps = place.taskscope(&["ps", shown(&path)]);
    assert_eq!((ps.code, ps.errors.as_str()), (0, ""), "the file is whole: {ps:?}");
}

#[test]
fn whatever_ends_it_leaves_a_file_that_can_be_read() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let path = file(&place);
    let recording = begun(&place, &server.target(), &[]);
    recording.kill();
    assert_eq!(tasks(&place, &path), 1);

    let bytes = std::fs::read(&path).expect("it is there");
    let cut = place.path().join("cut");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).expect("the place is ours");
    let ps = place.taskscope(&["ps", shown(&cut)]);
    assert_eq!(ps.code, 0, "{ps:?}");
    assert!(ps.output.contains("examples/echo_server.rs"), "{ps:?}");
    assert!(ps.errors.lines().count() == 1 && ps.errors.contains("the file is cut off"), "{ps:?}");
}

#[test]
fn the_screen_records_and_calls_too() {
    let place = Place::new();
    let program = place.start(example("commands"), &[]);
    let mut pane = Pane::open(place.command(taskscope()).arg(program.target()), (110, 24));
    pane.until("the program", |text| text.contains("commands  pid") && text.contains("connected"));
    pane.keys(":record it.taskscope\r");
    pane.until("the recording", |text| text.contains("recording 1") || text.contains("recording 2"));
    pane.keys(":flu\t 3\r");
    pane.until("what it returns", |text| text.contains("3 pages written"));
    pane.keys(":resize x\r");
    pane.until("the panic in words", |text| text.contains("panicked at examples/commands.rs"));
    pane.keys(":values pages\r");
    pane.until("a value", |text| text.contains("pages: 9 to write, 3 written"));
    pane.keys(":record stop\r");
    pane.until("the end of the recording", |text| {
        text.contains("recorded ") && text.contains("it.taskscope")
    });
    let ps = place.taskscope(&["ps", "./it.taskscope", "--ended", "--filter", "name:flush", "--json"]).json();
    assert_eq!(ps["tasks"][0]["task_kind"], "command", "{ps}");
    pane.keys(":signal TERM\r");
    pane.until("its end", |text| text.contains("has ended"));
    pane.keys("q");
    assert!(pane.wait().success());
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let path = file(&place);
    std::fs::write(&path, "precious").expect("the place is ours");
    let target = server.target();
    let record = ["record", &target, "-o", shown(&path), "--for", "1ms"];
    let error = place.taskscope(&record);
    assert!(error.error(WRONG_USE).contains("is there already; --force"), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some("precious"));
    let forced = place.taskscope(&[&record[..], &["--force"]].concat());
    assert_eq!(forced.code, 0, "{forced:?}");
    assert_eq!(tasks(&place, &path), 1);
    let folder = place.taskscope(&["record", &target, "-o", "/no/such/folder/file"]);
    assert!(folder.error(WRONG_USE).contains("cannot make /no/such/folder/file"), "{folder:?}");
}

#[test]
fn a_full_disk_is_one_clear_line() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let full = place.taskscope(&["record", &server.target(), "-o", "/dev/full"]);
    let line = full.error(WRONG_USE);
    assert!(line.contains("cannot write /dev/full: No space left on device"), "{line}");
    assert!(line.contains("nothing is recorded"), "{line}");
}

#[test]
fn the_programs_end_is_in_it() {
    let place = Place::new();
    let path = file(&place);
    let server = place.start(echo_server(), &[]);
    let name = format!("echo_server (pid {})", server.pid());
    let recording = begun(&place, &server.target(), &[]);
    server.terminate();
    let ran = recording.wait();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.output.lines().last().is_some_and(|line| line.starts_with(&format!("{name} has ended; "))),
        "{ran:?}"
    );

    let server = place.start(echo_server(), &[]);
    let recording = begun(&place, &server.target(), &["--force"]);
    server.kill();
    let ran = recording.wait();
    assert_eq!(ran.code, LOST, "{ran:?}");
    assert!(ran.errors.contains("is gone without goodbye"), "{ran:?}");
    assert!(ran.output.contains("taskscope replay"), "it says what was written: {ran:?}");
    assert_eq!(tasks(&place, &path), 1);
}
