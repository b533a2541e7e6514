//! What holds up a worker is named while it does, and what holds up nobody is not.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use taskscope_tests::{Place, Process, example, marked_lines, scenario, until};

/// The findings of warning and above now.
#[track_caller]
fn findings(place: &Place, program: &Process) -> Vec<Value> {
    let told = place.taskscope(&["findings", &program.target(), "--min", "warning", "--json"]).json();
    told["findings"].as_array().cloned().unwrap_or_default()
}

fn kinds(findings: &[Value]) -> BTreeSet<String> {
    findings.iter().filter_map(|finding| finding["kind"].as_str()).map(str::to_owned).collect()
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

/// An example's worker is blocked: exactly these are found, at the marked lines, while the poll lasts.
#[track_caller]
fn is_caught(place: &Place, program: &Process, file: &str, words: &str) {
    let expected = BTreeSet::from(["slow_poll".to_owned(), "blocked_worker".to_owned()]);
    let found = until("its findings", || {
        let found = findings(place, program);
        if kinds(&found) == expected { Ok(found) } else { Err(format!("{found:?}")) }
    });
    are_at_marked_lines(&found, file);
    for finding in &found {
        let message = finding["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(found.len(), 2, "{found:?}");
}

#[track_caller]
fn example_is_caught(name: &str, words: &str) {
    let place = Place::new();
    let program = place.start(example(name), &[]);
    is_caught(&place, &program, &format!("examples/{name}.rs"), words);
    assert_eq!(program.terminate().errors, "");
}

/// For some seconds there is nothing of warning or above.
#[track_caller]
fn is_silent(program: &str, arguments: &[&str]) {
    let place = Place::new();
    let program = place.start(example(program), arguments);
    stays_silent(&place, &program);
    assert_eq!(program.terminate().errors, "");
}

#[track_caller]
fn stays_silent(place: &Place, program: &Process) {
    let checked = place.taskscope(&["check", &program.target(), "--for", "4s"]);
    assert_eq!(checked.code, 0, "{}", checked.output);
}

#[test]
fn a_sleep() {
    example_is_caught("sleepy", "std::thread::sleep");
    is_silent("sleepy", &["--healthy"]);
}

#[test]
fn a_computation() {
    example_is_caught("cpu_hog", "computes");
    is_silent("cpu_hog", &["--healthy"]);
}

#[test]
fn a_lock() {
    example_is_caught("std_mutex", "Mutex");
    is_silent("std_mutex", &["--healthy"]);
}

#[test]
fn a_read_from_disk() {
    example_is_caught("disk_read", "std::fs");
    is_silent("disk_read", &["--healthy"]);
}

#[test]
fn the_root_on_the_only_thread() {
    example_is_caught("blocked_root", "main waits in std::thread::sleep");
    is_silent("blocked_root", &["--healthy"]);
}

/// Runs a command where the only name service is one of this machine's own.
fn with_own_name_service(place: &Place) -> Command {
    std::fs::write(place.path().join("resolv.conf"), "nameserver 127.0.0.1\n").expect("the folder is ours");
    let mut command = place.command("unshare".as_ref());
    command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c"]);
    command.args(["ip link set lo up && mount --bind resolv.conf /etc/resolv.conf && exec \"$@\"", "sh"]);
    command
}

#[test]
fn a_name_service_that_does_not_answer() {
    let place = Place::new();
    if with_own_name_service(&place).arg("true").status().is_ok_and(|status| !status.success()) {
        // Where namespaces are forbidden no name service can be made to be silent.
        return;
    }
    let program = Process::ready(with_own_name_service(&place).arg(example("dns")).arg("--silent-server"));
    is_caught(&place, &program, "examples/dns.rs", "DNS");
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
    drop(program);
    is_silent("blocking_pool", &["--healthy"]);
}

#[test]
fn a_worker_that_was_handed_over() {
    is_silent("block_in_place", &[]);
    is_silent("block_in_place", &["--healthy"]);
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

/// Nearly a slow poll, in one way or another: `scenario nearly-slow WAY` says how.
#[track_caller]
fn is_only_nearly_slow(way: &str) {
    let place = Place::new();
    let program = place.start(scenario(), &["nearly-slow", way]);
    stays_silent(&place, &program);
}

#[test]
fn a_poll_just_under_the_limit() {
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
fn no_call_is_interrupted() {
    let place = Place::new();
    let program = place.start(scenario(), &["interrupted"]);
    let slow = findings(&place, &program);
    assert!(slow.len() >= 5, "the stacks were taken: {slow:?}");
    let ran = program.terminate();
    assert!(!ran.output.contains("interrupted"), "{}", ran.output);
}
