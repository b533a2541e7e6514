//! A client that speaks the protocol itself, for what the monitor would never do.

use crate::clock::until;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use taskscope_model::World;
use taskscope_model::frame::{self, FrameWriter, Read as Item, Reader, Told};
use taskscope_model::hello::{Greeting, Hello, Refusal, Welcome};
use taskscope_model::request::{Answer, Request, Subscribe};

/// A read that finds nothing for so long lets the waiting look around.
const READ: Duration = Duration::from_millis(50);

/// A connection to an agent, and what it has told.
pub struct Client {
    stream: Box<dyn Stream>,
    reader: Reader<Told>,
    world: World,
    answers: Vec<Answer>,
    ended: bool,
}

/// What both kinds of sockets can do.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Client {
    /// Attaches to an agent's socket.
    ///
    /// # Panics
    /// The agent does not take it.
    #[track_caller]
    pub fn attach(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("somebody listens");
        stream.set_read_timeout(Some(READ)).expect("a socket has time-outs");
        Self::begin(Box::new(stream), None).expect("the agent lets its own user in").0
    }

    /// Attaches over TCP: what the agent says, and the client if it was let in.
    ///
    /// # Panics
    /// Nobody listens.
    #[track_caller]
    pub fn attach_tcp(address: SocketAddr, token: Option<&str>) -> Result<(Self, Hello), Refusal> {
        let stream = TcpStream::connect(address).expect("somebody listens");
        stream.set_read_timeout(Some(READ)).expect("a socket has time-outs");
        Self::begin(Box::new(stream), token)
    }

    #[track_caller]
    fn begin(mut stream: Box<dyn Stream>, token: Option<&str>) -> Result<(Self, Hello), Refusal> {
        let greeting = Greeting { client: "tests".to_owned(), token: token.map(str::to_owned) };
        let bytes = frame::preamble(&greeting).expect("a greeting is JSON");
        stream.write_all(&bytes).expect("somebody listens");
        let (reader, world) = (Reader::default(), World::default());
        let mut client = Self { stream, reader, world, answers: Vec::new(), ended: false };
        let json = until("the first words", || {
            client.read();
            match client.reader.next().expect("the agent speaks the protocol") {
                Some(Item::Preamble(json)) => Ok(json),
                _ => Err("nothing".to_owned()),
            }
        });
        match serde_json::from_slice(&json).expect("the first words are JSON") {
            Welcome::Hello(hello) => Ok((client, *hello)),
            Welcome::Refusal(refusal) => Err(refusal),
        }
    }

    /// Asks for something.
    ///
    /// # Panics
    /// The connection is broken.
    #[track_caller]
    pub fn ask(&mut self, request: impl Into<Request>) {
        let mut frames = FrameWriter::default();
        frames.push(&request.into());
        self.stream.write_all(&frames.take()).expect("the agent reads");
    }

    /// Asks for all tasks, and what becomes of them.
    #[track_caller]
    pub fn watch(&mut self) {
        self.ask(Subscribe { number: 1, ended: true, figures: true, totals: true, ..Subscribe::default() });
    }

    /// Waits until what has been told is as it should be; until then the condition says what there is instead.
    #[track_caller]
    pub fn until<T>(&mut self, what: &str, look: impl Fn(&World, &[Answer]) -> Result<T, String>) -> T {
        until(what, || {
            self.hear();
            look(&self.world, &self.answers)
        })
    }

    /// Waits until the agent has closed the connection.
    #[track_caller]
    pub fn until_closed(&mut self) {
        until("the end of the connection", || {
            self.hear();
            if self.ended { Ok(()) } else { Err(format!("{} tasks", self.world.len())) }
        });
    }

    /// What has been told so far.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Takes in what is there.
    #[track_caller]
    fn hear(&mut self) {
        self.read();
        while let Some(item) = self.reader.next().expect("the agent speaks the protocol") {
            match item {
                Item::Message(Told::Change(change)) => self.world.apply(&change),
                Item::Message(Told::Answer(answer)) => self.answers.push(answer),
                Item::Preamble(_) => unreachable!("a reader finds one preamble"),
            }
        }
    }

    fn read(&mut self) {
        let mut bytes = [0; 1 << 16];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(count) => self.reader.feed(&bytes[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.ended = true,
        }
    }
}
