//! A client of this process's own agent, and the runtime that the tests share.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use taskscope_agent::{Builder, Runtime};
use taskscope_model::World;
use taskscope_model::frame::{self, FrameWriter, Read as Item, Reader, Told};
use taskscope_model::hello::Greeting;
use taskscope_model::request::{Answer, Request, Subscribe};

/// One runtime for all tests of the process, with two workers.
pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut tokio = tokio::runtime::Builder::new_multi_thread();
        Builder::new().build_from(tokio.worker_threads(2).enable_all()).unwrap()
    })
}

/// A connection, and what it has told.
pub(super) struct Client {
    stream: UnixStream,
    reader: Reader<Told>,
    pub(super) world: World,
    pub(super) answers: Vec<Answer>,
}

impl Client {
    pub(super) fn attach() -> Self {
        runtime();
        let stream =
            sockets().into_iter().find_map(|path| UnixStream::connect(path).ok()).expect("the agent listens");
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let (reader, world) = (Reader::default(), World::default());
        let mut client = Self { stream, reader, world, answers: Vec::new() };
        let greeting = Greeting { client: "tests".to_owned(), token: None };
        client.stream.write_all(&frame::preamble(&greeting).unwrap()).unwrap();
        client
    }

    /// A client that is told everything.
    pub(super) fn watching() -> Self {
        let mut client = Self::attach();
        client.ask(Subscribe { number: 1, ended: true, totals: true, ..Subscribe::default() });
        client.until("the snapshot", |client| client.world.complete(taskscope_model::Source::AGENT));
        client
    }

    pub(super) fn ask(&mut self, request: impl Into<Request>) {
        let mut frames = FrameWriter::default();
        frames.push(&request.into());
        self.stream.write_all(&frames.take()).unwrap();
    }

    /// Waits until what has been told is as it should be.
    #[track_caller]
    pub(super) fn until<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        #[expect(clippy::disallowed_methods, reason = "a last resort for a test that would hang")]
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
            self.hear();
        }
    }

    /// Waits for the answer to the request of that number.
    #[track_caller]
    pub(super) fn answer(&mut self, number: u32) -> Answer {
        let of = |answer: &&Answer| answer.number() == number;
        self.until("an answer", |client| client.answers.iter().find(of).cloned())
    }

    fn hear(&mut self) {
        let mut bytes = [0; 1 << 16];
        match self.stream.read(&mut bytes) {
            Ok(0) => panic!("the agent has hung up"),
            Ok(count) => self.reader.feed(&bytes[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
        while let Some(item) = self.reader.next().unwrap() {
            match item {
                Item::Message(Told::Change(change)) => self.world.apply(&change),
                Item::Message(Told::Answer(answer)) => self.answers.push(answer),
                Item::Preamble(_) => {}
            }
        }
    }
}

/// Where this process's agent may listen.
fn sockets() -> Vec<PathBuf> {
    let uid = rustix::process::getuid().as_raw();
    let file = format!("{}.sock", std::process::id());
    let private = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let private = private.unwrap_or_else(|| PathBuf::from(format!("/run/user/{uid}"))).join("taskscope");
    [private, std::env::temp_dir().join(format!("taskscope-{uid}"))].map(|folder| folder.join(&file)).into()
}

/// The number of a task, as clients are told it.
pub(super) fn task_id(id: tokio::task::Id) -> taskscope_model::TaskId {
    id.to_string().parse().unwrap()
}
