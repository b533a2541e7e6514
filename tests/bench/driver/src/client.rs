//! A client of the agent's, as the monitor is one.

use crate::program;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use taskscope_model::World;
use taskscope_model::change::Fact;
use taskscope_model::frame::{self, FrameWriter, Read as Item, Reader, Told};
use taskscope_model::hello::Greeting;
use taskscope_model::request::{Request, Subscribe};

const LISTENS_WITHIN: Duration = Duration::from_secs(10);

/// A connection, and what came over it.
pub struct Client {
    stream: UnixStream,
    reader: Reader<Told>,
    pub world: World,
    pub bytes: u64,
    complete: bool,
}

/// What the terminal interface asks for: the busiest tasks, again and again.
pub fn watching() -> Subscribe {
    Subscribe { number: 1, sort: "busy".to_owned(), reverse: true, limit: 2_000, ..Subscribe::default() }
}

/// Every task, once.
pub fn listing() -> Subscribe {
    Subscribe { number: 1, once: true, ..Subscribe::default() }
}

impl Client {
    /// Attaches to a process and asks.
    pub fn attach(pid: u32, subscribe: Subscribe) -> io::Result<Self> {
        let mut stream = connect(pid)?;
        let greeting = Greeting { client: "bench".to_owned(), token: None };
        stream.write_all(&frame::preamble(&greeting).map_err(io::Error::other)?)?;
        let mut frames = FrameWriter::default();
        frames.push(&Request::Subscribe(subscribe));
        stream.write_all(&frames.take())?;
        Ok(Self { stream, reader: Reader::default(), world: World::default(), bytes: 0, complete: false })
    }

    /// Reads until everything that there was has been told.
    pub fn complete(&mut self) -> io::Result<()> {
        while !self.complete {
            if self.read()? == 0 {
                return Err(io::Error::other("the agent has hung up"));
            }
        }
        Ok(())
    }

    /// Reads until the program is gone.
    pub fn listen(&mut self) -> io::Result<()> {
        while self.read()? > 0 {}
        Ok(())
    }

    /// Breaks the connection from another thread.
    pub fn breaker(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }

    fn read(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 1 << 16];
        let read = self.stream.read(&mut bytes)?;
        self.bytes += read as u64;
        self.reader.feed(&bytes[..read]);
        while let Some(item) = self.reader.next().map_err(io::Error::other)? {
            if let Item::Message(Told::Change(change)) = item {
                self.complete |= matches!(change.fact, Fact::Complete(_));
                self.world.apply(&change);
            }
        }
        Ok(read)
    }
}

fn connect(pid: u32) -> io::Result<UnixStream> {
    let begin = Instant::now();
    loop {
        match UnixStream::connect(program::socket(pid)) {
            Err(_) if begin.elapsed() < LISTENS_WITHIN => std::thread::sleep(Duration::from_millis(2)),
            connected => return connected,
        }
    }
}
