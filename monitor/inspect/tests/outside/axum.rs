//! A web server: through axum, hyper and tower down to the handler's line.

use crate::outside::expected::Expected;
use crate::outside::fixture::{Build, DEADLINE};
use crate::outside::text;
use crate::outside::truth::{compare, look, waits};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use taskscope_inspect::{Snapshot, Target, Wait};

fn request(server: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit can be set");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\n\r\n").expect("it reads");
    stream
}

/// What is seen differently from one connection for each of these paths.
fn differences(expected: &Expected, paths: &[&str], snapshot: &Snapshot) -> Result<(), String> {
    let (roots, tasks): (Vec<_>, Vec<_>) = snapshot.tasks.iter().partition(|task| task.id.is_root());
    let tree = |awaits| text::tree(expected, awaits);
    let tasks = tasks.iter().map(|task| tree(task.awaits.as_ref()));
    let wrong = compare(tasks, paths.iter().map(|path| expected.trees[*path].clone()));
    let roots = roots.iter().map(|root| tree(root.awaits.as_ref()));
    let wrong = [wrong, compare(roots, expected.roots.values().cloned())].concat();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

#[test]
fn every_connection_is_seen_with_its_handler_and_its_peer() {
    let expected = Expected::of("plain_axum");
    let mut running = Build { package: "plain_axum", ..Build::BASE }.start(&[]);
    let server = running.said("address").next().expect("it says so").parse().expect("an address");
    let mut target = Target::attach(running.pid()).expect("it can be read");

    let hold = request(server, "/hold");
    look(&mut target, |snapshot| differences(&expected, &["/hold"], snapshot));
    let wait = request(server, "/wait");
    let mut fast = request(server, "/fast");
    let mut answer = [0; 12];
    fast.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"HTTP/1.1 200");
    let snapshot =
        look(&mut target, |snapshot| differences(&expected, &["/hold", "/wait", "/fast"], snapshot));

    let all = snapshot.tasks.iter().filter_map(|task| task.awaits.as_ref()).flat_map(waits);
    let peer = |wait| match wait {
        Wait::Io { socket, .. } => socket.and_then(|socket| socket.peer),
        _ => None,
    };
    let peers: BTreeSet<_> = all.filter_map(peer).collect();
    let clients = [&hold, &wait, &fast].map(|stream| stream.local_addr().expect("it is connected"));
    assert_eq!(peers, BTreeSet::from(clients));
    running.wait_for(|_| true);
}
