//! Where Changes come from: a live program's socket, its memory, or a recording. All look the same from here on.

#[cfg(feature = "console")]
pub(crate) mod console;
pub(crate) mod discover;
pub(crate) mod error;
#[cfg(any(target_os = "linux", feature = "console"))]
mod joined;
#[cfg(target_os = "linux")]
pub(crate) mod outside;
pub(crate) mod peer;
pub(crate) mod proc;
pub(crate) mod recording;
pub(crate) mod tcp;
#[cfg(any(target_os = "linux", feature = "console"))]
pub(crate) mod threaded;
pub(crate) mod unix;
pub(crate) mod wire;

pub(crate) use error::{AttachError, one_line};

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use taskscope_model::Change;
use taskscope_model::hello::Hello;
use taskscope_model::request::{Answer, Request};

/// Where a program or a recording of one is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// An agent's Unix socket.
    Unix {
        /// Its path.
        path: PathBuf,
        /// The process that has to be behind it, if that is known.
        pid: Option<u32>,
    },
    /// An agent's TCP listener.
    Tcp {
        /// `host:port`.
        at: String,
        /// The secret that the listener wants, if it wants one.
        token: Option<Token>,
    },
    /// A program that runs console-subscriber.
    #[cfg(feature = "console")]
    Console(console::Place),
    /// A process, looked at from outside.
    #[cfg(target_os = "linux")]
    Outside {
        /// As this host counts.
        pid: u32,
    },
    /// A recording.
    Recording(PathBuf),
}

/// The secret of a TCP listener. It stays out of logs and panic texts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// As it is given on the command line. The token is not shown.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix { path, .. } | Address::Recording(path) => path.display().fmt(f),
            Address::Tcp { at, .. } => write!(f, "tcp://{at}"),
            #[cfg(feature = "console")]
            Address::Console(place) => place.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Outside { pid } => write!(f, "process {pid}"),
        }
    }
}

impl Address {
    /// Whether the other end may change and come back.
    pub(crate) fn is_live(&self) -> bool {
        !matches!(self, Address::Recording(_))
    }
}

/// Something that came from the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Facts, in order. At most one frame's worth, so that a view can be drawn between two of them.
    Changes(Vec<Change>),
    /// An answer to a request.
    Answer(Answer),
}

/// One attached program or recording.
#[derive(Debug)]
pub(crate) struct Live {
    hello: Hello,
    from: From,
}

#[derive(Debug)]
enum From {
    Program(wire::Connection),
    /// An agent, and others who tell of its process.
    #[cfg(any(target_os = "linux", feature = "console"))]
    Joined(wire::Connection, Box<joined::Companions>, Vec<threaded::Asker>),
    /// A console-subscriber, or who looks at a process from outside.
    #[cfg(any(target_os = "linux", feature = "console"))]
    Threaded(threaded::Connection),
    Recording(recording::Playback),
}

impl From {
    /// An agent of this host, at a socket of that path, and whoever else can tell of its process.
    #[cfg(any(target_os = "linux", feature = "console"))]
    fn of_agent(hello: &Hello, connection: wire::Connection, path: &Path, pid: Option<u32>) -> Self {
        match joined::companions(hello, path, pid) {
            Some((companions, askers)) => Self::Joined(connection, Box::new(companions), askers),
            None => Self::Program(connection),
        }
    }

    #[cfg(not(any(target_os = "linux", feature = "console")))]
    fn of_agent(_: &Hello, connection: wire::Connection, _: &Path, _: Option<u32>) -> Self {
        Self::Program(connection)
    }
}

impl Live {
    /// Connects and exchanges the first words.
    pub(crate) fn open(address: &Address, within: Duration) -> Result<Self, AttachError> {
        let (hello, from) = match address {
            Address::Unix { path, pid } => {
                let (hello, connection) = unix::attach(path, *pid, within)?;
                let from = From::of_agent(&hello, connection, path, *pid);
                (hello, from)
            }
            Address::Tcp { at, token } => {
                let (hello, connection) = tcp::attach(at, token.clone(), within)?;
                (hello, From::Program(connection))
            }
            #[cfg(feature = "console")]
            Address::Console(place) => {
                let (hello, connection) = console::attach(place, within)?;
                (hello, From::Threaded(connection))
            }
            #[cfg(target_os = "linux")]
            Address::Outside { pid } => {
                let (hello, connection) = outside::attach(*pid, within)?;
                (hello, From::Threaded(connection))
            }
            Address::Recording(path) => {
                let (hello, playback) = recording::open(path)?;
                (hello, From::Recording(playback))
            }
        };
        Ok(Self { hello, from })
    }

    /// What the program said first. Its pid is this host's, as far as that is known.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// A handle to ask with, also while another thread sits in [`next`](Self::next).
    pub(crate) fn asker(&self) -> Asker {
        match &self.from {
            From::Program(connection) => Asker::Program(connection.asker()),
            #[cfg(any(target_os = "linux", feature = "console"))]
            From::Joined(connection, _, others) => Asker::Joined(connection.asker(), others.clone()),
            #[cfg(any(target_os = "linux", feature = "console"))]
            From::Threaded(connection) => Asker::Threaded(connection.asker()),
            From::Recording(_) => Asker::Recording,
        }
    }

    /// The next thing; `Ok(None)` if nothing came within the time. `None` waits for ever.
    /// A recording gives all it has, as fast as it is asked, and then ends.
    pub(crate) fn next(&mut self, within: Option<Duration>) -> Result<Option<Heard>, AttachError> {
        match &mut self.from {
            From::Program(connection) => connection.next(within),
            #[cfg(any(target_os = "linux", feature = "console"))]
            From::Joined(connection, companions, _) => companions.next(connection, within),
            #[cfg(any(target_os = "linux", feature = "console"))]
            From::Threaded(connection) => connection.next(within),
            From::Recording(playback) => playback.next(),
        }
    }
}

/// Asks the program.
#[derive(Clone, Debug)]
pub(crate) enum Asker {
    /// An agent.
    Program(wire::Asker),
    /// An agent, and others who tell of its process.
    #[cfg(any(target_os = "linux", feature = "console"))]
    Joined(wire::Asker, Vec<threaded::Asker>),
    /// A console-subscriber, or who looks at a process from outside.
    #[cfg(any(target_os = "linux", feature = "console"))]
    Threaded(threaded::Asker),
    /// A recording takes every request and answers none: it tells all it has anyway.
    Recording,
}

impl Asker {
    /// Sends a request.
    pub(crate) fn ask(&self, request: &Request) -> io::Result<()> {
        match self {
            Asker::Program(asker) => asker.ask(request),
            #[cfg(any(target_os = "linux", feature = "console"))]
            Asker::Joined(asker, others) => {
                if matches!(request, Request::Subscribe(_)) {
                    // Without them the agent alone tells.
                    others.iter().for_each(|other| _ = other.ask(request));
                }
                asker.ask(request)
            }
            #[cfg(any(target_os = "linux", feature = "console"))]
            Asker::Threaded(asker) => asker.ask(request),
            Asker::Recording => Ok(()),
        }
    }

    /// Closes the connection, so that a thread sitting in [`Live::next`] comes back.
    pub(crate) fn close(&self) {
        match self {
            Asker::Program(asker) => asker.close(),
            #[cfg(any(target_os = "linux", feature = "console"))]
            Asker::Joined(asker, others) => {
                others.iter().for_each(threaded::Asker::close);
                asker.close();
            }
            #[cfg(any(target_os = "linux", feature = "console"))]
            Asker::Threaded(asker) => asker.close(),
            Asker::Recording => {}
        }
    }
}

/// A program and its pid, for people. A console-subscriber elsewhere says neither.
pub(crate) fn name_of(hello: &Hello) -> String {
    let name = match hello.pid {
        0 => hello.program.clone(),
        pid => format!("{} (pid {pid})", hello.program),
    };
    one_line(&name)
}

#[cfg(test)]
mod tests;
