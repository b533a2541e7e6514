//! Who may attach, and who may do more than look.

use std::fs::{Permissions, set_permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use taskscope_model::TaskId;
use taskscope_model::hello::{Refused, Rights};
use taskscope_model::request::{Answer, Cancel, Reason};
use taskscope_tests::{Client, Place, Process, free_address, is_root, nobody, scenario, taskscope, until};

const WRONG_USE: i32 = 2;
const NOT_PERMITTED: i32 = 4;
const TOKEN: &str = "correct-horse";

/// A program on TCP, and where.
#[track_caller]
pub(super) fn on_tcp(place: &Place, token: Option<&str>, rights: Option<&str>) -> (Process, SocketAddr) {
    let address = free_address();
    let mut command = place.command(scenario());
    command.arg("nested").env("TASKSCOPE_LISTEN", address.to_string());
    if let Some(token) = token {
        command.env("TASKSCOPE_TOKEN_FILE", token_file(place, "token", token));
    }
    if let Some(rights) = rights {
        command.env("TASKSCOPE_RIGHTS", rights);
    }
    let program = Process::ready(&mut command);
    until("an open port", || {
        std::net::TcpStream::connect(address).map(drop).map_err(|error| error.to_string())
    });
    (program, address)
}

fn token_file(place: &Place, name: &str, token: &str) -> String {
    let path = place.path().join(name);
    std::fs::write(&path, format!("{token}\n")).expect("the place is ours");
    path.to_str().expect("temp folders have plain names").to_owned()
}

/// How often a line on standard error says that.
fn said(program: &Process, what: &str) -> usize {
    program.errors().lines().filter(|line| line.contains(what)).count()
}

#[test]
fn tcp_wants_the_token() {
    let place = Place::new();
    let (program, address) = on_tcp(&place, Some(TOKEN), None);
    let target = format!("tcp://{address}");
    let right = token_file(&place, "right", TOKEN);
    let wrong = token_file(&place, "wrong", "correct-house");

    for arguments in [&["ps", &target][..], &["ps", &target, "--token-file", &wrong]] {
        let error = place.taskscope(arguments);
        let line = error.error(NOT_PERMITTED);
        assert!(line.contains("token"), "{line}");
    }
    assert_eq!(said(&program, "token"), 1, "refused twice, said once: {}", program.errors());
    assert!(!program.errors().contains("horse"), "a token is not printed: {}", program.errors());

    let ps = place.taskscope(&["ps", &target, "--json", "--token-file", &right]).json();
    assert_eq!(ps["process"]["pid"], program.pid());
    let doctor = place.taskscope(&["doctor", &target, "--token-file", &right]);
    assert!(doctor.output.contains("this connection may: read\n"), "{doctor:?}");
    let error = place.taskscope(&["ps", &target, "--token-file", "/no/such/file"]);
    assert!(error.error(WRONG_USE).contains("/no/such/file"));

    let refusal = Client::attach_tcp(address, Some("")).err().expect("an empty token is none");
    assert_eq!(refusal.refused, Refused::NotPermitted);
    let unix = place.taskscope(&["ps", &program.target()]);
    assert_eq!(unix.code, 0, "the socket wants no token: {unix:?}");
}

#[test]
fn beyond_loopback_tcp_needs_a_token() {
    let place = Place::new();
    let port = free_address().port();
    let program = Process::ready(
        place.command(scenario()).arg("nested").env("TASKSCOPE_LISTEN", format!("0.0.0.0:{port}")),
    );
    let doctor = until("the agent to say so", || {
        let doctor = place.taskscope(&["doctor", &program.target(), "--json"]).json();
        let why = doctor["coverage"]["listening by TCP"]["why"].as_str().map(str::to_owned);
        why.ok_or_else(|| doctor.to_string())
    });
    assert!(doctor.contains("only loopback without a token"), "{doctor}");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it does not listen");
}

/// Asks to cancel a task twice, and gives the answers.
#[track_caller]
fn cancel(client: &mut Client) -> Vec<Answer> {
    for number in [7, 8] {
        client.ask(Cancel { number, tasks: vec![TaskId(1)] });
    }
    client.until("two answers", |_, answers| match answers {
        [_, _] => Ok(answers.to_vec()),
        _ => Err(format!("{answers:?}")),
    })
}

#[test]
fn who_may_only_look_cannot_cancel() {
    let place = Place::new();
    let (program, address) = on_tcp(&place, None, None);
    for _ in 0..2 {
        let (mut client, hello) = Client::attach_tcp(address, None).expect("loopback needs no token");
        assert_eq!(hello.rights, Rights::READ);
        let answers = cancel(&mut client);
        for (answer, number) in answers.iter().zip([7, 8]) {
            let Answer::Denied(denied) = answer else { panic!("not denied: {answer:?}") };
            assert_eq!((denied.number, denied.reason), (number, Reason::NOT_PERMITTED));
            assert!(denied.message.contains("TASKSCOPE_RIGHTS"), "{}", denied.message);
        }
        client.watch();
        client.until("tasks", |world, _| if world.is_empty() { Err("none".to_owned()) } else { Ok(()) });
    }
    assert_eq!(said(&program, "right to control"), 1, "refused four times, said once: {}", program.errors());
}

#[test]
fn the_right_to_control_is_granted_apart() {
    let place = Place::new();
    let (program, address) = on_tcp(&place, Some(TOKEN), Some("read,control"));
    let (mut client, hello) = Client::attach_tcp(address, Some(TOKEN)).expect("it is the right token");
    assert_eq!(hello.rights, Rights { control: true, ..Rights::READ });
    for answer in cancel(&mut client) {
        let Answer::Cancelled(cancelled) = answer else { panic!("not carried out: {answer:?}") };
        let [result] = &cancelled.results[..] else { panic!("one task, one result: {cancelled:?}") };
        assert!(!result.asked && !result.message.is_empty(), "tokio keeps the handle: {result:?}");
    }
    assert_eq!(program.errors(), "");
}

#[test]
fn another_user_is_refused() {
    if !is_root() {
        println!("skipped: only root can be another user too");
        return;
    }
    let place = Place::new();
    let program = place.start(scenario(), &["nested"]);
    // Nobody has to get at the monitor, wherever it was built.
    let monitor = place.path().join("monitor");
    std::fs::copy(taskscope(), &monitor).expect("the place is ours");
    open_to_all(&monitor);
    open_to_all(place.path());
    let as_nobody = |target: &str| {
        let mut command = place.command(&monitor);
        Process::begin(nobody(command.args(["ps", target]))).wait()
    };

    let error = as_nobody(&program.target());
    assert!(error.error(NOT_PERMITTED).contains("another user"), "{error:?}");
    let socket = place.socket(program.pid());
    let socket_path = socket.to_str().expect("temp folders have plain names");
    as_nobody(socket_path).error(NOT_PERMITTED);
    assert_eq!(program.errors(), "", "nobody came as far as to the agent");

    // Where modes let others through, the agent itself looks who is there.
    for open in [&place.runtime_folder(), &place.runtime_folder().join("taskscope"), &socket] {
        open_to_all(open);
    }
    for _ in 0..2 {
        let error = as_nobody(socket_path);
        assert_ne!((error.code, error.output.as_str()), (0, ""), "{error:?}");
        assert_eq!(error.output, "", "{error:?}");
    }
    assert_eq!(said(&program, "refused a connection of user 65534"), 1, "{}", program.errors());
    assert_eq!(place.taskscope(&["ps", socket_path]).code, 0, "its own user is let in");
}

fn open_to_all(path: &std::path::Path) {
    set_permissions(path, Permissions::from_mode(0o777)).expect("the place is ours");
}
