//! A Unix socket behind which a script answers.

use super::answers;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use taskscope_model::Change;
use taskscope_model::frame::{self, Read, Reader};
use taskscope_model::hello::{Hello, Rights};
use taskscope_model::request::{Request, Subscribe};

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

    /// The program of [`orders`](super::orders), whose tasks are wrapped.
    pub(crate) fn order_server(rights: Rights) -> Self {
        let hello = Hello { rights, program: "order_server".to_owned(), ..super::hello() };
        Self::start(Script::Serve(Box::new(hello), super::orders()))
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
                Read::Message(request) => {
                    if let Request::Subscribe(subscribe) = &request {
                        // Most tests do not want to know.
                        let _ = tell.send(subscribe.clone());
                    }
                    stream.write_all(&answers::to(&request, hello.rights, changes, end == Some(true)))?;
                }
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
