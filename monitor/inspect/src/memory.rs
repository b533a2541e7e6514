//! Where a program's memory comes from. Everything above reads through [`Memory`]: a live process, a core
//! dump, or whoever else can serve these few calls.
//!
//! What is read is never believed: it may be torn, freed or hostile.

mod core_file;
mod live;

pub(crate) use core_file::CoreFile;
pub(crate) use live::Live;

use crate::Error;
use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use taskscope_model::At;
use taskscope_model::request::memory::{Hit, Span};

/// A program's memory and what else of it can be seen from outside.
pub trait Memory: Send + Sync {
    /// Reads from `address` on, and says how many bytes could be read; 0 where nothing is mapped.
    ///
    /// # Errors
    /// The program is gone, or may not be read at all.
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error>;

    /// Reads many pieces. What cannot be read whole is left empty.
    ///
    /// # Errors
    /// The program is gone, or may not be read at all.
    fn read_many(&self, pieces: &mut [Piece]) -> Result<(), Error> {
        for piece in pieces {
            if self.read(piece.address, &mut piece.bytes)? < piece.bytes.len() {
                piece.bytes.clear();
            }
        }
        Ok(())
    }

    /// What is mapped, by ascending address.
    ///
    /// # Errors
    /// The program is gone, or may not be looked at.
    fn mappings(&self) -> Result<Vec<Mapping>, Error>;

    /// The parts of a range that hold anything: reading the others would only make the kernel give them pages.
    ///
    /// # Errors
    /// The program is gone.
    fn resident(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
        Ok(vec![range])
    }

    /// Looks for words at multiples of eight that are in one of these ranges of values, where that can be done nearer
    /// to the memory than here; `None`: it has to be read, and looked through here.
    ///
    /// # Errors
    /// The program is gone.
    fn search(&self, _ranges: &[Range<u64>], _spans: &[Span]) -> Result<Option<Vec<Hit>>, Error> {
        Ok(None)
    }

    /// Its threads, the main one first; as they were when it was last asked what is mapped, or now.
    ///
    /// # Errors
    /// The program is gone.
    fn threads(&self) -> Result<Vec<Thread>, Error>;

    /// The file behind a mapping, even if it has been deleted or lies in another mount namespace.
    fn file(&self, mapping: &Mapping) -> Option<File>;

    /// The folder from which its files are seen by their paths: those beside its executable, such as separate debug
    /// information. Ours, unless it lives in a mount namespace of its own.
    fn root(&self) -> PathBuf {
        "/".into()
    }

    /// Its host's CLOCK_MONOTONIC now; `None` if it has no now.
    fn now(&self) -> Option<At>;

    /// Which of its file descriptors are sockets, and their ends.
    fn sockets(&self, descriptors: &[i32]) -> HashMap<i32, Socket>;

    /// Name of its executable, for messages.
    fn program(&self) -> String;
}

/// Bytes to be read, and where from. Its length is that of `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where they begin.
    pub address: u64,
    /// Room for them; empty if they could not be read.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// Room for `length` bytes at `address`.
    pub fn new(address: u64, length: usize) -> Self {
        Self { address, bytes: vec![0; length] }
    }

    /// A number that differs, in all likelihood, where any of the bytes or the addresses do.
    pub(crate) fn fingerprint(pieces: &[Self]) -> u64 {
        /// An odd number whose bits look like chance.
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |sum: u64, word: u64| (sum.rotate_left(23) ^ word).wrapping_mul(MIX);
        pieces.iter().fold(0, |sum, piece| {
            let (words, rest) = piece.bytes.as_chunks::<8>();
            let sum = mix(sum, piece.address);
            let sum = words.iter().fold(sum, |sum, word| mix(sum, u64::from_le_bytes(*word)));
            rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
        })
    }

    /// The word at an address within.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.at(address, 8)?.try_into().ok()?))
    }

    /// The bytes at an address within.
    pub(crate) fn at(&self, address: u64, length: usize) -> Option<&[u8]> {
        let offset = usize::try_from(address.checked_sub(self.address)?).ok()?;
        self.bytes.get(offset..offset.checked_add(length)?)
    }
}

/// A range of addresses with one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its addresses.
    pub range: Range<u64>,
    /// It may be read.
    pub readable: bool,
    /// It may be written.
    pub writable: bool,
    /// It may be executed.
    pub executable: bool,
    /// Others see what is written to it.
    pub shared: bool,
    /// Where in its file it begins.
    pub offset: u64,
    /// The file's number within its file system; 0 without a file.
    pub inode: u64,
    /// The file's path, or a name in brackets; may be empty.
    pub path: String,
}

impl Mapping {
    /// Those of a text like `/proc/PID/maps`. Lines that make no sense are left out.
    pub fn all(text: &str) -> Vec<Self> {
        live::mappings(text)
    }
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its number.
    pub tid: u32,
    /// Its stack pointer; `None` while it runs.
    pub stack_pointer: Option<u64>,
}

/// A socket's ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Socket {
    /// `tcp`, `udp` or `unix`.
    pub protocol: &'static str,
    /// This program's end, if it has an address.
    pub local: Option<SocketAddr>,
    /// The other end, if it is connected.
    pub peer: Option<SocketAddr>,
}
