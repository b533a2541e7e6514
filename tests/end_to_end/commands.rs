//! The program's own commands and values, and signals: asked for from the command line, and never fatal.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::process::Command;
use taskscope_tests::{Place, Process, Ran, example, free_address, taskscope, until};

const FAILED: i32 = 1;
const WRONG_USE: i32 = 2;
const NOT_FOUND: i32 = 3;
const NOT_PERMITTED: i32 = 4;

struct Program {
    place: Place,
    process: Process,
    target: String,
}

impl Program {
    fn new() -> Self {
        let place = Place::new();
        let process = place.start(example("commands"), &[]);
        let target = process.target();
        Self { place, process, target }
    }

    /// `taskscope NAME TARGET MORE...`.
    #[track_caller]
    fn ask(&self, name: &str, more: &[&str]) -> Ran {
        self.place.taskscope(&[&[name, &self.target], more].concat())
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = self.place.command(taskscope());
        command.args([name, &self.target]).args(more);
        command
    }

    #[track_caller]
    fn value(&self, name: &str) -> Value {
        let values = self.ask("values", &[name, "--json"]);
        let values: Value =
            serde_json::from_str(&values.output).unwrap_or_else(|error| panic!("{error}: {values:?}"));
        values["values"][0].clone()
    }
}

#[test]
fn a_command_runs_as_a_task_and_says_what_it_returns() {
    let program = Program::new();
    let listed = program.ask("commands", &["--json"]).json();
    let names: Vec<_> = listed["commands"].as_array().into_iter().flatten().map(|it| &it["name"]).collect();
    assert_eq!(names, ["flush", "rebuild", "resize", "watch"]);
    let flush = &listed["commands"][0];
    assert_eq!(flush["help"], "write the pages of the cache: all, or as many as said");
    assert_eq!(flush["offered_at"]["file"], "examples/commands.rs");
    assert!(flush["runtime"].is_string(), "{flush}");
    assert!(program.ask("commands", &[]).output.contains("write the pages of the cache"));

    assert_eq!(program.value("pages")["text"], "12 to write, 0 written");
    let call = program.ask("call", &["flush", "5"]);
    assert_eq!((call.code, call.output.as_str(), call.errors.as_str()), (0, "5 pages written\n", ""));
    let json = program.ask("call", &["flush", "--json"]).json();
    assert_eq!((&json["outcome"], &json["text"]), (&"returned".into(), &"7 pages written".into()));
    assert_eq!((&json["command"], &json["cut_bytes"]), (&"flush".into(), &0.into()));
    assert_eq!(program.value("pages")["text"], "0 to write, 12 written");

    let task = json["task"].as_str().expect("it ran as a task");
    let story = program.ask("where", &[task, "--json"]).json();
    let of = |key: &str| &story["task"][key];
    assert_eq!((of("task_kind"), of("name")), (&"command".into(), &"flush".into()), "{story}");
    assert_eq!(
        (of("outcome"), &of("spawned_at")["file"]),
        (&"completed".into(), &"examples/commands.rs".into())
    );
    let healthy = program.ask("check", &["--for", "1ms"]);
    assert_eq!(healthy.code, 0, "{healthy:?}");
}

#[test]
fn errors_and_panics_are_shown_and_harm_nobody() {
    let program = Program::new();
    let failed = program.ask("call", &["flush", "many"]);
    assert_eq!((failed.code, failed.errors.as_str()), (FAILED, ""), "{failed:?}");
    assert!(failed.output.starts_with("flush: failed: \"many\" is no number of pages: "), "{failed:?}");
    let failed = program.ask("call", &["flush", "--", "-1"]);
    assert!(failed.output.contains("\"-1\" is no number"), "a dash is no option behind --: {failed:?}");
    for (arguments, says) in
        [(&["resize", "two"][..], "a number of pages"), (&["resize"], "index out of bounds")]
    {
        let panicked = program.ask("call", arguments);
        assert_eq!((panicked.code, panicked.errors.as_str()), (FAILED, ""), "{panicked:?}");
        assert!(panicked.output.starts_with("resize: panicked at examples/commands.rs:"), "{panicked:?}");
        assert!(panicked.output.contains(says), "{panicked:?}");
    }
    let json = program.ask("call", &["resize", "two", "--json"]);
    let json: Value = serde_json::from_str(&json.output).expect("it is JSON all the same");
    assert_eq!(json["outcome"], "panicked");
    let unknown = program.ask("call", &["flash"]);
    let line = unknown.error(WRONG_USE);
    assert!(line.contains("no command `flash`; it offers flush, rebuild, resize, watch"), "{line}");
    let resized = program.ask("call", &["resize", "3"]);
    assert_eq!(resized.output, "3 pages\n", "it works as before");
    // Whoever called has looked: nothing was left unseen.
    let check = program.ask("check", &["--for", "1ms"]);
    assert_eq!(check.code, 0, "{check:?}");
}

#[test]
fn a_command_that_does_not_end_is_not_waited_for() {
    let program = Program::new();
    let json = program.ask("call", &["watch", "--timeout", "50ms", "--json"]);
    assert_eq!(json.code, FAILED, "{json:?}");
    let json: Value = serde_json::from_str(&json.output).expect("it is JSON");
    assert_eq!(json["outcome"], "still_running");
    let task = json["task"].as_str().expect("it has begun");
    let waiting = Process::begin(&mut program.command("call", &["watch"]));
    let other = until("the other one", || {
        let ps = program.ask("ps", &["--filter", "task_kind:command state:idle", "--json"]).json();
        let ids = ps["tasks"].as_array().cloned().unwrap_or_default();
        let other = ids.iter().filter_map(|it| it["id"].as_str()).find(|id| *id != task);
        other.map(str::to_owned).ok_or_else(|| ps.to_string())
    });
    let cancel = program.ask("cancel", &[&other]);
    assert_eq!(cancel.code, 0, "{cancel:?}");
    let ran = waiting.wait();
    assert_eq!((ran.code, ran.output.as_str()), (FAILED, "watch: cancelled, or dropped with its runtime\n"));
}

#[test]
fn where_all_workers_are_blocked_it_says_so_and_takes_the_call_back() {
    let program = Program::new();
    let mut blocking: Vec<_> =
        (0..2).map(|_| Process::begin(&mut program.command("call", &["rebuild", "100000"]))).collect();
    until("both workers to be blocked", || {
        let ps = program.ask("ps", &["--filter", "task_kind:command state:running", "--json"]).json();
        if ps["tasks"].as_array().is_some_and(|tasks| tasks.len() == 2) {
            Ok(())
        } else {
            Err(ps.to_string())
        }
    });
    let call = program.ask("call", &["flush", "--timeout", "1s"]);
    assert_eq!(call.code, FAILED, "{call:?}");
    let says = "all 2 workers are blocked, for up to ";
    assert!(call.errors.starts_with("taskscope: flush waits: ") && call.errors.contains(says), "{call:?}");
    assert!(call.output.starts_with("flush: not begun within 1.00s, and taken back: "), "{call:?}");
    assert!(call.output.contains(says), "{call:?}");
    // Values need no worker.
    assert_eq!(program.value("connections")["text"], "9 of 16 free");
    assert_eq!(program.value("pages")["text"], "12 to write, 0 written", "nothing was flushed");
    for process in &mut blocking {
        assert!(process.ended().is_none(), "it waits for its answer");
    }
}

#[test]
fn values_are_reckoned_apart_and_a_slow_one_is_not_waited_for() {
    let program = Program::new();
    let values = program.ask("values", &["--timeout", "300ms", "--json"]);
    assert_eq!(values.code, FAILED, "{values:?}");
    let values: Value = serde_json::from_str(&values.output).expect("it is JSON all the same");
    let of = |at: usize, key: &str| values["values"][at][key].clone();
    assert_eq!(["backup", "connections", "pages"].map(Value::from), [0, 1, 2].map(|at| of(at, "name")));
    assert_eq!((of(0, "outcome"), of(1, "outcome")), ("still_running".into(), "returned".into()));
    assert_eq!(of(1, "text"), "9 of 16 free");
    let again = program.ask("values", &["backup"]);
    assert!(again.output.contains("still being reckoned"), "no second thread hangs in it: {again:?}");
    let two = program.ask("values", &["pages", "nothing"]);
    assert_eq!(two.code, WRONG_USE, "{two:?}");
    assert!(two.output.contains("12 to write, 0 written") && two.output.contains("no such value"), "{two:?}");
}

#[test]
fn what_may_only_look_may_not_ask_for_these() {
    let place = Place::new();
    let address = free_address();
    let program =
        Process::ready(place.command(example("commands")).env("TASKSCOPE_LISTEN", address.to_string()));
    let target = format!("tcp://{address}");
    until("an open port", || {
        std::net::TcpStream::connect(address).map(drop).map_err(|error| error.to_string())
    });
    assert_eq!(place.taskscope(&["commands", &target]).code, 0, "one may look which there are");
    for asked in [&["call", &target, "flush"][..], &["values", &target], &["signal", &target, "TERM"]] {
        let ran = place.taskscope(asked);
        assert!(ran.error(NOT_PERMITTED).contains("TASKSCOPE_RIGHTS"), "{asked:?}: {ran:?}");
    }
    drop(program);
    let program = Process::ready(
        place
            .command(example("commands"))
            .env("TASKSCOPE_LISTEN", address.to_string())
            .env("TASKSCOPE_RIGHTS", "read,control"),
    );
    let call = until("an answer", || {
        let call = place.taskscope(&["call", &target, "flush"]);
        if call.code == NOT_FOUND { Err(format!("{call:?}")) } else { Ok(call) }
    });
    assert_eq!(call.output, "12 pages written\n", "{call:?}");
    let signal = place.taskscope(&["signal", &target, "TERM"]);
    assert_eq!(signal.code, 0, "{signal:?}");
    assert_eq!(program.wait().code, 0, "it ends as SIGTERM makes it");
}

#[test]
fn a_program_without_any_says_so() {
    let place = Place::new();
    let program = place.start(example("commands"), &["--healthy"]);
    let target = program.target();
    let commands = place.taskscope(&["commands", &target]);
    assert!(commands.output.contains("offers no commands"), "{commands:?}");
    let values = place.taskscope(&["values", &target]);
    assert!(values.output.contains("offers no values"), "{values:?}");
    let call = place.taskscope(&["call", &target, "flush"]);
    assert!(call.error(WRONG_USE).contains("it offers none"), "{call:?}");
}

#[test]
fn signals_go_to_the_program_that_is_meant() {
    let program = Program::new();
    let wrong = program.ask("signal", &["TERMINATE"]);
    assert!(wrong.error(WRONG_USE).contains("`TERMINATE` is no signal"), "{wrong:?}");
    let none = program.place.taskscope(&["signal", "4000000", "TERM"]);
    none.error(NOT_FOUND);
    let pid = program.process.pid();
    let stopped = program.ask("signal", &["stop"]);
    assert_eq!(stopped.output, format!("sent SIGSTOP to commands (pid {pid})\n"), "{stopped:?}");
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next())
    };
    until("it to stop", || if state() == Some('T') { Ok(()) } else { Err(format!("{:?}", state())) });
    // Where nobody answers, what listens is still the program. By its socket: the list asks who is there.
    let socket = program.place.socket(pid);
    let socket = socket.to_str().expect("temp folders have plain names");
    let went_on = program.place.taskscope(&["signal", socket, "SIGCONT", "--json"]).json();
    let sent = |program: Value, signal: &str, number: i32| json!({ "process": { "pid": pid, "program": program }, "signal": signal, "number": number });
    assert_eq!(went_on, sent(Value::Null, "SIGCONT", 18), "what is stopped does not tell its name");
    until("it to go on", || if state() == Some('T') { Err("it is stopped".to_owned()) } else { Ok(()) });
    let ended = program.ask("signal", &["15", "--json"]).json();
    assert_eq!(ended, sent("commands".into(), "SIGTERM", 15));
    assert_eq!(program.process.wait().code, 0);
    let gone = program.place.taskscope(&["signal", &program.target, "TERM"]);
    gone.error(NOT_FOUND);
}

#[test]
fn who_hangs_up_does_not_stop_a_command() {
    let program = Program::new();
    let call = Process::begin(&mut program.command("call", &["rebuild", "300"]));
    until("it to run", || {
        let ps = program.ask("ps", &["--filter", "task_kind:command", "--json"]).json();
        if ps["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()) {
            Ok(())
        } else {
            Err(ps.to_string())
        }
    });
    let pid = Pid::from_raw(call.pid() as i32).expect("it has a number");
    kill_process(pid, Signal::INT).expect("it is our child");
    call.wait();
    until("its end", || {
        let ps = program.ask("ps", &["--ended", "--filter", "name:rebuild", "--json"]).json();
        if ps["tasks"][0]["outcome"] == "completed" { Ok(()) } else { Err(ps.to_string()) }
    });
}
