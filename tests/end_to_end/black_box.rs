//! The black box: what a program leaves behind that was killed, and when it cannot.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use taskscope_tests::{Place, Process, example, marked_line, marked_lines, scenario, until};

/// A program that keeps a black box in a file of the place's.
#[track_caller]
fn with_black_box(place: &Place, program: &Path, arguments: &[&str]) -> (Process, PathBuf) {
    let file = place.path().join("box");
    let program = Process::ready(place.command(program).args(arguments).env("TASKSCOPE_BLACKBOX", &file));
    (program, file)
}

/// The findings that a file tells of, once there are some of a kind.
#[track_caller]
fn finding(place: &Place, file: &Path, kind: &str) -> Value {
    until("the file with its finding", || {
        if !file.exists() {
            return Err("no file".to_owned());
        }
        let told = read(place, "findings", file).json();
        let findings = told["findings"].as_array().cloned().unwrap_or_default();
        findings.into_iter().find(|finding| finding["kind"] == kind).ok_or_else(|| told.to_string())
    })
}

#[track_caller]
fn read(place: &Place, command: &str, file: &Path) -> taskscope_tests::Ran {
    let file = file.to_str().expect("the temp folder has a name in UTF-8");
    place.taskscope(&[command, file, "--json"])
}

/// What the coverage says of the black box.
#[track_caller]
fn said(place: &Place, target: &str) -> Value {
    let doctor = place.taskscope(&["doctor", target, "--json"]).json();
    doctor["coverage"]["black box"].clone()
}

#[test]
fn who_is_killed_in_a_stall_leaves_its_line_behind() {
    let place = Place::new();
    let (program, file) = with_black_box(&place, example("sleepy"), &[]);
    until("the file with the stacks of its threads", || {
        finding(&place, &file, "blocked_worker");
        let threads = read(&place, "stacktrace", &file).json();
        let sleeps = threads.to_string().contains("sleepy::ask_the_old_system");
        if sleeps { Ok(()) } else { Err(threads.to_string()) }
    });
    program.kill();
    let found = finding(&place, &file, "blocked_worker");
    let line = marked_line("examples/sleepy.rs", "slow_poll, blocked_worker");
    assert_eq!(
        (&found["location"]["file"], &found["location"]["line"]),
        (&"examples/sleepy.rs".into(), &line.into())
    );
    let tasks = read(&place, "ps", &file).json();
    assert!(tasks["tasks"].as_array().is_some_and(|tasks| tasks.len() == 2), "{tasks}");
    let words = place.taskscope(&["ps", file.to_str().expect("as below")]).output;
    let headline = words.lines().next().unwrap_or_default();
    assert!(headline.contains("; written because a worker was blocked"), "{words}");
    for command in ["runtime", "doctor"] {
        assert_eq!(read(&place, command, &file).code, 0, "{command}");
    }
    let said = said(&place, file.to_str().expect("as above"));
    assert!(said["why"].as_str().is_some_and(|why| why.contains("a worker was blocked")), "{said}");
    let left: Vec<_> = std::fs::read_dir(place.path()).expect("the folder is ours").flatten().collect();
    assert!(!left.iter().any(|entry| entry.path().extension().is_some_and(|it| it == "part")), "{left:?}");
}

#[test]
fn where_tasks_waited_in_a_stall_is_in_the_file() {
    let place = Place::new();
    let (program, file) = with_black_box(&place, scenario(), &["fates", "stuck"]);
    finding(&place, &file, "blocked_worker");
    program.kill();
    let tasks = read(&place, "ps", &file).json();
    let all = tasks["tasks"].as_array().cloned().unwrap_or_default();
    let waits = all.iter().find(|task| task["name"] == "waits").unwrap_or_else(|| panic!("{tasks}"));
    let file = file.to_str().expect("the temp folder has a name in UTF-8");
    let id = waits["id"].as_str().expect("ids are texts");
    let told = place.taskscope(&["where", file, id, "--json"]).json();
    assert_eq!(told["awaits_found_by"], "observed futures", "{told}");
    let outer = &told["awaits"][0];
    assert!(outer["function"].as_str().is_some_and(|name| name.ends_with("place")), "{told}");
    assert_eq!(outer["location"]["file"], "tests/programs/fates.rs", "{told}");
    assert_eq!(outer["children"][0]["function"], "pay", "{told}");
}

#[test]
fn a_panic_is_written_at_once() {
    let place = Place::new();
    let (program, file) = with_black_box(&place, scenario(), &["panicking"]);
    let found = finding(&place, &file, "panic_unseen");
    program.kill();
    let line = marked_lines("tests/programs/ending.rs").into_iter().find(|(mark, _)| mark == "panic");
    let line = line.expect("the line is marked").1;
    assert_eq!(found["location"]["line"], line, "{found}");
    let said = said(&place, file.to_str().expect("the temp folder has a name in UTF-8"));
    let why = said["why"].as_str().unwrap_or_default();
    let place_of_panic = format!("\"out of stock\" at tests/programs/ending.rs:{line}:");
    assert!(why.contains(&place_of_panic), "{said}");
}

#[test]
fn the_end_is_written_too() {
    let place = Place::new();
    let (program, file) = with_black_box(&place, scenario(), &["ending", "returns"]);
    assert!(!file.exists(), "there was no occasion");
    assert_eq!(program.terminate().code, 0);
    assert_eq!(read(&place, "ps", &file).code, 0);
    assert!(
        said(&place, file.to_str().expect("as above"))["why"]
            .as_str()
            .is_some_and(|why| why.contains("because"))
    );
}

#[test]
fn a_file_that_cannot_be_written_is_said() {
    let place = Place::new();
    let nowhere = place.path().join("nowhere/box");
    let program = Process::ready(place.command(example("sleepy")).env("TASKSCOPE_BLACKBOX", &nowhere));
    let said = said(&place, &program.target());
    assert!(
        said["why"].as_str().is_some_and(|why| why.contains("cannot be written: No such file")),
        "{said}"
    );
    assert_ne!(said["seen"], "yes");
    assert_eq!(program.terminate().errors, "");
}

#[test]
fn a_full_disk_is_said() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("small")).expect("the folder is ours");
    let in_small = |program: &Path| {
        let mut command: Command = place.command("unshare".as_ref());
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.args(["mount -t tmpfs -o size=4k none small && exec \"$@\"", "sh"]).arg(program);
        command
    };
    if in_small("true".as_ref()).status().is_ok_and(|status| !status.success()) {
        // Where namespaces are forbidden there are no small disks.
        return;
    }
    let mut command = in_small(example("sleepy"));
    let program = Process::ready(command.env("TASKSCOPE_BLACKBOX", place.path().join("small/box")));
    until("what the coverage says", || {
        let said = said(&place, &program.target());
        let full = said["why"].as_str().is_some_and(|why| why.contains("No space left"));
        if full { Ok(()) } else { Err(said.to_string()) }
    });
    assert_eq!(program.terminate().errors, "");
}
