//! A connection to an agent: first words, frames, requests. The same over Unix sockets and TCP.

use super::{AttachError, Heard, Token};
use crate::clock::Deadline;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use taskscope_model::Fact;
use taskscope_model::frame::{self, FrameWriter, Read, Reader, Told};
use taskscope_model::hello::{Greeting, Hello, Welcome};
use taskscope_model::request::{Answer, Request};

/// How long a request may take to leave: a program that does not read is given up.
const SEND_WITHIN: Duration = Duration::from_secs(2);
const PIECE: usize = 64 * 1024;

/// A socket of either kind.
#[derive(Debug)]
pub(crate) enum Socket {
    /// Unix.
    Unix(UnixStream),
    /// TCP.
    Tcp(TcpStream),
}

impl Socket {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Socket::Unix(stream) => Socket::Unix(stream.try_clone()?),
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone()?),
        })
    }

    fn read(&mut self, into: &mut [u8], within: Option<Duration>) -> io::Result<usize> {
        match self {
            Socket::Unix(stream) => {
                stream.set_read_timeout(within)?;
                stream.read(into)
            }
            Socket::Tcp(stream) => {
                stream.set_read_timeout(within)?;
                stream.read(into)
            }
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Socket::Unix(stream) => {
                stream.set_write_timeout(Some(SEND_WITHIN))?;
                stream.write_all(bytes)
            }
            Socket::Tcp(stream) => {
                stream.set_write_timeout(Some(SEND_WITHIN))?;
                stream.write_all(bytes)
            }
        }
    }

    fn shutdown(&self) {
        // A socket that is already closed is what is wanted.
        let _ = match self {
            Socket::Unix(stream) => stream.shutdown(Shutdown::Both),
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    socket: Socket,
    asker: Asker,
    reader: Reader<Told>,
    piece: Vec<u8>,
    /// An answer that came behind Changes which were handed out first.
    held: Option<Answer>,
    goodbye: bool,
}

/// The writing half of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Asker(Arc<Mutex<Socket>>);

impl Asker {
    /// Sends a request.
    pub(crate) fn ask(&self, request: &Request) -> io::Result<()> {
        let mut frames = FrameWriter::default();
        frames.push(request);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&frames.take())
    }

    /// Ends the connection in both directions.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).shutdown();
    }
}

impl Connection {
    /// Exchanges the first words.
    pub(crate) fn begin(
        socket: Socket,
        address: String,
        token: Option<Token>,
        within: Duration,
    ) -> Result<(Hello, Self), AttachError> {
        let failed = |error| AttachError::connecting(&address, within, error);
        let asker = Asker(Arc::new(Mutex::new(socket.try_clone().map_err(failed)?)));
        let (reader, piece) = (Reader::default(), vec![0; PIECE]);
        let mut connection = Self { address, socket, asker, reader, piece, held: None, goodbye: false };
        let hello = connection.greet(token, within)?;
        Ok((hello, connection))
    }

    fn greet(&mut self, token: Option<Token>, within: Duration) -> Result<Hello, AttachError> {
        let client = concat!("taskscope ", env!("CARGO_PKG_VERSION")).to_owned();
        let greeting = frame::preamble(&Greeting { client, token: token.map(|token| token.0) })
            .map_err(|error| AttachError::Io(self.address.clone(), error.into()))?;
        // An agent that refuses may close before it has read this: its reason is still to be had.
        let _ = self.socket.write_all(&greeting);
        let deadline = Deadline::after(Some(within));
        let json = loop {
            match self.reader.next().map_err(|error| AttachError::bytes(&self.address, &error))? {
                Some(Read::Preamble(json)) => break json,
                Some(Read::Message(_)) => continue,
                None => {}
            }
            let Ok(left) = deadline.left() else { return Err(self.silent(within)) };
            match self.fill(left) {
                Ok(true) => {}
                Ok(false) => return Err(self.silent(within)),
                Err(AttachError::Lost { .. }) => return Err(AttachError::Closed(self.address.clone())),
                Err(error) => return Err(error),
            }
        };
        match serde_json::from_slice(&json) {
            Ok(Welcome::Hello(hello)) => Ok(*hello),
            Ok(Welcome::Refusal(refusal)) => Err(AttachError::refusal(&self.address, refusal)),
            Err(_) => {
                let why = "its first words make no sense".to_owned();
                Err(AttachError::Foreign(self.address.clone(), why))
            }
        }
    }

    fn silent(&self, within: Duration) -> AttachError {
        AttachError::Silent { address: self.address.clone(), within }
    }

    pub(crate) fn asker(&self) -> Asker {
        self.asker.clone()
    }

    /// See [`Live::next`](super::Live::next).
    pub(crate) fn next(&mut self, within: Option<Duration>) -> Result<Option<Heard>, AttachError> {
        let deadline = Deadline::after(within);
        loop {
            if let Some(heard) = self.decoded()? {
                return Ok(Some(heard));
            }
            let Ok(left) = deadline.left() else { return Ok(None) };
            if !self.fill(left)? {
                return Ok(None);
            }
        }
    }

    /// What the bytes so far hold: all Changes up to the next answer, or that answer.
    fn decoded(&mut self) -> Result<Option<Heard>, AttachError> {
        if let Some(answer) = self.held.take() {
            return Ok(Some(Heard::Answer(answer)));
        }
        let mut changes = Vec::new();
        while let Some(read) = self.reader.next().map_err(|e| AttachError::bytes(&self.address, &e))? {
            match read {
                Read::Message(Told::Change(change)) => {
                    self.goodbye |= matches!(change.fact, Fact::Goodbye(_));
                    changes.push(change);
                }
                Read::Message(Told::Answer(answer)) if changes.is_empty() => {
                    return Ok(Some(Heard::Answer(answer)));
                }
                Read::Message(Told::Answer(answer)) => {
                    self.held = Some(answer);
                    break;
                }
                Read::Preamble(_) => {}
            }
        }
        Ok((!changes.is_empty()).then_some(Heard::Changes(changes)))
    }

    /// Reads a piece; `Ok(false)` if none came within the time.
    fn fill(&mut self, within: Option<Duration>) -> Result<bool, AttachError> {
        loop {
            match self.socket.read(&mut self.piece, within) {
                Ok(0) => return Err(self.lost()),
                Ok(n) => {
                    self.reader.feed(&self.piece[..n]);
                    return Ok(true);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return Ok(false),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => return Err(self.lost()),
                    _ => return Err(AttachError::Io(self.address.clone(), error)),
                },
            }
        }
    }

    fn lost(&self) -> AttachError {
        AttachError::Lost { address: self.address.clone(), goodbye: self.goodbye }
    }
}
