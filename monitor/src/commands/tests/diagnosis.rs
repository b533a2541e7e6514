//! `findings` and `check`.

use super::{code, error, fake, run};
use crate::exit::Exit;
use crate::fake::{FakeAgent, Script};
use crate::print::{Look, Output};
use taskscope_model::hello::Rights;

fn check(words: &[&str]) -> (String, u8) {
    let mut exit = 0;
    let text = Output::collect(Look::default(), |out| {
        exit = code(&[&["check"], words].concat(), out).unwrap();
    });
    (text, exit)
}

#[test]
fn a_healthy_program_has_no_findings() {
    let agent = FakeAgent::echo_server();
    let text = run(&["findings", agent.path()]);
    assert!(
        text.starts_with("echo_server (pid 4711): 5 tasks alive") && text.ends_with("\nno findings\n"),
        "{text}"
    );
    let json = run(&["findings", agent.path(), "--json"]);
    assert!(json.starts_with(r#"{"process":{"pid":4711,"program":"echo_server"},"coverage":{"#), "{json}");
    assert!(json.ends_with("\"findings\":[]}\n"), "{json}");
    let asked = agent.asked().unwrap();
    assert!(asked.totals && asked.ended && asked.limit == 0, "{asked:?}");
    assert_eq!(check(&[agent.path(), "--for", "50ms"]).1, Exit::Done.code());
}

#[test]
fn findings_are_listed_worst_first() {
    let agent = FakeAgent::order_server(Rights::ALL);
    insta::assert_snapshot!("findings", run(&["findings", agent.path()]));
    let json = run(&["findings", agent.path(), "--json", "--min", "error"]);
    insta::assert_snapshot!("json_findings", json.replace(",\"", ",\n\""));
    let head = run(&["ps", agent.path()]);
    assert!(
        head.starts_with("order_server (pid 4711): 5 tasks alive; 2 findings (taskscope findings);"),
        "{head}"
    );
}

#[test]
fn a_check_fails_on_what_was_found() {
    let agent = FakeAgent::order_server(Rights::ALL);
    for (options, exit) in [
        (&[][..], Exit::Found),
        (&["--fail-on", "error"], Exit::Found),
        (&["--fail-on", "info"], Exit::Found),
    ] {
        let (text, code) = check(&[&[agent.path(), "--for", "50ms"], options].concat());
        assert_eq!(code, exit.code(), "{options:?}: {text}");
        assert!(text.contains("no such card") && text.trim_end().ends_with(" this check"), "{text}");
    }
    let agent = FakeAgent::start(Script::Serve(Box::new(fake::hello()), fake::cancelled_only()));
    let (_, code) = check(&[agent.path(), "--for", "50ms"]);
    assert_eq!(code, Exit::Done.code(), "what is worth knowing fails no check");
    for options in [&["--fail-on", "info"][..], &["--fail-on-kind", "panic_unseen,cancelled"]] {
        let (text, code) = check(&[&[agent.path(), "--for", "50ms"], options].concat());
        assert_eq!(code, Exit::Found.code(), "{text}");
        assert!(text.ends_with("1 finding fails this check\n"), "{text}");
    }
}

#[test]
fn a_check_ends_with_the_program_or_the_time() {
    let agent = FakeAgent::start(Script::ServeAndEnd { goodbye: true });
    let (text, exit) = check(&[agent.path(), "--for", "1h"]);
    assert_eq!((exit, text.lines().last()), (Exit::Done.code(), Some("no findings")));
    let agent = FakeAgent::start(Script::ServeAndEnd { goodbye: false });
    let (exit, message) = error(&["check", agent.path(), "--for", "1h"]);
    assert_eq!(exit, Exit::NotFound, "{message}");
}

#[test]
fn following_ends_with_the_program() {
    let agent = FakeAgent::start(Script::ServeAndEnd { goodbye: true });
    let text = run(&["findings", agent.path(), "--follow"]);
    assert!(text.ends_with("no findings\necho_server (pid 4711) has ended\n"), "{text}");
}

#[test]
fn a_recording_is_checked_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it");
    std::fs::write(&file, fake::recording()).unwrap();
    assert_eq!(check(&[file.to_str().unwrap(), "--for", "1h"]).1, Exit::Done.code());
}

#[test]
fn what_fails_a_check_has_a_name() {
    let agent = FakeAgent::echo_server();
    for (words, part) in [
        (&["check", agent.path(), "--fail-on", "fatal"][..], "invalid value 'fatal'"),
        (&["check", agent.path(), "--fail-on-kind", "panic"], "invalid value 'panic'"),
        (&["check", agent.path(), "--for", "5"], "a duration is a number and a unit"),
        (&["check"], "<TARGET>"),
        (&["findings", agent.path(), "--min", "0"], "invalid value '0'"),
    ] {
        let (exit, message) = error(words);
        assert_eq!(exit, Exit::WrongUse);
        assert!(message.contains(part), "{message}");
    }
}
