//! A program's memory as its agent lends it: read by the agent, in the program, and told over a connection of its own.
//! So a program can be looked at though the system does not let this process read it: Yama, a container, a program
//! that is not dumpable. It costs the program a little of its agent's time, so it is the second choice.

use super::super::{AttachError, Heard, unix, wire};
use crate::clock::{self, Deadline};
use rustix::fs::{FileExt as _, MemfdFlags, MetadataExt as _};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use taskscope_inspect::{Error, Mapping, Memory, Piece, Socket, Thread};
use taskscope_model::At;
use taskscope_model::request::memory::{Blob, Extent, Hit, MOST_BYTES, MOST_PIECES, Span};
use taskscope_model::request::{Answer, Denied, Layout, Mapped, ReadMemory, Reason, Request, SearchMemory};

/// For one answer. The agent takes but a small part of a processor.
const PATIENCE: Duration = Duration::from_secs(20);
/// Requests that are sent ahead of their answers.
const AHEAD: usize = 16;
/// The largest file that is copied.
const LARGEST_FILE: u64 = 4 << 30;
const PAGE: usize = 4_096;

/// Whom to ask for the memory.
#[derive(Clone, Debug)]
pub(crate) struct Lender {
    /// The agent's socket, and the process that has to be behind it.
    pub(crate) path: PathBuf,
    pub(crate) pid: Option<u32>,
}

/// The memory of a program with an agent.
pub(super) struct Lent {
    pid: u32,
    program: String,
    link: Mutex<Link>,
    /// As the last look at what is mapped has shown them.
    threads: Mutex<Vec<Thread>>,
    /// Copies of mapped files, by their number.
    files: Mutex<HashMap<u64, Option<File>>>,
    /// The process itself, if it is known here: much of it is to be seen without reading its memory.
    beside: Option<Box<dyn Memory>>,
}

struct Link {
    connection: wire::Connection,
    number: u32,
}

impl Lent {
    /// Connects. `process` is its number on this host, if it has one.
    pub(super) fn attach(
        lender: &Lender,
        process: Option<u32>,
        within: Duration,
    ) -> Result<Self, AttachError> {
        let (hello, connection) = unix::attach(&lender.path, lender.pid, within)?;
        Ok(Self {
            pid: hello.pid,
            program: hello.program,
            link: Mutex::new(Link { connection, number: 0 }),
            threads: Mutex::default(),
            files: Mutex::default(),
            beside: process.and_then(|pid| taskscope_inspect::live(pid).ok()),
        })
    }

    fn pieces(&self, file: u64, extents: &[Extent]) -> Result<Vec<Blob>, Error> {
        let mut link = locked(&self.link);
        let mut batches = batches(extents).peekable();
        let (mut asked, mut found) = (VecDeque::new(), Vec::with_capacity(extents.len()));
        let mut in_flight = 0;
        loop {
            // While the agent's answers are not taken it takes no requests: not more of them than the socket holds.
            while let Some(batch) = batches.next_if(|batch| {
                asked.is_empty() || (asked.len() < AHEAD && in_flight + batch.len() <= MOST_PIECES)
            }) {
                let pieces = batch.to_vec();
                let number = link.ask(self.pid, |number| ReadMemory { number, file, pieces }.into())?;
                asked.push_back((number, batch.len()));
                in_flight += batch.len();
            }
            let Some((number, length)) = asked.pop_front() else { return Ok(found) };
            in_flight -= length;
            match link.answer(self.pid, number)? {
                Answer::MemoryRead(read) if read.pieces.len() == length => found.extend(read.pieces),
                other => return Err(strange(&other)),
            }
        }
    }

    /// Copies from memory or a file, up to where it ends.
    fn copy(&self, file: u64, begin: u64, length: u64) -> Result<Vec<u8>, Error> {
        let starts = (0..length).step_by(MOST_BYTES as usize);
        let extents: Vec<Extent> = starts
            .filter_map(|at| {
                Some(Extent { begin: begin.checked_add(at)?, length: MOST_BYTES.min(length - at) })
            })
            .collect();
        let mut bytes = Vec::new();
        for (extent, piece) in extents.iter().zip(self.pieces(file, &extents)?) {
            bytes.extend_from_slice(&piece.0);
            if (piece.0.len() as u64) < extent.length {
                break;
            }
        }
        Ok(bytes)
    }

    /// The file of that name here, if it is the one that is mapped there.
    fn same_file_here(&self, mapping: &Mapping) -> Option<File> {
        let file = File::open(Path::new(&mapping.path)).ok()?;
        let is_it = file.metadata().is_ok_and(|is| is.ino() == mapping.inode) && mapping.offset == 0;
        let (mut here, mut there) = (vec![0; PAGE], vec![0; PAGE]);
        is_it.then_some(())?;
        let read = file.read_at(&mut here, 0).ok()?;
        let same = self.read(mapping.range.start, &mut there).is_ok_and(|there| there >= read);
        (same && here.get(..read)? == there.get(..read)?).then_some(file)
    }

    /// A copy of a mapped file.
    fn copied(&self, mapping: &Mapping) -> Option<File> {
        /// Copied at once.
        const STRETCH: u64 = 8 << 20;
        let copy = File::from(rustix::fs::memfd_create("taskscope", MemfdFlags::CLOEXEC).ok()?);
        let mut done = 0;
        while done < LARGEST_FILE {
            let bytes = self.copy(mapping.range.start, done, STRETCH).ok()?;
            write_at(&copy, &bytes, done).ok()?;
            done += bytes.len() as u64;
            if (bytes.len() as u64) < STRETCH {
                break;
            }
        }
        (done > 0).then_some(copy)
    }
}

fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = file.write_at(bytes, at)?;
        bytes = bytes.get(written..).unwrap_or_default();
        at += written as u64;
    }
    Ok(())
}

/// As many as one request takes.
fn batches(extents: &[Extent]) -> impl Iterator<Item = &[Extent]> {
    let mut rest = extents;
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |extent: &&Extent| {
            bytes = bytes.saturating_add(extent.length);
            bytes <= MOST_BYTES
        };
        let count = rest.iter().take(MOST_PIECES).take_while(fits).count().max(1).min(rest.len());
        let (batch, behind) = rest.split_at(count);
        rest = behind;
        (!batch.is_empty()).then_some(batch)
    })
}

impl Link {
    /// Sends a request, and gives its number.
    fn ask(&mut self, pid: u32, request: impl FnOnce(u32) -> Request) -> Result<u32, Error> {
        self.number = self.number.wrapping_add(1);
        self.connection.asker().ask(&request(self.number)).map_err(|_| Error::Gone { pid })?;
        Ok(self.number)
    }

    /// The answer to that request. They come in the order of the requests; those that nobody waits for any more, since
    /// one before them was denied, are passed over.
    fn answer(&mut self, pid: u32, number: u32) -> Result<Answer, Error> {
        let deadline = Deadline::after(Some(PATIENCE));
        loop {
            let Ok(left) = deadline.left() else { return Err(failed(io::ErrorKind::TimedOut.into())) };
            match self.connection.next(left) {
                Ok(Some(Heard::Answer(other))) if other.number() != number => {}
                Ok(Some(Heard::Answer(Answer::Denied(denied)))) => return Err(why(pid, denied)),
                Ok(Some(Heard::Answer(answer))) => return Ok(answer),
                Ok(Some(Heard::Changes(_)) | None) => {}
                Err(AttachError::Io(_, error)) => return Err(failed(error)),
                Err(_) => return Err(Error::Gone { pid }),
            }
        }
    }
}

fn why(pid: u32, denied: Denied) -> Error {
    match denied.reason {
        Reason::NOT_PERMITTED => Error::NotPermitted { pid },
        _ => failed(io::Error::other(denied.message)),
    }
}

fn strange(answer: &Answer) -> Error {
    failed(io::Error::other(format!("an answer of kind {:#06x} to another question", answer.kind())))
}

fn failed(source: io::Error) -> Error {
    Error::Io { what: "the memory that the agent lends".to_owned(), source }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory for Lent {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        let bytes = self.copy(0, address, into.len() as u64)?;
        let length = bytes.len().min(into.len());
        into[..length].copy_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn read_many(&self, pieces: &mut [Piece]) -> Result<(), Error> {
        let is_small = |piece: &&mut Piece| piece.bytes.len() as u64 <= MOST_BYTES;
        let small = pieces.iter_mut().filter(|piece| is_small(piece));
        let extents: Vec<_> =
            small.map(|piece| Extent { begin: piece.address, length: piece.bytes.len() as u64 }).collect();
        let read = self.pieces(0, &extents)?;
        for (piece, read) in pieces.iter_mut().filter(is_small).zip(read) {
            piece.bytes = if read.0.len() == piece.bytes.len() { read.0 } else { Vec::new() };
        }
        for piece in pieces.iter_mut().filter(|piece| !is_small(piece)) {
            if self.read(piece.address, &mut piece.bytes)? < piece.bytes.len() {
                piece.bytes.clear();
            }
        }
        Ok(())
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        let mut link = locked(&self.link);
        let number = link.ask(self.pid, |number| Layout { number }.into())?;
        let mut text = Vec::new();
        loop {
            let Mapped { maps, threads, more, .. } = match link.answer(self.pid, number)? {
                Answer::Mapped(mapped) => mapped,
                other => return Err(strange(&other)),
            };
            text.extend_from_slice(&maps.0);
            if !more {
                let thread = |address: u64| Some(address).filter(|address| *address != 0);
                let threads =
                    threads.iter().map(|it| Thread { tid: it.tid, stack_pointer: thread(it.address) });
                *locked(&self.threads) = threads.collect();
                return Ok(Mapping::all(&String::from_utf8_lossy(&text)));
            }
        }
    }

    fn threads(&self) -> Result<Vec<Thread>, Error> {
        Ok(locked(&self.threads).clone())
    }

    fn search(&self, ranges: &[Range<u64>], spans: &[Span]) -> Result<Option<Vec<Hit>>, Error> {
        let (mut link, mut found) = (locked(&self.link), Vec::new());
        for range in ranges {
            let mut from = range.start;
            while from < range.end {
                let (to, spans) = (range.end, spans.to_vec());
                let number = link.ask(self.pid, |number| SearchMemory { number, from, to, spans }.into())?;
                match link.answer(self.pid, number)? {
                    Answer::MemorySearched(part) if part.until > from => {
                        from = part.until;
                        found.extend(part.hits);
                    }
                    other => return Err(strange(&other)),
                }
            }
        }
        Ok(Some(found))
    }

    fn file(&self, mapping: &Mapping) -> Option<File> {
        if let Some(file) = self.beside.as_ref().and_then(|beside| beside.file(mapping)) {
            return Some(file);
        }
        let known = locked(&self.files).get(&mapping.inode).map(|known| known.as_ref()?.try_clone().ok());
        known.unwrap_or_else(|| {
            let file = self.same_file_here(mapping).or_else(|| self.copied(mapping));
            let kept = file.as_ref().and_then(|file| file.try_clone().ok());
            locked(&self.files).insert(mapping.inode, kept);
            file
        })
    }

    fn root(&self) -> PathBuf {
        self.beside.as_ref().map_or_else(|| "/".into(), |beside| beside.root())
    }

    fn now(&self) -> Option<At> {
        Some(clock::monotonic())
    }

    fn sockets(&self, descriptors: &[i32]) -> HashMap<i32, Socket> {
        self.beside.as_ref().map_or_else(HashMap::new, |beside| beside.sockets(descriptors))
    }

    fn program(&self) -> String {
        self.program.clone()
    }
}
