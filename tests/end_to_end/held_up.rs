//! What holds up a worker is named while it does, and what holds up nobody is not.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use taskscope_tests::{Place, Process, example, example_as_deployed, marked_lines, scenario, until};

/// The findings of warning and above now.
#[track_caller]
fn findings(place: &Place, program: &Process) -> Vec<Value> {
    let told = place.taskscope(&["findings", &program.target(), "--min", "warning", "--json"]).json();
    told["findings"].as_array().cloned().unwrap_or_default()
}

fn kinds(findings: &[Value]) -> BTreeSet<String> {
    findings.iter().filter_map(|finding| finding["kind"].as_str()).map(str::to_owned).collect()
}

/// The kinds of a poll that has lasted for more than a second.
fn blocked() -> BTreeSet<String> {
    BTreeSet::from(["slow_poll".to_owned(), "blocked_worker".to_owned()])
}

/// The lines whose mark has a word in its list.
#[track_caller]
fn lines_marked(file: &str, word: &str) -> Vec<u64> {
    let marked = marked_lines(file).into_iter();
    marked.filter(|(marks, _)| marks.split(", ").any(|mark| mark == word)).map(|(_, line)| line).collect()
}

/// Each is at a line that is marked with its kind.
#[track_caller]
fn are_at_marked_lines(findings: &[Value], file: &str) {
    for finding in findings {
        let kind = finding["kind"].as_str().expect("a finding has a kind");
        let (at, line) = (&finding["location"]["file"], &finding["location"]["line"]);
        let marked = lines_marked(file, kind);
        assert!(
            *at == *file && marked.iter().any(|marked| *line == *marked),
            "{kind}, marked at {marked:?}: {finding}"
        );
    }
}

/// What an example is to be found doing.
struct Culprit {
    name: &'static str,
    /// In every message.
    words: &'static str,
    /// In the stack, with the line.
    function: &'static str,
}

const SLEEPY: Culprit =
    Culprit { name: "sleepy", words: "std::thread::sleep", function: "sleepy::ask_the_old_system" };
const CPU_HOG: Culprit = Culprit { name: "cpu_hog", words: "computes", function: "cpu_hog::primes_in" };
const STD_MUTEX: Culprit = Culprit { name: "std_mutex", words: "Mutex", function: "std_mutex::look_up" };
const DISK_READ: Culprit =
    Culprit { name: "disk_read", words: "std::fs", function: "disk_read::load_settings" };
const BLOCKED_ROOT: Culprit = Culprit {
    name: "blocked_root",
    words: "main waits in std::thread::sleep",
    function: "blocked_root::write_report",
};
const DNS: Culprit = Culprit { name: "dns", words: "DNS", function: "dns::find" };

impl Culprit {
    /// Exactly this is found, at the marked lines, while the poll lasts.
    #[track_caller]
    fn is_caught(&self, place: &Place, program: &Process) {
        let file = format!("examples/{}.rs", self.name);
        let found = until("its findings", || {
            let found = findings(place, program);
            // Until the names have been read, which takes long in a large program without optimization, it says where
            // the task was spawned.
            let is_named = |finding: &Value| !finding["message"].to_string().contains("(spawned at");
            let is_all = kinds(&found) == blocked() && found.iter().all(is_named);
            if is_all { Ok(found) } else { Err(format!("{found:?}")) }
        });
        are_at_marked_lines(&found, &file);
        for finding in &found {
            let message = finding["message"].as_str().unwrap_or_default();
            let evidence = finding["evidence"].to_string();
            assert!(message.contains(self.words) && evidence.contains(self.function), "{finding}");
        }
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[track_caller]
    fn is_caught_in(&self, program: &Path) {
        let place = Place::new();
        let program = place.start(program, &[]);
        self.is_caught(&place, &program);
        assert_eq!(program.terminate().errors, "");
    }
}

#[test]
fn a_sleep() {
    SLEEPY.is_caught_in(example(SLEEPY.name));
}

#[test]
fn a_computation() {
    CPU_HOG.is_caught_in(example(CPU_HOG.name));
}

#[test]
fn a_lock() {
    STD_MUTEX.is_caught_in(example(STD_MUTEX.name));
}

#[test]
fn a_read_from_disk() {
    DISK_READ.is_caught_in(example(DISK_READ.name));
}

#[test]
fn the_root_on_the_only_thread() {
    BLOCKED_ROOT.is_caught_in(example(BLOCKED_ROOT.name));
}

/// Optimized, inlined, without frame pointers.
#[test]
fn as_deployed() {
    for culprit in [SLEEPY, STD_MUTEX, CPU_HOG] {
        culprit.is_caught_in(&example_as_deployed(culprit.name));
    }
}

#[test]
#[ignore = "builds further examples: .ci/run --full"]
fn as_deployed_the_others() {
    for culprit in [DISK_READ, BLOCKED_ROOT] {
        culprit.is_caught_in(&example_as_deployed(culprit.name));
    }
    is_caught_without_a_name_service(&example_as_deployed(DNS.name));
}

/// Nothing is left of its names and lines.
#[test]
fn stripped() {
    let place = Place::new();
    let program = place.path().join("stripped");
    std::fs::copy(example_as_deployed("sleepy"), &program).expect("it can be copied");
    let status =
        Command::new("strip").arg(&program).status().expect("where there is a linker there is strip");
    assert!(status.success());
    let program = place.start(&program, &[]);
    let found = until("its findings", || {
        let found = findings(&place, &program);
        if kinds(&found) == blocked() { Ok(found) } else { Err(format!("{found:?}")) }
    });
    for finding in &found {
        let evidence = finding["evidence"].as_array().expect("it has a stack");
        let offset = |line: &&Value| line.as_str().is_some_and(|line| line.starts_with("stripped+0x"));
        assert!(evidence.iter().filter(offset).count() >= 3, "{finding}");
        let spawned = lines_marked("examples/sleepy.rs", "spawn");
        assert!(finding["location"]["line"].as_u64().is_some_and(|line| line <= spawned[0]), "{finding}");
    }
}

/// Runs a command where the only name service is one of this machine's own.
fn with_own_name_service(place: &Place) -> Command {
    std::fs::write(place.path().join("resolv.conf"), "nameserver 127.0.0.1\n").expect("the folder is ours");
    let mut command = place.command("unshare".as_ref());
    command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c"]);
    command.args(["ip link set lo up && mount --bind resolv.conf /etc/resolv.conf && exec \"$@\"", "sh"]);
    command
}

#[track_caller]
fn is_caught_without_a_name_service(program: &Path) {
    let place = Place::new();
    if with_own_name_service(&place).arg("true").status().is_ok_and(|status| !status.success()) {
        // Where namespaces are forbidden no name service can be made to be silent.
        return;
    }
    let program = Process::ready(with_own_name_service(&place).arg(program).arg("--silent-server"));
    DNS.is_caught(&place, &program);
}

#[test]
fn a_name_service_that_does_not_answer() {
    is_caught_without_a_name_service(example(DNS.name));
}

#[test]
fn a_blocking_pool_that_is_full() {
    let place = Place::new();
    let program = place.start(example("blocking_pool"), &[]);
    let found = until("its finding", || {
        let found = findings(&place, &program);
        if found.is_empty() { Err("none".to_owned()) } else { Ok(found) }
    });
    assert_eq!(kinds(&found), BTreeSet::from(["blocking_pool_full".to_owned()]));
    assert!(
        found[0]["message"].as_str().is_some_and(|message| message.contains("all 4 are busy")),
        "{found:?}"
    );
    let threads = stacktrace(&place, &program);
    let own = |thread: &&Value| {
        frames(thread).iter().any(|frame| frame["function"] == "blocking_pool::listen::{{closure}}")
    };
    assert_eq!(threads.iter().filter(own).count(), 4, "{threads:?}");
}

fn stacktrace(place: &Place, program: &Process) -> Vec<Value> {
    let told = place.taskscope(&["stacktrace", &program.target(), "--json"]).json();
    told["threads"].as_array().cloned().unwrap_or_default()
}

fn frames(thread: &Value) -> &[Value] {
    thread["frames"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn the_stacks_of_all_threads() {
    let place = Place::new();
    let program = place.start(example("sleepy"), &[]);
    let sleeping = until("a sleeping worker", || {
        let threads = stacktrace(&place, &program);
        let sleeping = threads
            .iter()
            .find(|thread| thread["call"] == "clock_nanosleep" && thread["task"] != Value::Null);
        sleeping.cloned().ok_or_else(|| format!("{threads:?}"))
    });
    assert_eq!((&sleeping["complete"], sleeping["worker"].is_u64()), (&json!(true), true), "{sleeping}");
    let own: Vec<_> = frames(&sleeping).iter().filter(|frame| frame["origin"] == "user").collect();
    let functions: Vec<_> = own.iter().filter_map(|frame| frame["function"].as_str()).collect();
    let functions: Vec<_> = functions.iter().map(|name| name.trim_end_matches("::{{closure}}")).collect();
    assert_eq!(
        functions,
        ["sleepy::ask_the_old_system", "sleepy::look_up_user", "sleepy::handle_request", "sleepy::main"]
    );
    assert_eq!(own[0]["line"], lines_marked("examples/sleepy.rs", "slow_poll")[0]);
}

/// For some seconds there is nothing of warning or above. What has been there is remembered by the program.
#[track_caller]
fn stays_silent(place: &Place, program: &Process) {
    let checked = place.taskscope(&["check", &program.target(), "--for", "3s"]);
    assert_eq!(checked.code, 0, "{}", checked.output);
}

/// What each example is without its fault. They run side by side: none waits for a processor for long.
#[test]
fn healthy_ones() {
    let place = Place::new();
    let names = [
        "sleepy",
        "std_mutex",
        "disk_read",
        "blocked_root",
        "dns",
        "blocking_pool",
        "block_in_place",
        "cpu_hog",
    ];
    let programs = names.map(|name| place.start(example(name), &["--healthy"]));
    stays_silent(&place, &programs[0]);
    for program in programs {
        assert_eq!(findings(&place, &program), Vec::<Value>::new());
        assert_eq!(program.terminate().errors, "");
    }
}

#[test]
fn a_worker_that_was_handed_over() {
    let place = Place::new();
    let program = place.start(example("block_in_place"), &[]);
    stays_silent(&place, &program);
}

/// Polls that are nearly slow, in one way or another: `scenario nearly-slow WAY` says how.
#[track_caller]
fn is_only_nearly_slow(way: &str) {
    let place = Place::new();
    let program = place.start(scenario(), &["nearly-slow", way]);
    nothing_is_slow(&place, &program);
}

/// For some seconds no poll is. That the task of a poll without a processor does not yield may be noticed.
#[track_caller]
fn nothing_is_slow(place: &Place, program: &Process) {
    place.taskscope(&["check", &program.target(), "--for", "3s"]);
    let found = findings(place, program);
    assert!(kinds(&found).is_disjoint(&blocked()), "{found:?}");
}

#[test]
fn polls_just_under_the_limit() {
    is_only_nearly_slow("short");
}

#[test]
fn a_program_that_gets_no_processor() {
    is_only_nearly_slow("niced");
}

#[test]
fn a_program_that_is_stopped_and_goes_on() {
    is_only_nearly_slow("stopped");
}

#[test]
fn a_program_that_a_debugger_stops() {
    let place = Place::new();
    let program = place.start(scenario(), &["nearly-slow", "short"]);
    for _ in 0..2 {
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-p", &program.target()]);
        gdb.args(["-ex", "shell sleep 0.5", "-ex", "info threads", "-ex", "detach"]);
        match gdb.output() {
            // Where there is no debugger, or none is allowed to attach, nobody is stopped by one.
            Ok(ran) if !String::from_utf8_lossy(&ran.stdout).contains("tokio-") => return,
            Ok(_) => {}
            Err(_) => return,
        }
    }
    nothing_is_slow(&place, &program);
}

#[test]
fn no_call_is_interrupted_and_no_signal_taken() {
    let place = Place::new();
    let program = place.start(scenario(), &["interrupted"]);
    let slow: Vec<_> =
        findings(&place, &program).into_iter().filter(|finding| finding["kind"] == "slow_poll").collect();
    assert!(slow.len() >= 9, "each call was looked at: {slow:?}");
    let ran = program.terminate();
    assert!(!ran.output.contains("interrupted"), "{}", ran.output);
    for signal in ["10", "38"] {
        assert!(ran.output.contains(&format!("own signal {signal} was seen each time")), "{}", ran.output);
    }
}
