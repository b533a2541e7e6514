//! The terminal: left as it was found however the TUI ends, and of any size.

use rustix::process::Signal;
use std::process::Command;
use taskscope_tests::{Pane, Place, Process, connect, echo_server, taskscope, until};

/// A server with a connection, and the TUI on it.
struct Scene {
    place: Place,
    server: Process,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let server = place.start(echo_server(), &[]);
        Self { place, server }
    }

    fn command(&self) -> Command {
        let mut command = self.place.command(taskscope());
        command.arg(self.server.target());
        command
    }

    /// The TUI, with the tasks on it.
    #[track_caller]
    fn attached(&self) -> Pane {
        let mut pane = Pane::open(&self.command(), (80, 24));
        shows_tasks(&mut pane);
        assert!(!pane.changes().is_empty(), "while it runs the terminal is the TUI's");
        pane
    }
}

#[track_caller]
fn shows_tasks(pane: &mut Pane) {
    pane.until("the tasks", |text| {
        text.contains("echo_server  pid") && text.contains("examples/echo_server.rs")
    });
}

#[track_caller]
fn is_left_as_found(pane: &Pane) {
    assert_eq!(pane.changes(), Vec::<String>::new(), "the screen:\n{}", pane.text());
}

#[test]
fn quitting_leaves_it_as_found() {
    let scene = Scene::new();
    for keys in ["q", "\x03"] {
        let mut pane = scene.attached();
        pane.keys(keys);
        assert_eq!(pane.wait().exit_code(), 0, "{keys:?}");
        is_left_as_found(&pane);
        assert_eq!(pane.text().trim(), "", "nothing is left on the screen");
    }
}

#[test]
fn signals_leave_it_as_found() {
    let scene = Scene::new();
    let signals = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT];
    for signal in signals {
        let mut pane = scene.attached();
        pane.signal(signal);
        let status = pane.wait();
        assert!(
            status.signal().is_some(),
            "{signal:?}: it ends by the signal, as its shell expects: {status:?}"
        );
        is_left_as_found(&pane);
    }
}

#[test]
fn a_panic_leaves_it_as_found_and_says_why() {
    let scene = Scene::new();
    let mut command = scene.command();
    // Else the message scrolls away above its backtrace.
    command.env("TASKSCOPE_PANIC_ON_F12", "1").env("RUST_BACKTRACE", "0");
    let mut pane = Pane::open(&command, (80, 24));
    shows_tasks(&mut pane);
    pane.keys("\x1b[24~");
    assert_ne!(pane.wait().exit_code(), 0);
    is_left_as_found(&pane);
    assert!(pane.text().contains("on purpose"), "{}", pane.text());
}

/// Whether a process is stopped.
fn is_stopped(pid: u32) -> Result<(), String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    if state == Some('T') { Ok(()) } else { Err(format!("{state:?}")) }
}

#[test]
fn it_stops_and_goes_on() {
    let scene = Scene::new();
    let mut pane = scene.attached();
    pane.keys("\x1a");
    until("it to stop", || is_stopped(pane.pid()));
    pane.until_left_as_found();
    // What happens meanwhile is on the screen afterwards, in full.
    let _connections = connect(scene.server.address(), 5);
    pane.signal(Signal::CONT);
    pane.until("the tasks of now", |text| text.contains(" 6 live") && text.contains("2 Tasks"));
    assert!(!pane.changes().is_empty(), "the terminal is the TUI's again");
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
    is_left_as_found(&pane);
}

#[test]
fn a_shell_has_the_terminal_while_it_is_stopped() {
    let scene = Scene::new();
    let mut command = scene.place.command("sh".as_ref());
    command.arg("-i").env("PS1", "ready> ").env("MONITOR", taskscope()).env("SERVER", scene.server.target());
    let mut shell = Pane::open(&command, (80, 24));
    shell.until_said("a prompt", |text| text.contains("ready>"));
    shell.keys("\"$MONITOR\" $SERVER\r");
    shows_tasks(&mut shell);
    for (stops, round) in [(1, "one"), (2, "two")] {
        shell.keys("\x1a");
        // What is typed before the shell says so is the TUI's.
        shell.until_said("the shell", |text| {
            text.matches("Stopped").count() == stops && text.trim_end().ends_with("ready>")
        });
        shell.keys(&format!("echo round-${{PWD:+{round}}}\r"));
        shell.until_said("that the shell is listened to", |text| text.contains(&format!("\nround-{round}")));
        shell.keys("fg\r");
        shows_tasks(&mut shell);
    }
    // Keys are the TUI's again.
    shell.keys("?");
    shell.until("the help", |text| text.contains("this help"));
    shell.keys("\x1bq");
    shell.until_said("the shell", |text| text.contains("round-two") && text.trim_end().ends_with("ready>"));
    shell.keys("exit\r");
    assert_eq!(shell.wait().exit_code(), 0);
}

#[test]
fn a_closed_pane_ends_it() {
    let scene = Scene::new();
    scene.attached().close().wait();
    // Also where it cannot learn of it by a signal.
    let mut script = scene.place.command("sh".as_ref());
    script.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(taskscope()).arg(scene.server.target());
    let mut pane = Pane::open(&script, (80, 24));
    shows_tasks(&mut pane);
    pane.close().wait();
}

#[test]
fn an_error_leaves_it_alone() {
    let scene = Scene::new();
    let mut command = scene.place.command(taskscope());
    let mut pane = Pane::open(command.arg("no-such-program"), (80, 24));
    assert_eq!(pane.wait().exit_code(), 3);
    is_left_as_found(&pane);
    assert!(pane.text().starts_with("taskscope: no live tokio program"), "{}", pane.text());
}

#[test]
fn it_begins_in_any_size() {
    let scene = Scene::new();
    let _connections = connect(scene.server.address(), 40);
    for size in [(1, 1), (5, 3), (20, 5), (300, 100)] {
        let mut pane = Pane::open(&scene.command(), size);
        pane.until_begun();
        pane.keys("jj?\x1b");
        pane.resize((80, 24));
        shows_tasks(&mut pane);
        pane.keys("q");
        assert_eq!(pane.wait().exit_code(), 0, "{size:?}");
        is_left_as_found(&pane);
    }
}

#[test]
fn it_takes_any_size_while_it_runs() {
    let scene = Scene::new();
    let _connections = connect(scene.server.address(), 40);
    let mut pane = scene.attached();
    // The tasks, the details of one, the help, and a filter being typed.
    for keys in ["jj", "\r", "?", "/a"] {
        pane.keys(keys);
        for size in [(1, 1), (5, 3), (20, 5), (300, 100), (1, 50), (200, 1), (81, 25), (80, 24)] {
            pane.resize(size);
            pane.until_written();
        }
        // A key that comes together with a resize may have to wait for another key. The header ends one column before
        // the edge.
        pane.until("the last size", |text| {
            text.lines().next().is_some_and(|line| line.chars().count() == 79)
        });
        pane.keys("\x1b");
        pane.until("the tasks alone", |text| text.contains("/ filter") && text.contains(" of 41 "));
    }
    pane.keys("q");
    assert_eq!(pane.wait().exit_code(), 0);
    is_left_as_found(&pane);
}
