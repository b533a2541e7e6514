//! How a program's end is told.

use std::path::Path;
use taskscope_tests::{
    Client, Place, Process, Ran, Traffic, connect, echo_server, scenario, taskscope, until,
};

const NOT_FOUND: i32 = 3;
const CONNECTIONS: usize = 200;
/// Beyond any buffer between a program and a client, nanoseconds of news.
const BACKLOG: u64 = 2_000_000_000;

/// What `ps --watch` does when the program that it watches ends.
#[track_caller]
fn watched(place: &Place, program: &Path, arguments: &[&str], end: impl Fn(Process) -> Ran) -> Ran {
    let program = place.start(program, arguments);
    let socket = place.socket(program.pid());
    let mut command = place.command(taskscope());
    let watching = Process::begin(command.args(["ps", &program.target(), "--watch", "--json"]));
    until("a line", || if watching.output().contains('\n') { Ok(()) } else { Err(watching.errors()) });
    assert!(socket.exists());
    let ended = end(program);
    assert_eq!(socket.exists(), ended.code < 0, "only who is killed cleans up nothing");
    let ran = watching.wait();
    for line in ran.output.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    ran
}

#[test]
fn a_killed_program_is_gone_without_goodbye() {
    let ran = watched(&Place::new(), echo_server(), &[], Process::kill);
    assert!(ran.code == NOT_FOUND && ran.errors.contains("without goodbye"), "{} {}", ran.code, ran.errors);
}

#[test]
fn main_returns() {
    let ran = watched(&Place::new(), echo_server(), &[], Process::terminate);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
}

#[test]
fn a_program_with_runtimes_of_its_own_ends() {
    for how in ["returns", "exits", "exits_observed"] {
        let ran = watched(&Place::new(), scenario(), &["ending", how], Process::terminate);
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{how}");
    }
}

#[test]
fn a_client_with_a_backlog_hears_the_goodbye() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let traffic = Traffic::on(connect(server.address(), CONNECTIONS));
    let attach = || {
        let mut client = Client::attach(&place.socket(server.pid()));
        client.watch();
        client
    };
    let (mut reads, mut lags) = (attach(), attach());
    let begin = reads.until("the beginning", |world, _| match world.len() {
        1.. => Ok(world.now()),
        _ => Err("nothing".to_owned()),
    });
    reads.until("much to tell", |world, _| match world.now().since(begin).0 {
        BACKLOG.. => Ok(()),
        span => Err(format!("{span} ns of it")),
    });
    drop(traffic);
    server.terminate();
    lags.until_closed();
    assert!(lags.world().goodbye().is_some(), "of {} tasks", lags.world().len());
}
