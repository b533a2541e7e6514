//! A task's memory while its tree is walked: copies of the pieces it consists of. Each piece is copied once, so
//! that the tree is of one moment if all pieces are still the same afterwards.

use crate::memory::{Memory, Piece};
use crate::types::Number;

/// Pieces outside of the task that are copied at most.
const MOST_PIECES: usize = 1024;
/// Longest piece.
const LONGEST: u64 = 1 << 20;
/// What all of them have together at most, bytes.
const MOST_BYTES: usize = 16 << 20;
/// And all that are copied one after the other, where the task has to be found first.
const MOST_IN_ALL: usize = 256 << 20;

/// A task's memory.
pub(crate) struct View<'a> {
    memory: &'a dyn Memory,
    pieces: Vec<Piece>,
    /// What may still be copied, bytes.
    left: usize,
    left_in_all: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(memory: &'a dyn Memory, task: Piece) -> Self {
        Self { memory, pieces: vec![task], left: MOST_BYTES, left_in_all: MOST_IN_ALL }
    }

    /// Forgets all but the first piece.
    pub(crate) fn only_first(&mut self) {
        self.pieces.truncate(1);
        self.left = MOST_BYTES;
    }

    /// What was copied.
    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    pub(crate) fn memory(&self) -> &'a dyn Memory {
        self.memory
    }

    /// Copies a piece that a pointer leads to, unless it is there already.
    pub(crate) fn fetch(&mut self, address: u64, length: u64) -> Option<()> {
        let room = usize::try_from(length.min(LONGEST)).ok()?;
        if self.pieces.iter().any(|piece| piece.at(address, room).is_some()) {
            return Some(());
        }
        if self.pieces.len() >= MOST_PIECES || address == 0 {
            return None;
        }
        self.left = self.left.checked_sub(room)?;
        self.left_in_all = self.left_in_all.checked_sub(room)?;
        let mut piece = Piece::new(address, room);
        let read = self.memory.read(address, &mut piece.bytes).ok()?;
        (read == room).then(|| self.pieces.push(piece))
    }

    /// A word; what is not copied yet is copied.
    pub(crate) fn word(&mut self, address: u64) -> Option<u64> {
        self.fetch(address, 8)?;
        // Later pieces may overlap earlier ones: the first copy is the one that counts.
        self.pieces.iter().find_map(|piece| piece.word(address))
    }

    /// A number of up to eight bytes within something at `address`.
    pub(crate) fn number(&mut self, address: u64, number: Number) -> Option<u64> {
        let (at, length) = (address.checked_add(number.offset)?, number.size.clamp(1, 8));
        self.fetch(at, length)?;
        let length = usize::try_from(length).ok()?;
        let bytes = self.pieces.iter().find_map(|piece| piece.at(at, length))?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
