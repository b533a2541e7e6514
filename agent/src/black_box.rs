//! The black box (`TASKSCOPE_BLACKBOX=FILE`): what happened in the last minutes, as a recording in memory, which is
//! written to a file when something goes wrong, so that a process that is killed leaves it behind.
//!
//! The recording consists of two pieces. Each begins with a snapshot and can be read alone; when the newer one is
//! full it takes the place of the older one. So what is kept is bounded, and reaches back by one piece at least.
//!
//! Here are the pieces, when they are written, and how. The server fills them (see `server/black_box.rs`).

pub(crate) mod file;
mod occasions;
pub(crate) mod panicked;

pub(crate) use occasions::{Occasion, Occasions};

use taskscope_model::frame::{FrameWriter, Told};
use taskscope_model::{At, Nanos};

/// A piece is full when it has this size, bytes ...
const FULL: usize = 4 << 20;
/// ... or this age.
const OLD: Nanos = Nanos(60_000_000_000);
/// One that is full is not replaced earlier than this after its beginning: a snapshot costs something.
const YOUNG: Nanos = Nanos(1_000_000_000);
/// What does not fit into this is left out of a piece, bytes.
const MOST: usize = 2 * FULL;

/// The last minutes.
#[derive(Default)]
pub(crate) struct Tape {
    older: Vec<u8>,
    newer: Vec<u8>,
    /// What is not in whole frames yet.
    writer: FrameWriter,
    begun: At,
}

impl Tape {
    /// Adds a message. The caller looks whether there is room, now and then.
    pub(crate) fn push(&mut self, message: &Told) {
        self.writer.push(message);
    }

    /// Whether more can be added to the newer piece.
    pub(crate) fn has_room(&self) -> bool {
        self.newer.len() + self.writer.len() < MOST
    }

    /// Whether a new piece is to be begun.
    pub(crate) fn is_full(&self, now: At) -> bool {
        let age = now.since(self.begun);
        age >= OLD || (age >= YOUNG && self.newer.len() + self.writer.len() >= FULL)
    }

    /// Begins a new piece; the older one is forgotten.
    pub(crate) fn turn(&mut self, now: At) {
        self.newer.extend(self.writer.take());
        self.older = std::mem::take(&mut self.newer);
        self.begun = now;
    }

    /// What is kept, in whole frames.
    pub(crate) fn pieces(&mut self) -> [&[u8]; 2] {
        self.newer.extend(self.writer.take());
        [&self.older, &self.newer]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_model::change::Tick;
    use taskscope_model::{Change, Source};

    #[test]
    fn what_is_kept_is_bounded_and_in_whole_frames() {
        let mut tape = Tape::default();
        let told = Told::Change(Change { source: Source::AGENT, fact: Tick { at: At(1) }.into() });
        while !tape.is_full(At(YOUNG.0)) {
            assert!(tape.has_room() && !tape.is_full(At(YOUNG.0 - 1)));
            tape.push(&told);
        }
        assert!(tape.is_full(At(OLD.0)));
        tape.turn(At(YOUNG.0));
        assert!(!tape.is_full(At(2 * YOUNG.0)) && tape.is_full(At(YOUNG.0 + OLD.0)));
        tape.push(&told);
        let [older, newer] = tape.pieces().map(<[u8]>::len);
        assert!((FULL..MOST).contains(&older) && newer > 0);
        tape.turn(At(3 * YOUNG.0));
        let [older, newer] = tape.pieces().map(<[u8]>::len);
        assert!(older < FULL && newer == 0);
    }
}
