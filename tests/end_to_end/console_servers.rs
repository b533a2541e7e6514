//! What answers where a console-subscriber should: one line each, with what to do, and no more than it takes.

use rustix::process::Signal;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use taskscope_tests::{Pane, Place, Process, console_program, free_address, taskscope};

const WRONG_USE: i32 = 2;
const NOT_FOUND: i32 = 3;
const RESOURCES: usize = 3 + 11;

fn server(place: &Place, scene: &str) -> (Process, String) {
    let process = place.start(console_program(), &[scene]);
    let target = format!("http://{}", process.address());
    (process, target)
}

#[test]
fn what_is_no_console_subscriber_is_said_in_one_line() {
    let place = Place::new();
    let says = |target: &str, code: i32, words: &str| {
        let ran = place.taskscope(&["ps", target]);
        let error = ran.error(code);
        assert!(error.contains(words), "no `{words}` in: {error}");
    };
    says(&format!("http://{}", free_address()), NOT_FOUND, "nobody listens at http://");
    says("http://127.0.0.1", WRONG_USE, "write http://HOST:PORT");
    says("https://127.0.0.1:6669", WRONG_USE, "serves no TLS");
    says("unix:/no/such/socket", NOT_FOUND, "unix:/no/such/socket does not exist");
    let web = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    says(&web, NOT_FOUND, "no console-subscriber");
    // What a TLS server says to words that are not TLS.
    let tls = answering(b"\x15\x03\x01\x00\x02\x02\x46");
    says(&tls, NOT_FOUND, "no console-subscriber");
    says(&answering(&[0xff; 4096]), NOT_FOUND, "no console-subscriber");
    says(&answering(b""), NOT_FOUND, "no console-subscriber");
    let silent = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let silent = silent.local_addr().expect("it has an address");
    says(&format!("http://{silent}"), NOT_FOUND, "does not answer within 3.00s");
}

/// HTTP/2 as far as it must be to be believed, and then an answer that is no message.
#[test]
fn bytes_that_are_no_message_are_no_console_subscriber() {
    // Settings, their acknowledgement; the headers of an answer (200, application/grpc); data with a message of five
    // bytes that no message begins with; the end.
    const ANSWER: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0\
        \0\0\x14\x01\x04\0\0\0\x01\x88\x0f\x10\x10application/grpc\
        \0\0\x0a\0\0\0\0\0\x01\0\0\0\0\x05\xff\xff\xff\xff\xff";
    let place = Place::new();
    let ran = place.taskscope(&["ps", &answering_at_leisure(ANSWER)]);
    let error = ran.error(NOT_FOUND);
    assert!(error.contains("no console-subscriber: what it says cannot be read"), "{error}");
}

#[test]
fn one_that_closes_is_said_to_be_gone() {
    let place = Place::new();
    let (_process, target) = server(&place, "closing");
    let ran = place.taskscope(&["findings", &target, "--follow"]);
    let line = ran.errors.trim_end();
    assert_eq!((ran.code, line.lines().count()), (NOT_FOUND, 1), "{ran:?}");
    assert!(line.contains("is gone without goodbye"), "{line}");
}

#[test]
fn an_old_one_is_seen_and_cannot_say_whether_it_is_paused() {
    let place = Place::new();
    let (_process, target) = server(&place, "old");
    let told = place.taskscope(&["ps", &target, "--json"]).json();
    assert_eq!(told["tasks"].as_array().map(Vec::len), Some(3), "{told}");
    let told = place.taskscope(&["doctor", &target, "--json"]).json();
    let updates: &Value = &told["coverage"]["updates"];
    assert_eq!(updates["seen"], "partly", "{told}");
    assert!(updates["remedy"].as_str().is_some_and(|it| it.contains("0.5 or newer")), "{told}");
}

/// An address where each connection is answered with these bytes and closed.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(bytes);
        }
    });
    format!("http://{address}")
}

/// The same, and it is left to the other side to close.
fn answering_at_leisure(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            until_asked(&mut stream);
            let _ = stream.write_all(bytes);
            while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
        }
    });
    format!("http://{address}")
}

#[test]
fn a_program_that_is_started_again_is_shown_again() {
    let place = Place::new();
    let address = free_address().to_string();
    let start = || place.console(&["resources", "--listen", &address], RESOURCES);
    let first = start();
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.arg(format!("http://{address}")), (120, 30));
    let pid = |process: &Process| format!("pid {}", process.pid());
    pane.until("the tasks", |screen| screen.contains("resources.rs") && screen.contains(&pid(&first)));
    first.kill();
    pane.until("the end", |screen| screen.contains("is gone without goodbye"));
    let second = start();
    pane.until("the tasks", |screen| screen.contains("resources.rs") && screen.contains(&pid(&second)));
    pane.signal(Signal::TERM);
    pane.wait();
}

/// Reads what a client of HTTP/2 says first, to the end of its question.
fn until_asked(stream: &mut TcpStream) {
    const PREFACE: usize = 24;
    const HEAD: usize = 9;
    const DATA: u8 = 0;
    const ENDS: u8 = 1;
    let mut read = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let mut begun = false;
    let mut next = || {
        if !std::mem::replace(&mut begun, true) {
            read(PREFACE)?;
        }
        let head = read(HEAD)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        read(length as usize).map(|_| (head[3], head[4]))
    };
    let asked = |frame: &(u8, u8)| frame.0 == DATA && frame.1 & ENDS != 0;
    while let Some(frame) = next() {
        if asked(&frame) {
            return;
        }
    }
}
