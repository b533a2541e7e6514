//! `taskscope demo`.

use std::fs::read_to_string;
use taskscope_tests::{Pane, Place, until};

use rustix::process::Signal;
use taskscope_tests::taskscope;

/// The processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("there is a /proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

/// Whether there is such a process, dead ones that nobody has waited for aside.
fn is_alive(pid: u32) -> bool {
    let status = read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains("zombie"))
}

/// The demo on the screen, and the process of its program.
#[track_caller]
fn shown(place: &Place) -> (Pane, u32) {
    let mut pane = Pane::open(place.command(taskscope()).arg("demo"), (120, 30));
    pane.until("tasks of the demo", |text| text.contains("connected") && text.contains("demo/program/"));
    let [child] = children(pane.pid())[..] else { panic!("the demo has one child") };
    assert!(place.socket(child).exists());
    (pane, child)
}

#[test]
fn it_shows_tasks_and_leaves_nothing_behind() {
    let place = Place::new();
    let (mut pane, child) = shown(&place);
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
    assert_eq!(pane.changes(), Vec::<String>::new());
    assert!(!is_alive(child), "it is waited for");
    assert!(!place.socket(child).exists(), "and ended in an orderly way");
}

#[test]
fn its_program_ends_however_it_ends() {
    let place = Place::new();
    for signal in [Signal::TERM, Signal::KILL] {
        let (mut pane, child) = shown(&place);
        pane.signal(signal);
        pane.wait();
        until("the end of the demo's program", || {
            if is_alive(child) { Err(format!("{child} is alive")) } else { Ok(()) }
        });
    }
    let (pane, child) = shown(&place);
    pane.close().wait();
    until("the end of the demo's program", || {
        if is_alive(child) { Err(format!("{child} is alive")) } else { Ok(()) }
    });
}
