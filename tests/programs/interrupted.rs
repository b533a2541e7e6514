//! Calls that a signal would interrupt, each in a poll that the agent takes the stack of: the program counts those
//! that were.

use crate::say;
use std::io::{ErrorKind, Read as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;
use taskscope_agent::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

/// Several times the limit, so that each call is looked at more than once.
const LONG: Duration = Duration::from_millis(450);

/// Spawns a task that says whether its call was interrupted.
type Spawn = fn() -> JoinHandle<bool>;

/// Makes each call in a poll of its own, and says how many were interrupted.
pub(crate) fn interrupted() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    let runtime = Builder::from_env().build_from(&mut builder).expect("a runtime can be built");
    // Each is spawned at a line of its own: of one place one stack a second is taken.
    let calls: [(&str, Spawn); 9] = [
        ("poll", || tokio::spawn(async { poll() })),
        ("epoll_wait", || tokio::spawn(async { epoll() })),
        ("nanosleep", || tokio::spawn(async { nanosleep() })),
        ("recv with a time-out", || tokio::spawn(async { recv() })),
        ("read of a socket with a time-out", || tokio::spawn(async { read() })),
        ("accept", || tokio::spawn(async { accept() })),
        ("a child", || tokio::spawn(async { child() })),
        ("a condition with a time-out", || tokio::spawn(async { condition() })),
        ("a read of a pipe", || tokio::spawn(async { pipe() })),
    ];
    runtime.block_on(async {
        let own = OwnSignals::handled();
        for (name, call) in calls {
            if call().await.expect("no call panics") {
                say(&format!("interrupted: {name}"));
            }
        }
        own.are_all_seen().await;
        say("ready");
        std::future::pending::<()>().await;
    });
}

/// Signals that the program handles itself: one that everybody knows, and the first that the agent would take.
struct OwnSignals([(i32, Signal); 2]);

impl OwnSignals {
    fn handled() -> Self {
        // SIGRTMIN as the system's library counts, and 4.
        let handled = [10, 38].map(|number| {
            (number, signal(SignalKind::from_raw(number)).expect("the number is that of a signal"))
        });
        Self(handled)
    }

    /// Each is sent several times, and seen each time.
    async fn are_all_seen(self) {
        let own = std::process::id().to_string();
        for (number, mut signal) in self.0 {
            for _ in 0..20 {
                let sent = Command::new("kill").args([&format!("-{number}"), &own]).status();
                assert!(sent.is_ok_and(|status| status.success()));
                signal.recv().await.expect("there are more to come");
            }
            say(&format!("own signal {number} was seen each time"));
        }
    }
}

fn is_interruption(result: std::io::Result<impl Sized>) -> bool {
    matches!(result, Err(error) if error.kind() == ErrorKind::Interrupted)
}

fn timeout() -> rustix::event::Timespec {
    rustix::event::Timespec { tv_sec: 0, tv_nsec: i64::from(LONG.subsec_nanos()) }
}

fn poll() -> bool {
    rustix::event::poll(&mut [], Some(&timeout())) == Err(rustix::io::Errno::INTR)
}

fn epoll() -> bool {
    let epoll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC);
    let epoll = epoll.expect("there are descriptors left");
    let mut events: [rustix::event::epoll::Event; 1] = [rustix::event::epoll::Event {
        flags: rustix::event::epoll::EventFlags::empty(),
        data: rustix::event::epoll::EventData::new_u64(0),
    }];
    rustix::event::epoll::wait(epoll, &mut events, Some(&timeout())).err() == Some(rustix::io::Errno::INTR)
}

fn nanosleep() -> bool {
    let wanted = rustix::time::Timespec { tv_sec: 0, tv_nsec: i64::from(LONG.subsec_nanos()) };
    matches!(rustix::thread::nanosleep(&wanted), rustix::thread::NanosleepRelativeResult::Interrupted(_))
}

fn recv() -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there are free ports");
    socket.set_read_timeout(Some(LONG)).expect("a socket has time-outs");
    is_interruption(socket.recv(&mut [0; 4]))
}

fn read() -> bool {
    let (mut one, _other) = UnixStream::pair().expect("there are descriptors left");
    one.set_read_timeout(Some(LONG)).expect("a socket has time-outs");
    is_interruption(one.read(&mut [0; 4]))
}

fn accept() -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        std::thread::sleep(LONG);
        TcpStream::connect(address)
    });
    is_interruption(listener.accept())
}

fn child() -> bool {
    is_interruption(Command::new("sleep").arg("0.45").status())
}

fn condition() -> bool {
    let (mutex, condition) = (std::sync::Mutex::new(()), std::sync::Condvar::new());
    let guard = mutex.lock().expect("nobody else has it");
    // It may wake early by itself; what matters is that it comes back at all.
    drop(condition.wait_timeout(guard, LONG).expect("nobody else has it"));
    false
}

fn pipe() -> bool {
    let (mut reader, writer) = std::io::pipe().expect("there are descriptors left");
    std::thread::spawn(move || {
        std::thread::sleep(LONG);
        drop(writer);
    });
    is_interruption(reader.read(&mut [0; 4]))
}
