//! Bytes of a connection and of a recording. No IO: bytes in, messages out, and the other way round.
//!
//! ```text
//! preamble   magic[8]  oldest:u16  newest:u16  length:u32  JSON[length]        once, at the start
//! frame      length:u32  count:u16  item * count                               length counts what follows it
//! item       kind:u16  flags:u16  length:u32  postcard[length]
//! flags      bit 0: must understand    bits 8..16: the source of a Change
//! ```
//! All numbers are little-endian. Every length is checked against its bound before anything is allocated
//! for it. A reader skips an item of a kind it does not know, and counts it; if the item must be understood
//! it stops instead.

use crate::change::{Change, Fact};
use crate::codes::Source;
use crate::request::{Answer, Request};
use serde::Serialize;

/// The first bytes of a connection and of a recording.
pub const MAGIC: [u8; 8] = *b"taskscop";
/// The oldest version of the frames that this code reads.
pub const OLDEST: u16 = 1;
/// The version that this code writes.
pub const NEWEST: u16 = 1;
/// Largest JSON of a preamble, bytes.
pub const MAX_PREAMBLE: u32 = 1 << 20;
/// Largest frame, bytes after its length field.
pub const MAX_FRAME: u32 = 1 << 20;
/// Largest payload of a message, bytes: it fits into a frame that is not yet full.
pub const MAX_PAYLOAD: usize = MAX_FRAME as usize - FULL_FRAME - FRAME_HEAD - ITEM_HEAD;
/// A frame is closed when it has grown to this size, bytes: a small piece for a slow link.
const FULL_FRAME: usize = 1 << 16;

// An open frame is closed long before its count is at an end.
const _: () = assert!(FULL_FRAME / ITEM_HEAD < u16::MAX as usize);

const PREAMBLE_HEAD: usize = 16;
const FRAME_HEAD: usize = 6;
const ITEM_HEAD: usize = 8;
const MUST_UNDERSTAND: u16 = 1;

/// Something is wrong with the bytes. None of these leaves a connection usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first bytes are not ours.
    #[error("this is not a taskscope connection or recording")]
    NotTaskscope,
    /// The other side writes versions that are no longer read here.
    #[error(
        "the other side speaks version {newest} and older, this one reads {OLDEST} and newer: update the other side"
    )]
    TooOld {
        /// The newest version it speaks.
        newest: u16,
    },
    /// The other side writes versions that are not yet read here.
    #[error(
        "the other side speaks version {oldest} and newer, this one reads up to {NEWEST}: update this side"
    )]
    TooNew {
        /// The oldest version it speaks.
        oldest: u16,
    },
    /// A length is out of its bounds.
    #[error("a {what} of {length} bytes is out of bounds")]
    Length {
        /// What has the length.
        what: &'static str,
        /// The length it claims.
        length: u32,
    },
    /// A message that must be understood is not.
    #[error("a message of kind {kind:#06x} must be understood and is not: update this side")]
    MustUnderstand {
        /// Its kind.
        kind: u16,
    },
    /// A message of a known kind cannot be read.
    #[error("a message of kind {kind:#06x} cannot be read")]
    Payload {
        /// Its kind.
        kind: u16,
    },
}

/// A message that can stand in a frame.
pub trait Message: Sized {
    /// Kind and source flags of the item.
    fn head(&self) -> (u16, u16);
    /// Appends the payload.
    ///
    /// # Errors
    /// postcard's; none occurs for these types.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), postcard::Error>;
    /// Reads a payload; `Ok(None)` for an unknown kind.
    ///
    /// # Errors
    /// The payload is not of its kind.
    fn read(kind: u16, flags: u16, payload: &[u8]) -> Result<Option<Self>, postcard::Error>;
}

/// What a program tells a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A fact.
    Change(Change),
    /// An answer to a request.
    Answer(Answer),
}

impl Message for Told {
    fn head(&self) -> (u16, u16) {
        match self {
            Told::Change(change) => (change.fact.kind(), u16::from(change.source.0) << 8),
            Told::Answer(answer) => (answer.kind(), 0),
        }
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), postcard::Error> {
        match self {
            Told::Change(change) => change.fact.write(out),
            Told::Answer(answer) => answer.write(out),
        }
    }

    fn read(kind: u16, flags: u16, payload: &[u8]) -> Result<Option<Self>, postcard::Error> {
        let source = Source((flags >> 8) as u8);
        match Fact::read(kind, payload)? {
            Some(fact) => Ok(Some(Told::Change(Change { source, fact }))),
            None => Ok(Answer::read(kind, payload)?.map(Told::Answer)),
        }
    }
}

impl Message for Request {
    fn head(&self) -> (u16, u16) {
        (self.kind(), MUST_UNDERSTAND)
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), postcard::Error> {
        Request::write(self, out)
    }

    fn read(kind: u16, _flags: u16, payload: &[u8]) -> Result<Option<Self>, postcard::Error> {
        Request::read(kind, payload)
    }
}

/// The bytes with which a side begins.
///
/// # Errors
/// `first` cannot be written as JSON, or is larger than [`MAX_PREAMBLE`].
pub fn preamble<T: Serialize>(first: &T) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(first)?;
    let length = u32::try_from(json.len()).ok().filter(|n| *n <= MAX_PREAMBLE);
    let length = length
        .ok_or_else(|| <serde_json::Error as serde::ser::Error>::custom("the first message is too long"))?;
    let mut bytes = Vec::with_capacity(PREAMBLE_HEAD + json.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&OLDEST.to_le_bytes());
    bytes.extend_from_slice(&NEWEST.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&json);
    Ok(bytes)
}

/// Writes messages into frames, appended to one buffer.
#[derive(Debug, Default)]
pub struct FrameWriter {
    bytes: Vec<u8>,
    /// Where the open frame starts, and how many items it has; never 0.
    open: Option<(usize, u16)>,
    left_out: u64,
}

impl FrameWriter {
    /// Appends a message. One that cannot be written, or is larger than [`MAX_PAYLOAD`], is left out and
    /// counted.
    pub fn push<M: Message>(&mut self, message: &M) {
        let before = self.bytes.len();
        let (start, count) = self.open.unwrap_or((before, 0));
        if count == 0 {
            self.bytes.extend_from_slice(&[0; FRAME_HEAD]);
        }
        let (kind, flags) = message.head();
        self.bytes.extend_from_slice(&kind.to_le_bytes());
        self.bytes.extend_from_slice(&flags.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        let payload = self.bytes.len();
        let written = message.write(&mut self.bytes);
        let length = self.bytes.len() - payload;
        if written.is_err() || length > MAX_PAYLOAD {
            self.bytes.truncate(before);
            self.left_out += 1;
            return;
        }
        self.bytes[payload - 4..payload].copy_from_slice(&(length as u32).to_le_bytes());
        self.open = Some((start, count + 1));
        if self.bytes.len() - start >= FULL_FRAME {
            self.close();
        }
    }

    /// Messages that were left out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Closes the open frame; the bytes so far form whole frames.
    pub fn close(&mut self) {
        if let Some((start, count)) = self.open.take() {
            let length = (self.bytes.len() - start - 4) as u32;
            self.bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
            self.bytes[start + 4..start + FRAME_HEAD].copy_from_slice(&count.to_le_bytes());
        }
    }

    /// Bytes waiting to be taken, the open frame's included.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Closes the open frame and takes all bytes.
    pub fn take(&mut self) -> Vec<u8> {
        self.close();
        std::mem::take(&mut self.bytes)
    }
}

/// What a reader found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<M> {
    /// The JSON with which the other side began.
    Preamble(Vec<u8>),
    /// A message.
    Message(M),
}

/// Reads a connection or a recording from bytes as they come, in pieces of any size.
#[derive(Debug)]
pub struct Reader<M> {
    bytes: Vec<u8>,
    at: usize,
    begun: bool,
    items_left: u16,
    frame_left: usize,
    unknown: u64,
    largest: u32,
    marker: std::marker::PhantomData<fn() -> M>,
}

impl<M: Message> Default for Reader<M> {
    fn default() -> Self {
        Self::with_largest(MAX_FRAME)
    }
}

impl<M: Message> Reader<M> {
    /// A reader that refuses a first message or a frame of more than `largest` bytes: what a program allows
    /// each of many clients. Never more than [`MAX_PREAMBLE`] and [`MAX_FRAME`].
    pub fn with_largest(largest: u32) -> Self {
        let (bytes, marker) = (Vec::new(), std::marker::PhantomData);
        Self { bytes, at: 0, begun: false, items_left: 0, frame_left: 0, unknown: 0, largest, marker }
    }

    /// A reader of what stands behind the first message: for a recording that is read from the middle on.
    pub fn behind_preamble() -> Self {
        Self { begun: true, ..Self::default() }
    }

    /// Bytes that were added and not read yet, if all that was read ends with a whole frame.
    pub fn unread(&self) -> Option<usize> {
        let between = self.begun && self.items_left == 0 && self.frame_left == 0;
        between.then(|| self.bytes.len() - self.at)
    }

    /// Adds bytes. Call [`next`](Self::next) until it gives `None` before adding more: then less than one
    /// frame or first message is kept.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Memory that is held, bytes: at most twice the largest frame or first message and the largest piece.
    pub fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Messages of unknown kinds that were skipped.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Whether the bytes so far end in the middle of something: a recording that was cut off.
    pub fn is_mid_way(&self) -> bool {
        self.at < self.bytes.len() || self.items_left > 0 || !self.begun
    }

    /// The next thing, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// See [`FrameError`]; the reader is of no use afterwards.
    #[expect(clippy::should_implement_trait, reason = "gives a Result of an Option, and may have more later")]
    pub fn next(&mut self) -> Result<Option<Read<M>>, FrameError> {
        if !self.begun {
            return Ok(self.preamble()?.map(Read::Preamble));
        }
        loop {
            if self.items_left == 0 {
                if self.frame_left > 0 {
                    return Err(self.rest_of_a_frame());
                }
                if !self.frame_head()? {
                    return Ok(None);
                }
                continue;
            }
            let Some((kind, flags, payload)) = self.item()? else { return Ok(None) };
            match M::read(kind, flags, &self.bytes[payload]) {
                Ok(Some(message)) => return Ok(Some(Read::Message(message))),
                Ok(None) if flags & MUST_UNDERSTAND != 0 => return Err(FrameError::MustUnderstand { kind }),
                Ok(None) => self.unknown += 1,
                Err(_) => return Err(FrameError::Payload { kind }),
            }
        }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn preamble(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let rest = self.rest();
        let seen = rest.len().min(MAGIC.len());
        if rest[..seen] != MAGIC[..seen] {
            return Err(FrameError::NotTaskscope);
        }
        let Some(head) = rest.get(..PREAMBLE_HEAD) else { return Ok(None) };
        let (oldest, newest, length) = (u16_at(head, 8), u16_at(head, 10), u32_at(head, 12));
        if newest < OLDEST {
            return Err(FrameError::TooOld { newest });
        }
        if oldest > NEWEST {
            return Err(FrameError::TooNew { oldest });
        }
        if length > MAX_PREAMBLE.min(self.largest) {
            return Err(FrameError::Length { what: "first message", length });
        }
        let end = PREAMBLE_HEAD + length as usize;
        let Some(json) = rest.get(PREAMBLE_HEAD..end) else { return Ok(None) };
        let json = json.to_vec();
        self.at += end;
        self.begun = true;
        Ok(Some(json))
    }

    /// The frame's length and what stands in it do not agree.
    fn rest_of_a_frame(&self) -> FrameError {
        FrameError::Length { what: "rest of a frame", length: self.frame_left as u32 }
    }

    /// Whether a frame has begun.
    fn frame_head(&mut self) -> Result<bool, FrameError> {
        let Some(length) = self.rest().get(..4) else { return Ok(false) };
        let length = u32_at(length, 0);
        if !(2..=MAX_FRAME.min(self.largest)).contains(&length) {
            return Err(FrameError::Length { what: "frame", length });
        }
        let Some(head) = self.rest().get(..FRAME_HEAD) else { return Ok(false) };
        self.items_left = u16_at(head, 4);
        self.frame_left = length as usize - 2;
        self.at += FRAME_HEAD;
        Ok(true)
    }

    fn item(&mut self) -> Result<Option<(u16, u16, std::ops::Range<usize>)>, FrameError> {
        if self.frame_left < ITEM_HEAD {
            return Err(self.rest_of_a_frame());
        }
        let Some(head) = self.rest().get(..ITEM_HEAD) else { return Ok(None) };
        let (kind, flags, length) = (u16_at(head, 0), u16_at(head, 2), u32_at(head, 4));
        if length as usize > self.frame_left - ITEM_HEAD {
            return Err(FrameError::Length { what: "message", length });
        }
        let whole = ITEM_HEAD + length as usize;
        if self.rest().len() < whole {
            return Ok(None);
        }
        let payload = self.at + ITEM_HEAD..self.at + whole;
        self.at += whole;
        self.frame_left -= whole;
        self.items_left -= 1;
        Ok(Some((kind, flags, payload)))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
