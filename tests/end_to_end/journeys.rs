//! The ways people go in the TUI: from what is wrong to its line, to a task and its end, to another program.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use taskscope_tests::{
    Connection, Pane, Place, Process, connect, echo_server, example, marked_lines, taskscope,
};

/// The folder below which the sources are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[track_caller]
fn open(place: &Place, program: &Process, editor: &Path) -> Pane {
    let mut command = place.command(taskscope());
    command.arg(program.target()).env("VISUAL", editor).current_dir(SOURCES);
    Pane::open(&command, (100, 24))
}

/// An editor that notes what it was to open, and ends.
fn editor(place: &Place) -> std::path::PathBuf {
    let (path, opened) = (place.path().join("vi"), place.path().join("opened"));
    fs::write(&path, format!("#!/bin/sh\necho \"$@\" >'{}'\n", opened.display()))
        .expect("the folder is ours");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("the file is ours");
    path
}

#[test]
fn from_a_finding_to_its_line_and_to_a_file() {
    let place = Place::new();
    let program = place.start(example("forgotten_await"), &[]);
    let mut pane = open(&place, &program, &editor(&place));
    pane.until("the tasks", |text| text.contains("connected") && text.contains("2 Tasks"));
    pane.keys("4");
    pane.until("the finding", |text| text.contains("never_awaited") && text.contains("to do:"));
    pane.keys("e");
    let opened = place.path().join("opened");
    pane.until("the editor, and the screen again", |text| opened.exists() && text.contains("never_awaited"));
    let lines = marked_lines("examples/forgotten_await.rs");
    let said = fs::read_to_string(&opened).unwrap();
    let line =
        said.split_whitespace().next().and_then(|it| it.strip_prefix('+')).and_then(|it| it.parse().ok());
    assert!(lines.iter().any(|(_, marked)| Some(*marked) == line), "{said} is none of {lines:?}");
    assert!(said.trim_end().ends_with("examples/forgotten_await.rs"), "{said}");

    let rows = place.path().join("rows.json");
    pane.keys(&format!(":write {}\r", rows.display()));
    pane.until("the file", |text| text.contains("written to"));
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(rows).unwrap()).unwrap();
    assert!(json["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{json}");
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
}

#[test]
fn a_frozen_screen_stays_while_the_program_goes_on() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let mut pane = open(&place, &server, Path::new("true"));
    pane.until("the tasks", |text| text.contains("connected") && text.contains(" 1 live"));
    pane.keys(" ");
    pane.until("the frozen screen", |text| text.contains("frozen"));
    let mut connections = connect(server.address(), 3);
    connections.iter_mut().for_each(Connection::round);
    // The program is listened to all the same, and answers when it has told of these; the tasks are as they were.
    pane.keys(":limit 25ms\r");
    let frozen = pane.until("its answer", |text| text.contains("25.0ms") && !text.contains("Enter do it"));
    assert!(frozen.contains(" 1 live") && frozen.contains("frozen"), "{frozen}");
    pane.keys(" ");
    pane.until("what has happened", |text| text.contains(" 4 live") && !text.contains("frozen"));
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
}

#[test]
fn from_a_task_to_its_end_and_to_another_program() {
    let place = Place::new();
    let program = place.start(example("cancel_me"), &[]);
    let other = place.start(echo_server(), &[]);
    let mut pane = open(&place, &program, Path::new("true"));
    pane.until("the tasks", |text| text.contains("connected") && text.contains("examples/cancel_me.rs"));
    pane.keys("/task_kind:async\r");
    pane.until("one task", |text| text.contains("1-1 of 1"));
    pane.keys(" ");
    pane.until("the frozen screen", |text| text.contains("frozen"));
    pane.keys(" jc");
    pane.until("the question", |text| text.contains("cancel task") && text.contains("y yes"));
    pane.keys("y");
    pane.until("no task any more", |text| text.contains("No task matches"));
    pane.keys("6");
    pane.until("who cancelled it", |text| text.contains("by a person, through taskscope"));
    pane.keys("7");
    pane.until("what happened", |text| {
        text.contains("cancelled") && text.contains("spawned at examples/cancel_me.rs")
    });

    pane.keys("\x0e");
    let header = format!("echo_server  pid {}", other.pid());
    pane.until("the other program, on the same screen", |text| {
        text.contains(&header) && text.contains("UTC")
    });
    pane.keys("p");
    pane.until("how both do", |text| text.matches("healthy").count() >= 2 || text.contains("HEALTH"));
    drop(program);
    pane.until("that the first one is lost", |text| text.contains("it has ended"));
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
}
