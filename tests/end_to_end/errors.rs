//! Bad input: one line, and the exit code that scripts rely on.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use taskscope_model::frame::{MAGIC, NEWEST, OLDEST};
use taskscope_tests::{Place, Process, echo_server, scenario};

const WRONG_USE: i32 = 2;
const NOT_FOUND: i32 = 3;
const VERSIONS: i32 = 6;

#[track_caller]
fn says(error: &str, words: &[&str]) {
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}

#[test]
fn no_such_target() {
    let place = Place::new();
    for command in ["ps", "runtime", "doctor"] {
        says(place.taskscope(&[command, "no-such-program"]).error(NOT_FOUND), &["no-such-program"]);
    }
    // More than a kernel gives out.
    says(place.taskscope(&["ps", "4194305"]).error(NOT_FOUND), &["no process 4194305"]);
    let plain = Process::begin(Command::new("sleep").arg("600"));
    says(place.taskscope(&["ps", &plain.target()]).error(NOT_FOUND), &["has no tokio tasks in it"]);
    says(place.taskscope(&["ps", "/no/such/file"]).error(NOT_FOUND), &["/no/such/file"]);
    // Port 1 is nobody's, and not to be had without being root.
    says(place.taskscope(&["ps", "tcp://127.0.0.1:1"]).error(NOT_FOUND), &["127.0.0.1:1"]);
}

#[test]
fn several_targets() {
    let place = Place::new();
    let twin = place.copy(echo_server(), "twin");
    let programs = [place.start(&twin, &[]), place.start(&twin, &[])];
    let pids = programs.each_ref().map(|program| program.target());
    let error = place.taskscope(&["ps", "twin"]);
    says(error.error(WRONG_USE), &["twin", &pids[0], &pids[1]]);
    says(place.taskscope(&["ps"]).error(WRONG_USE), &["which program?"]);
    assert_eq!(place.taskscope(&["ps", &pids[0]]).code, 0);

    let [first, second] = programs;
    second.terminate();
    let ps = place.taskscope(&["ps", "twin", "--json"]).json();
    assert_eq!(ps["process"]["pid"], first.pid(), "one is left, and its name is enough");
}

#[test]
fn a_wrong_command_line() {
    let place = Place::new();
    let program = place.start(scenario(), &["nested"]);
    let target = program.target();
    let error = place.taskscope(&["ps", &target, "--filter", "idle colour:red"]);
    says(error.error(WRONG_USE), &["column 6", "`colour`", "state", "busy"]);
    let error = place.taskscope(&["ps", &target, "--filter", "busy>5"]);
    says(error.error(WRONG_USE), &["column 1", "`5`", "busy"]);
    let error = place.taskscope(&["ps", &target, "--sort", "colour"]);
    says(error.error(WRONG_USE), &["colour", "busy"]);
    for arguments in [
        &["ps", "one", "two"][..],
        &["demo", "echo"],
        &["ps", "--colour"],
        &["ps", "--limit", "0"],
        &["ps", "tcp://here"],
    ] {
        place.taskscope(arguments).error(WRONG_USE);
    }
}

#[test]
fn neither_a_socket_nor_a_recording() {
    let place = Place::new();
    let target =
        |name: &str| place.path().join(name).to_str().expect("temp folders have plain names").to_owned();
    let garbage = target("garbage");
    std::fs::write(&garbage, b"\0\xff not a recording").expect("the place is ours");
    says(place.taskscope(&["ps", &garbage]).error(NOT_FOUND), &[&garbage]);
    let empty = target("empty");
    std::fs::write(&empty, b"").expect("the place is ours");
    says(place.taskscope(&["ps", &empty]).error(NOT_FOUND), &[&empty]);
    let folder = place.runtime_folder();
    let folder = folder.to_str().expect("temp folders have plain names");
    says(place.taskscope(&["ps", folder]).error(NOT_FOUND), &["neither a socket nor a recording"]);
    let link = target("link");
    symlink("nowhere", &link).expect("the place is ours");
    place.taskscope(&["ps", &link]).error(NOT_FOUND);
    says(place.taskscope(&["ps", "/dev/null"]).error(NOT_FOUND), &["neither a socket nor a recording"]);
}

#[test]
fn versions_too_far_apart() {
    let place = Place::new();
    let head = |oldest: u16, newest: u16| {
        let numbers = [oldest.to_le_bytes(), newest.to_le_bytes()].concat();
        [&MAGIC[..], &numbers, &2_u32.to_le_bytes(), b"{}"].concat()
    };
    let new = answering(place.path().join("new"), head(NEWEST + 1, NEWEST + 9));
    says(place.taskscope(&["ps", shown(&new)]).error(VERSIONS), &["update this side"]);
    let old = answering(place.path().join("old"), head(0, OLDEST - 1));
    says(place.taskscope(&["ps", shown(&old)]).error(VERSIONS), &["update the other side"]);
    let other = answering(place.path().join("other"), b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    says(place.taskscope(&["ps", shown(&other)]).error(NOT_FOUND), &["no taskscope agent"]);
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("temp folders have plain names")
}

/// A program that answers the first words it hears with these bytes, once.
fn answering(path: PathBuf, bytes: Vec<u8>) -> PathBuf {
    let listener = UnixListener::bind(&path).expect("the place is ours");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the monitor connects");
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(&bytes);
        // The monitor leaves first.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    path
}
