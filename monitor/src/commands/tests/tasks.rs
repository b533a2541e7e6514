//! `where` and `cancel` on a program whose tasks are wrapped, and on one whose tasks are not.

use super::{error, fake, run, run_on};
use crate::exit::Exit;
use crate::fake::FakeAgent;
use crate::print::Look;
use taskscope_model::hello::Rights;

fn orders() -> FakeAgent {
    FakeAgent::order_server(Rights::ALL)
}

#[test]
fn where_as_text() {
    let agent = orders();
    for (task, what) in [
        ("20", "where_it_waits"),
        ("21", "where_its_stack_tells"),
        ("22", "where_it_runs"),
        ("32", "where_it_was_cancelled"),
        ("33", "where_it_panicked"),
        ("34", "where_it_failed"),
        ("24", "where_of_a_plain_task"),
        ("main", "where_of_the_root"),
    ] {
        insta::assert_snapshot!(what, run(&["where", agent.path(), task]));
    }
    insta::assert_snapshot!("where_with_stack", run(&["where", agent.path(), "20", "--stack"]));
    let look = Look { terminal: Some((60, 24)), colour: false };
    let (text, _) = run_on(&["where", agent.path(), "33"], look);
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
}

#[test]
fn where_as_json() {
    let agent = orders();
    for (task, what) in [("20", "json_where"), ("32", "json_where_ended"), ("33", "json_where_panicked")] {
        let json = run(&["where", agent.path(), task, "--json"]).replace(",\"", ",\n\"");
        insta::assert_snapshot!(what, json);
    }
}

#[test]
fn who_may_only_look_is_told_so() {
    let agent = FakeAgent::order_server(Rights::READ);
    let text = run(&["where", agent.path(), "21"]);
    assert!(text.contains("this connection may only look"), "{text}");
    assert!(run(&["where", agent.path(), "20"]).contains("charge"), "what is known is shown");
    let (exit, _) = error(&["where", agent.path(), "21", "--stack"]);
    assert_eq!(exit, Exit::NotPermitted, "it was asked for");
    let (exit, message) = error(&["cancel", agent.path(), "21"]);
    assert_eq!((exit, message.as_str()), (Exit::NotPermitted, "this connection may only look"));
}

#[test]
fn a_recording_has_no_one_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it");
    std::fs::write(&file, fake::recording()).unwrap();
    let file = file.to_str().unwrap();
    assert!(run(&["where", file, "7"]).contains("awaits         not seen: nothing has told where it waits"));
    let (exit, message) = error(&["cancel", file, "7"]);
    assert_eq!((exit, message.as_str()), (Exit::WrongUse, "nothing can be cancelled in a recording"));
}

/// What `cancel` writes, and how it ends.
fn cancel(words: &[&str]) -> (String, Exit) {
    let mut code = 0;
    let text = crate::print::Output::collect(Look::default(), |out| {
        code = super::code(&[&["cancel"], words].concat(), out).unwrap();
    });
    let exits = [Exit::Done, Exit::NotPermitted, Exit::NoSuchTask];
    (text, exits.into_iter().find(|exit| exit.code() == code).unwrap())
}

#[test]
fn cancelling_says_what_became_of_each() {
    let agent = orders();
    let all = ["20", "22", "23", "24", "31", "99", "main"];
    let (text, exit) = cancel(&[&[agent.path()], &all[..]].concat());
    insta::assert_snapshot!("cancel", text);
    assert_eq!(exit, Exit::NoSuchTask, "the worst of them");
    let (json, _) = cancel(&[&[agent.path()], &all[..], &["--json"]].concat());
    insta::assert_snapshot!("json_cancel", json.replace("{\"id\"", "\n{\"id\""));
}

#[test]
fn each_task_has_its_exit_code() {
    let agent = orders();
    for (task, exit, part) in [
        ("20", Exit::Done, "20  cancelled\n"),
        ("22", Exit::Done, "22  still running: in a poll for 2.00s, and stops when that ends\n"),
        ("23", Exit::NotPermitted, "cannot cancel 23: it runs on a blocking thread"),
        ("24", Exit::NotPermitted, "keeps its handle; spawn it with taskscope_agent::spawn\n"),
        ("31", Exit::NoSuchTask, "31  has ended: cancelled, 10.0s ago\n"),
        ("99", Exit::NoSuchTask, "99  no such task: no live task 99\n"),
    ] {
        let (text, actual) = cancel(&[agent.path(), task]);
        assert_eq!(actual, exit, "{text}");
        assert!(text.starts_with("order_server (pid 4711)\n") && text.contains(part), "{text}");
    }
}

#[test]
fn ten_thousand_are_cancelled_in_pieces() {
    let agent = orders();
    let ids: Vec<String> = (1_000..11_000).map(|id: u32| id.to_string()).collect();
    let words: Vec<&str> = [agent.path()].into_iter().chain(ids.iter().map(String::as_str)).collect();
    let (text, exit) = cancel(&words);
    assert_eq!((text.lines().count(), exit), (10_001, Exit::NoSuchTask));
}

#[test]
fn what_is_no_task_is_wrong_use() {
    let agent = orders();
    for words in [
        &["where", agent.path(), "seven"][..],
        &["where", agent.path(), "07"],
        &["where", agent.path(), "7", "8"],
        &["cancel", agent.path(), "-7"],
        &["cancel", agent.path(), "20", "x"],
        &["where"],
        &["cancel"],
    ] {
        let (exit, message) = error(words);
        assert_eq!(exit, Exit::WrongUse, "{words:?}: {message}");
    }
    let (exit, message) = error(&["where", agent.path(), "99"]);
    assert_eq!(exit, Exit::NoSuchTask);
    assert!(message.starts_with("there is no task 99 in order_server (pid 4711)"), "{message}");
}
