//! Clients that mean no good, or cannot keep up: the program goes on as before, and so does everyone else.

use rustix::process::{Resource, getrlimit, setrlimit};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use taskscope_model::frame::{self, FrameWriter};
use taskscope_model::hello::{Greeting, Refused};
use taskscope_model::request::{Request, Subscribe};
use taskscope_tests::{Client, Place, Process, Traffic, connect, echo_server, free_address, until};

const CONNECTIONS: usize = 100;
/// Rounds that have to come back under each attack.
const ROUNDS: u64 = 100;
/// What the program may have grown by in the end, kilobytes: 64 clients with a page each, and some.
const GROWTH: u64 = 32 * 1024;

/// A server with live connections, some traffic, and a client who has been there before.
struct Scene {
    place: Place,
    server: Process,
    traffic: Traffic,
    _idle: Vec<taskscope_tests::Connection>,
    bystander: Client,
    memory: u64,
}

impl Scene {
    #[track_caller]
    fn new() -> Self {
        let place = Place::new();
        // Of what shells give their programs, the least there is.
        let mut command = place.command("sh".as_ref());
        command.args(["-c", "ulimit -n 1024; exec \"$1\"", "sh"]).arg(echo_server());
        let server = Process::ready(&mut command);
        let _idle = connect(server.address(), CONNECTIONS);
        let traffic = Traffic::on(connect(server.address(), 4));
        let mut bystander = Client::attach(&place.socket(server.pid()));
        bystander.watch();
        let mut scene = Self { memory: 0, place, server, traffic, _idle, bystander };
        scene.everything_goes_on();
        // Once all that is used anyway has been used.
        scene.memory = scene.server.memory();
        scene
    }

    fn socket(&self) -> PathBuf {
        self.place.socket(self.server.pid())
    }

    /// The server serves, who is attached is told, and who comes is let in.
    #[track_caller]
    fn everything_goes_on(&mut self) {
        let until_rounds = self.traffic.rounds() + ROUNDS;
        let now = self.bystander.world().now();
        until("rounds", || match self.traffic.rounds() {
            rounds if rounds >= until_rounds => Ok(()),
            rounds => Err(format!("{rounds} of {until_rounds}")),
        });
        self.bystander.until("news", |world, _| {
            if world.now() > now && world.len() > CONNECTIONS {
                Ok(())
            } else {
                Err(format!("{:?}", world.now()))
            }
        });
        let target = self.server.target();
        until("a new `ps`", || {
            let ps = self.place.taskscope(&["ps", &target, "--json", "--filter", "parent:main"]);
            if ps.code != 0 {
                return Err(ps.errors);
            }
            assert_eq!(ps.json()["tasks"].as_array().map(Vec::len), Some(CONNECTIONS + 4));
            Ok(())
        });
    }

    /// And the program has not grown.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "figures for who asks with --nocapture")]
    fn ends_well(mut self) {
        self.everything_goes_on();
        let (before, after) = (self.memory, self.server.memory());
        println!(
            "memory {before} kB before, {after} kB after; slowest round {:?}",
            self.traffic.take_slowest()
        );
        assert!(after < before + GROWTH, "{before} kB before, {after} kB after");
        drop(self.traffic.stop());
        assert_eq!(self.server.terminate().errors, "", "not worth a word");
    }
}

fn greeting() -> Vec<u8> {
    frame::preamble(&Greeting { client: "hostile".to_owned(), token: None }).expect("a greeting is JSON")
}

/// A greeting, and a request for everything.
fn asking_for_everything() -> Vec<u8> {
    let mut frames = FrameWriter::default();
    let everything =
        Subscribe { number: 1, ended: true, totals: true, figures: true, ..Subscribe::default() };
    frames.push(&Request::from(everything));
    [greeting(), frames.take()].concat()
}

/// Connects and says something. What the program thinks of it is its own affair.
#[track_caller]
fn say(socket: &Path, bytes: &[u8]) -> UnixStream {
    let mut stream = UnixStream::connect(socket).expect("the program lets everyone knock");
    let _ = stream.write_all(bytes);
    stream
}

#[test]
fn clients_that_never_read() {
    let mut scene = Scene::new();
    let silent: Vec<_> = (0..20).map(|_| say(&scene.socket(), &asking_for_everything())).collect();
    scene.everything_goes_on();
    // Full to the brim: as many as are served at all.
    let more: Vec<_> = (0..80).map(|_| say(&scene.socket(), &asking_for_everything())).collect();
    scene.everything_goes_on();
    drop((silent, more));
    scene.ends_well();
}

#[test]
fn clients_that_read_slowly() {
    let mut scene = Scene::new();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..8).map(|_| slow_reader(scene.socket(), Arc::clone(&stop))).collect();
    for _ in 0..3 {
        scene.everything_goes_on();
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let read = reader.join().expect("a slow reader does not panic");
        assert!(read > 0, "it was told something");
    }
    scene.ends_well();
}

/// Reads 10 kB a second.
fn slow_reader(socket: PathBuf, stop: Arc<AtomicBool>) -> JoinHandle<usize> {
    std::thread::spawn(move || {
        let mut stream = say(&socket, &asking_for_everything());
        let mut read = 0;
        while !stop.load(Ordering::Relaxed) {
            read += stream.read(&mut [0; 1000]).unwrap_or(0);
            std::thread::sleep(Duration::from_millis(100));
        }
        read
    })
}

#[test]
fn clients_that_are_killed() {
    let mut scene = Scene::new();
    for kept in [0, 1, 20, 1_000] {
        for _ in 0..20 {
            let bytes = asking_for_everything();
            drop(say(&scene.socket(), &bytes[..bytes.len().saturating_sub(kept)]));
            let mut answered = say(&scene.socket(), &bytes);
            let _ = answered.read(&mut [0; 1000]);
        }
    }
    let target = scene.server.target();
    for _ in 0..5 {
        let mut watching = scene.place.command(taskscope_tests::taskscope());
        let watching = Process::begin(watching.args(["ps", &target, "--watch", "--json"]));
        until("something watched", || {
            if watching.output().is_empty() { Err(watching.errors()) } else { Ok(()) }
        });
        watching.kill();
    }
    scene.everything_goes_on();
    scene.ends_well();
}

#[test]
fn clients_that_talk_nonsense() {
    let mut scene = Scene::new();
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let garbage: Vec<u8> = (0..100_000)
        .map(|_| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise as u8
        })
        .collect();
    let mut huge_greeting = greeting();
    huge_greeting[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    let huge_frame = [greeting(), u32::MAX.to_le_bytes().to_vec(), garbage.clone()].concat();
    let half_a_frame = {
        let bytes = asking_for_everything();
        bytes[..bytes.len() - 5].to_vec()
    };
    let garbage_behind_a_greeting = [greeting(), garbage.clone()].concat();
    let words = [&b"GET / HTTP/1.1\r\n\r\n"[..], b"t", &greeting()[..9], b"{\"client\":1}"];
    let all = [garbage, huge_greeting, huge_frame, half_a_frame, garbage_behind_a_greeting];
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).chain(words).collect();
    let mut open = Vec::new();
    for bytes in all.iter().cycle().take(all.len() * 5) {
        open.push(say(&scene.socket(), bytes));
    }
    scene.everything_goes_on();
    drop(open);
    scene.ends_well();
}

#[test]
fn a_thousand_connections_at_once() {
    let limit = getrlimit(Resource::Nofile);
    // Ours are a thousand too; the server got its limit by its shell.
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
    let mut scene = Scene::new();
    let (asking, greeting) = (asking_for_everything(), greeting());
    let says = [&asking[..], &greeting, b"", b"garbage"];
    let crowd: Vec<_> = says.iter().cycle().take(1_000).map(|bytes| say(&scene.socket(), bytes)).collect();
    scene.everything_goes_on();
    let doctor = scene.place.taskscope(&["doctor", &scene.server.target()]);
    assert!(doctor.output.contains("connections were refused"), "what is refused is counted: {doctor:?}");
    drop(crowd);
    scene.ends_well();
}

#[test]
fn strangers_on_tcp_do_not_keep_the_programs_own_user_out() {
    let place = Place::new();
    let address = free_address();
    let server = Process::ready(place.command(echo_server()).env("TASKSCOPE_LISTEN", address.to_string()));
    let mut attached = Vec::new();
    let refusal = loop {
        match Client::attach_tcp(address, None) {
            Ok((mut client, _)) => {
                client.watch();
                attached.push(client);
            }
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.refused, Refused::Busy, "{refusal:?}");
    assert!(attached.len() > 10, "{} at once", attached.len());
    assert_eq!(place.taskscope(&["ps", &server.target()]).code, 0, "the socket is for its own user");
}
