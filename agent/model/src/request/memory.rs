//! The program's own memory, as it stands, for who looks for tasks in it and may not ask the system for it. All of
//! this needs the right to memory. What is asked for is bounded, and so is each answer; a wrong address is no error.

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes that one answer holds at most.
pub const MOST_BYTES: u64 = 256 << 10;
/// Pieces of one `ReadMemory`.
pub const MOST_PIECES: usize = 2_048;
/// Bytes that hold anything and are looked at for one `SearchMemory`: it ends soon after so many.
pub const MOST_SEARCHED: u64 = 16 << 20;
/// Ranges of values in one `SearchMemory`.
pub const MOST_SPANS: usize = 64;
/// Words that one `MemorySearched` names.
pub const MOST_HITS: usize = 4_096;

/// Bytes. Written in one go, not one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

/// Say what is mapped, and where the threads' stacks are. Answered by `Mapped`, by several if it is long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Chosen by the client, repeated in the answers.
    pub number: u32,
}

/// Read pieces of the memory, or of a file that is mapped into it: at most [`MOST_PIECES`] pieces, and at most
/// [`MOST_BYTES`] in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMemory {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// An address at which the file is mapped that is meant; 0: the memory itself.
    pub file: u64,
    /// The pieces.
    pub pieces: Vec<Extent>,
}

/// A piece of the memory or of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Where it begins: an address, or an offset into the file.
    pub begin: u64,
    /// Its length, bytes.
    pub length: u64,
}

/// Say where words stand that have certain values. Only words at multiples of eight are looked at, and no memory
/// that has never been touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchMemory {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The first address.
    pub from: u64,
    /// The address behind the last one.
    pub to: u64,
    /// The values that are looked for: at most [`MOST_SPANS`].
    pub spans: Vec<Span>,
}

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first one.
    pub first: u64,
    /// From the first one to the last one; 0: there is but one.
    pub length: u64,
}

/// What is mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// The request's number.
    pub number: u32,
    /// The next part of `/proc/self/maps`.
    pub maps: Blob,
    /// The threads, all in the last answer.
    pub threads: Vec<StackPointer>,
    /// Another answer follows.
    pub more: bool,
}

/// Where a thread's stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPointer {
    /// The thread's number, as the program counts.
    pub tid: u32,
    /// Its stack pointer; 0: it runs, or the system does not tell.
    pub address: u64,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryRead {
    /// The request's number.
    pub number: u32,
    /// One a piece, in the order asked; shorter, or empty, where there is no more to read.
    pub pieces: Vec<Blob>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemorySearched {
    /// The request's number.
    pub number: u32,
    /// Up to here everything was looked at; behind the beginning of what was asked for, unless nothing was.
    pub until: u64,
    /// Where such words stand, in ascending order, and their values: at most [`MOST_HITS`].
    pub hits: Vec<Hit>,
}

/// A word that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Where it stands.
    pub address: u64,
    /// Its value.
    pub word: u64,
}
