//! A Unix socket behind which a script answers.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use taskscope_model::change::{Complete, Goodbye};
use taskscope_model::frame::{self, FrameWriter, Read, Reader, Told};
use taskscope_model::hello::Hello;
use taskscope_model::request::{Answer, Denied, Reason, Request, Subscribe};
use taskscope_model::{Change, Fact, Query, Source, World};

/// What it does with a connection.
#[derive(Clone)]
pub(crate) enum Script {
    /// What an agent does: Hello, and to each subscription these Changes.
    Serve(Box<Hello>, Vec<Change>),
    /// The same, but it ends after the first subscription, with or without goodbye.
    ServeAndEnd {
        /// Whether it says so.
        goodbye: bool,
    },
    /// Sends these bytes, and waits.
    Say(Vec<u8>),
    /// Closes at once.
    Close,
}

/// A program with an agent. It ends when it is dropped.
pub(crate) struct FakeAgent {
    path: PathBuf,
    asked: Receiver<Subscribe>,
    folder: Option<tempfile::TempDir>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeAgent {
    /// The program of [`changes`](super::changes).
    pub(crate) fn echo_server() -> Self {
        Self::start(Script::Serve(Box::new(super::hello()), super::changes()))
    }

    /// In a folder of its own.
    pub(crate) fn start(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut agent = Self::start_at(&folder.path().join("1.sock"), script);
        agent.folder = Some(folder);
        agent
    }

    /// At a path.
    pub(crate) fn start_at(path: &Path, script: Script) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let (tell, asked) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || listen(&listener, &script, &tell, &stopped));
        Self { path: path.to_owned(), asked, folder: None, stop, thread: Some(thread) }
    }

    /// Its socket.
    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// What was asked of it last.
    pub(crate) fn asked(&self) -> Option<Subscribe> {
        self.asked.try_iter().last()
    }
}

impl Drop for FakeAgent {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if UnixStream::connect(&self.path).is_ok() {
            self.thread.take().map(JoinHandle::join);
        }
    }
}

fn listen(listener: &UnixListener, script: &Script, tell: &Sender<Subscribe>, stop: &AtomicBool) {
    let mut open: Vec<(UnixStream, JoinHandle<()>)> = Vec::new();
    for stream in listener.incoming().map_while(Result::ok) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let (kept, script, tell) = (stream.try_clone().unwrap(), script.clone(), tell.clone());
        // A client that leaves early is no matter.
        open.push((kept, std::thread::spawn(move || drop(follow(&script, stream, &tell)))));
    }
    for (stream, thread) in open {
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

fn follow(script: &Script, mut stream: UnixStream, tell: &Sender<Subscribe>) -> io::Result<()> {
    match script {
        Script::Serve(hello, changes) => serve(&mut stream, hello, changes, tell, None),
        Script::ServeAndEnd { goodbye } => {
            serve(&mut stream, &super::hello(), &super::changes(), tell, Some(*goodbye))
        }
        Script::Say(bytes) => {
            stream.write_all(bytes)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Script::Close => Ok(()),
    }?;
    stream.shutdown(Shutdown::Both)
}

/// Speaks the protocol. `end`: stop after the first answer, with or without goodbye.
fn serve(
    stream: &mut UnixStream,
    hello: &Hello,
    changes: &[Change],
    tell: &Sender<Subscribe>,
    end: Option<bool>,
) -> io::Result<()> {
    let mut reader = Reader::<Request>::default();
    let mut piece = [0; 4096];
    loop {
        let n = stream.read(&mut piece)?;
        reader.feed(&piece[..n]);
        while let Some(read) = reader.next().map_err(io::Error::other)? {
            let asked = matches!(read, Read::Message(_));
            match read {
                Read::Preamble(_) => stream.write_all(&frame::preamble(hello)?)?,
                Read::Message(Request::Subscribe(subscribe)) => {
                    // Most tests do not want to know.
                    let _ = tell.send(subscribe.clone());
                    stream.write_all(&answer(&subscribe, changes, end == Some(true)))?;
                }
                Read::Message(Request::Cancel(_) | Request::Trace(_) | Request::Switch(_)) => {}
            }
            if end.is_some() && asked {
                return Ok(());
            }
        }
        if n == 0 {
            return Ok(());
        }
    }
}

fn answer(subscribe: &Subscribe, changes: &[Change], goodbye: bool) -> Vec<u8> {
    let mut frames = FrameWriter::default();
    let number = subscribe.number;
    if Query::parse(&subscribe.query).is_err() {
        let (reason, message) = (Reason::WRONG_QUERY, "not in my version".to_owned());
        frames.push(&Told::Answer(Answer::Denied(Denied { number, reason, message })));
        return frames.take();
    }
    changes.iter().for_each(|change| frames.push(&Told::Change(change.clone())));
    let mut agent_tells = |fact: Fact| frames.push(&Told::Change(Change { source: Source::AGENT, fact }));
    agent_tells(Complete { subscription: number }.into());
    if goodbye {
        let mut world = World::default();
        changes.iter().for_each(|change| world.apply(change));
        agent_tells(Goodbye { at: world.now(), reason: String::new() }.into());
    }
    frames.take()
}
