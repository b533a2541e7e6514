//! Clients of the echo server.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::Stopwatch;

/// A round that takes longer has failed.
const ROUND: Duration = Duration::from_secs(30);

/// An open connection, and so a task in the server.
#[derive(Debug)]
pub struct Connection(TcpStream);

/// Opens so many connections.
///
/// # Panics
/// The server does not take them.
#[track_caller]
pub fn connect(server: SocketAddr, count: usize) -> Vec<Connection> {
    (0..count).map(|_| Connection::open(server).expect("the server takes a connection")).collect()
}

impl Connection {
    fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(ROUND))?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Sends something and waits until it has come back: the task has been polled.
    ///
    /// # Panics
    /// It does not come back.
    #[track_caller]
    pub fn round(&mut self) {
        self.try_round().expect("the server sends back what it receives");
    }

    fn try_round(&mut self) -> io::Result<()> {
        let mut back = [0; 4];
        self.0.write_all(b"echo")?;
        self.0.read_exact(&mut back)?;
        if &back == b"echo" { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

/// Rounds without end on some connections, from a thread of its own.
#[derive(Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<io::Result<Vec<Connection>>>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    rounds: AtomicU64,
    slowest_us: AtomicU64,
}

impl Traffic {
    /// Begins.
    ///
    /// # Panics
    /// There are no threads left.
    pub fn on(mut connections: Vec<Connection>) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let run = move || {
            while !theirs.stop.load(Ordering::Relaxed) {
                for connection in &mut connections {
                    let watch = Stopwatch::start();
                    connection.try_round()?;
                    let took = watch.elapsed().as_micros() as u64;
                    theirs.slowest_us.fetch_max(took, Ordering::Relaxed);
                    theirs.rounds.fetch_add(1, Ordering::Relaxed);
                }
                // A light load: the machine is not ours alone.
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(connections)
        };
        let thread = std::thread::Builder::new().name("traffic".to_owned()).spawn(run);
        Self { shared, thread: Some(thread.expect("there are threads left")) }
    }

    /// Rounds that have come back.
    pub fn rounds(&self) -> u64 {
        self.shared.rounds.load(Ordering::Relaxed)
    }

    /// The slowest of them since this was asked.
    pub fn take_slowest(&self) -> Duration {
        Duration::from_micros(self.shared.slowest_us.swap(0, Ordering::Relaxed))
    }

    /// Ends, and gives the connections back.
    ///
    /// # Panics
    /// A round has failed.
    #[track_caller]
    pub fn stop(mut self) -> Vec<Connection> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        ended.expect("it was started").expect("it does not panic").expect("each round came back")
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}
