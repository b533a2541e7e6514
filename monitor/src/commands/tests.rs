//! Whole commands, from the command line to the text, against a program that speaks the protocol.

mod diagnosis;
mod resources;
mod shapes;
mod stacks;
mod tasks;

use crate::cli::{self, Cli};
use crate::exit::{self, Exit};
use crate::fake::{self, FakeAgent, Script};
use crate::print::{Look, Output};
use clap::Parser as _;
use taskscope_model::frame;
use taskscope_model::hello::{Refusal, Refused, Rights};

/// Runs a command line; gives what it wrote, and how it ended.
fn run_on(words: &[&str], look: Look) -> (String, Result<(), (Exit, String)>) {
    let mut result = Ok(());
    let text = Output::collect(look, |out| result = run_into(words, out));
    (text, result)
}

fn run_into(words: &[&str], out: &mut Output) -> Result<(), (Exit, String)> {
    code(words, out).map(drop)
}

/// The same with the exit code of a command that was carried out.
fn code(words: &[&str], out: &mut Output) -> Result<u8, (Exit, String)> {
    match Cli::try_parse_from(["taskscope"].iter().chain(words)) {
        Ok(cli) => crate::run(cli, out).map_err(|error| (exit::code_of(&error), format!("{error:#}"))),
        Err(error) => Err((Exit::WrongUse, cli::in_one_line(&error))),
    }
}

fn run(words: &[&str]) -> String {
    let (text, result) = run_on(words, Look::default());
    assert_eq!(result, Ok(()), "{words:?}");
    text
}

fn error(words: &[&str]) -> (Exit, String) {
    let (text, result) = run_on(words, Look::default());
    assert_eq!(text, "", "{words:?} writes nothing where it fails");
    let (exit, message) = result.unwrap_err();
    assert!(!message.contains('\n'), "one line: {message}");
    (exit, message)
}

/// JSON with a task, worker or group a line.
fn by_line(json: &str) -> String {
    json.replace("{\"id\"", "\n{\"id\"")
        .replace("{\"tasks\":", "\n{\"tasks\":")
        .replace("{\"worker\"", "\n{\"worker\"")
}

#[test]
fn ps_as_text() {
    let agent = FakeAgent::echo_server();
    insta::assert_snapshot!("ps", run(&["ps", agent.path()]));
    insta::assert_snapshot!("ps_ended", run(&["ps", agent.path(), "--ended", "--sort", "busy"]));
    insta::assert_snapshot!("ps_tree", run(&["ps", agent.path(), "--tree", "--filter", "-state:running"]));
    insta::assert_snapshot!("ps_limit", run(&["ps", agent.path(), "--limit", "2", "--sort=polls"]));
    insta::assert_snapshot!("ps_group", run(&["ps", agent.path(), "--group"]));
    let orders = FakeAgent::order_server(Rights::READ);
    insta::assert_snapshot!("ps_of_wrapped_tasks", run(&["ps", orders.path(), "--ended"]));
    insta::assert_snapshot!("ps_group_ended", run(&["ps", agent.path(), "--group=location", "--ended"]));
}

#[test]
fn ps_fits_a_terminal() {
    let agent = FakeAgent::echo_server();
    let look = Look { terminal: Some((80, 24)), colour: false };
    let (text, result) = run_on(&["ps", agent.path(), "--ended"], look);
    assert_eq!(result, Ok(()));
    insta::assert_snapshot!("ps_80_columns", text);
}

#[test]
fn an_empty_table_says_why() {
    let agent = FakeAgent::echo_server();
    let last = |words: &[&str]| run(words).lines().last().unwrap().to_owned();
    assert_eq!(
        last(&["ps", agent.path(), "-f", "nothing"]),
        "no live task matches `nothing`; --ended looks among ended ones too"
    );
    assert_eq!(last(&["ps", agent.path(), "-f", "nothing", "--ended"]), "no task matches `nothing`");
    assert_eq!(
        last(&["ps", agent.path(), "-f", "-id:0 nothing", "--group"]),
        last(&["ps", agent.path(), "-f", "-id:0 nothing"])
    );
}

#[test]
fn json_is_as_promised() {
    let agent = FakeAgent::echo_server();
    insta::assert_snapshot!("json_ps", by_line(&run(&["ps", agent.path(), "--json", "--ended"])));
    insta::assert_snapshot!("json_ps_group", by_line(&run(&["ps", agent.path(), "--json", "--group"])));
    insta::assert_snapshot!("json_runtime", by_line(&run(&["runtime", agent.path(), "--json"])));
    insta::assert_snapshot!("json_doctor", run(&["doctor", agent.path(), "--json"]));
}

#[test]
fn the_other_reading_commands_as_text() {
    let agent = FakeAgent::echo_server();
    insta::assert_snapshot!("runtime", run(&["runtime", agent.path()]));
    insta::assert_snapshot!("doctor", run(&["doctor", agent.path()]));
}

#[test]
fn a_recording_reads_like_the_program() {
    let agent = FakeAgent::echo_server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it.recording");
    std::fs::write(&file, fake::recording()).unwrap();
    let file = file.to_str().unwrap();
    for command in [&["ps", "--json", "--ended"][..], &["runtime", "--json"], &["doctor", "--json"]] {
        let of = |target| run(&[command, &[target]].concat());
        assert_eq!(of(file), of(agent.path()), "{command:?}");
    }
    assert!(run(&["ps", file]).starts_with("recording of echo_server (pid 4711): 5 tasks alive"));
    assert_eq!(run(&["ps", file, "--watch"]), run(&["ps", file]), "a recording is shown once");
}

#[test]
fn a_recording_that_was_cut_off_is_read_up_to_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut");
    let whole = fake::recording();
    std::fs::write(&file, &whole[..whole.len() - 3]).unwrap();
    let text = run(&["ps", file.to_str().unwrap()]);
    assert!(text.contains("src/server.rs:88"), "{text}");
}

#[test]
fn the_program_is_asked_only_for_what_is_shown() {
    let agent = FakeAgent::echo_server();
    let asked = |options: &[&str]| {
        run(&[&["ps", agent.path()], options].concat());
        agent.asked().unwrap()
    };
    let plain = asked(&["--limit", "50", "--sort", "busy", "--reverse", "-f", "polls>1"]);
    assert_eq!((plain.limit, plain.sort.as_str(), plain.reverse), (50, "busy", true));
    assert_eq!((plain.query.as_str(), plain.once, plain.ended, plain.totals), ("polls>1", true, false, true));
    for options in [&["--tree", "--limit", "50", "--sort", "busy"][..], &["--group", "--limit", "50"]] {
        let all = asked(options);
        assert_eq!((all.limit, all.sort.as_str()), (0, ""), "{options:?} needs every task");
    }
    assert!(asked(&["--ended"]).ended);
}

#[test]
fn watching_ends_with_the_program() {
    let agent = FakeAgent::start(Script::ServeAndEnd { goodbye: true });
    let text = run(&["ps", agent.path(), "--watch"]);
    assert!(text.ends_with("echo_server (pid 4711) has ended\n"), "{text}");
    let lines = run(&["ps", agent.path(), "--watch", "--json"]);
    assert!(lines.lines().count() >= 1 && lines.lines().all(|line| line.starts_with("{\"process\":")));

    let agent = FakeAgent::start(Script::ServeAndEnd { goodbye: false });
    let (text, result) = run_on(&["ps", agent.path(), "--watch"], Look::default());
    assert!(text.starts_with("echo_server (pid 4711): 5 tasks"), "{text}");
    let (exit, message) = result.unwrap_err();
    assert_eq!(exit, Exit::NotFound);
    assert!(message.starts_with("echo_server (pid 4711) is gone without goodbye"), "{message}");
}

#[test]
fn wrong_use_is_exit_2() {
    let agent = FakeAgent::echo_server();
    for (words, part) in [
        (&["ps", agent.path(), "--filter", "ok buzy>5ms"][..], "wrong query at column 4: `buzy` is no key"),
        (&["ps", agent.path(), "--sort", "buzy"], "`buzy` is no sort key; there are id, name"),
        (
            &["ps", agent.path(), "--group", "--sort", "idle_ns"],
            "`idle_ns` is no sort key of groups; there are tasks",
        ),
        (&["ps", agent.path(), "--limit", "0"], "invalid value '0' for '--limit <N>'"),
        (&["ps", "--nonsense"], "unexpected argument '--nonsense' found"),
        (&["completions"], "required arguments were not provided: <SHELL>"),
        (&["ps", "tcp://localhost"], "write tcp://HOST:PORT"),
        (&["ps", "https://127.0.0.1:6669"], "console-subscriber serves no TLS"),
        (&["ps", "http://127.0.0.1"], "write http://HOST:PORT"),
        (&["ps", "tcp://localhost:1", "--token-file", "/nonexistent/token"], "cannot read the token file"),
    ] {
        let (exit, message) = error(words);
        assert_eq!(exit, Exit::WrongUse, "{words:?}: {message}");
        assert!(message.contains(part), "{words:?}: {message}");
    }
}

#[test]
fn what_cannot_be_attached_to_says_why() {
    let refuse = |refused, message: &str| {
        let refusal = Refusal { refused, message: message.to_owned() };
        Script::Say(frame::preamble(&refusal).unwrap())
    };
    let mut newer = frame::preamble(&fake::hello()).unwrap();
    newer[8..12].copy_from_slice(&[9, 0, 9, 0]);
    for (script, exit, part) in [
        (Script::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Exit::NotFound, "is no taskscope agent"),
        (Script::Say(frame::preamble(&"what?").unwrap()), Exit::NotFound, "its first words make no sense"),
        (Script::Close, Exit::NotFound, "without a word"),
        (Script::Say(newer), Exit::Versions, "speaks version 9 and newer"),
        (refuse(Refused::NotPermitted, "no token\nwas given"), Exit::NotPermitted, "no token was given"),
        (refuse(Refused::Version, "too old"), Exit::Versions, "too old"),
        (refuse(Refused::Busy, "64 clients"), Exit::NotFound, "64 clients; close another monitor"),
    ] {
        let agent = FakeAgent::start(script);
        let (actual, message) = error(&["ps", agent.path()]);
        assert_eq!(actual, exit, "{message}");
        assert!(message.contains(part) && message.contains(agent.path()), "{message}");
    }
}

#[test]
fn targets_that_are_not_there_are_exit_3() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    drop(std::os::unix::net::UnixListener::bind(at("left")).unwrap());
    std::fs::write(at("text"), "no recording at all").unwrap();
    std::fs::write(at("empty"), "").unwrap();
    for (target, part) in [
        (at("nothing"), "No such file"),
        (at("left"), "nobody listens at"),
        (at("text"), "the file is not a recording"),
        (at("empty"), "ends before its first words do"),
        (at(""), "neither a socket nor a recording"),
        (u32::MAX.to_string(), "there is no process 4294967295"),
        ("no-such-program".to_owned(), "no live tokio program is called `no-such-program`"),
    ] {
        let (exit, message) = error(&["ps", &target]);
        assert_eq!(exit, Exit::NotFound, "{message}");
        assert!(message.contains(part), "{target}: {message}");
    }
}

#[test]
fn completions_ask_at_each_tab() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("TASKSCOPE_COMPLETE") && script.contains("taskscope"), "{shell}: {script}");
    }
}
