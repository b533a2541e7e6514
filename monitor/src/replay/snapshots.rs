//! What was believed at some moments of a recording, so that one can go back without folding all of it again.
//! Bounded: where there would be too many, every second one goes.

use crate::source::recording::Offset;
use std::sync::Arc;
use taskscope_model::frame::{FrameWriter, Read, Reader, Told};
use taskscope_model::{At, Change};

/// Most memory for all of them, bytes.
const MOST: usize = 64 << 20;
/// Least Changes between two: to go to a moment is to fold so many.
const APART: u64 = 50_000;
/// Between two are at least so many times as many Changes as one is made of, so that making them costs a part of
/// the scan that does not grow.
const PER_SNAPSHOT: u64 = 4;

/// What was believed at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// The last Tick before it.
    pub(super) at: At,
    /// Where the file goes on.
    pub(super) place: Offset,
    frames: Arc<[u8]>,
}

impl Snapshot {
    /// The Changes that it is made of.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut reader = Reader::<Told>::behind_preamble();
        reader.feed(&self.frames);
        let mut changes = Vec::new();
        while let Ok(Some(read)) = reader.next() {
            if let Read::Message(Told::Change(change)) = read {
                changes.push(change);
            }
        }
        changes
    }
}

/// Those of one recording, in order of time.
#[derive(Debug)]
pub(super) struct Snapshots {
    kept: Vec<Snapshot>,
    bytes: usize,
    most: usize,
    apart: u64,
    /// Changes since the last one.
    since: u64,
    /// Changes that the last one was made of.
    size: u64,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self::bounded(MOST, APART)
    }
}

impl Snapshots {
    /// At most so many bytes, at least so many Changes apart.
    pub(super) fn bounded(most: usize, apart: u64) -> Self {
        Self { kept: Vec::new(), bytes: 0, most, apart, since: 0, size: 0 }
    }

    /// So many more Changes have been folded. Whether another snapshot is due.
    pub(super) fn folded(&mut self, changes: usize) -> bool {
        self.since += changes as u64;
        self.since >= self.apart.max(self.size.saturating_mul(PER_SNAPSHOT))
    }

    /// Keeps what was believed at a moment, and where the file goes on then.
    pub(super) fn keep(&mut self, at: At, place: Offset, changes: Vec<Change>) {
        (self.since, self.size) = (0, changes.len() as u64);
        let mut frames = FrameWriter::default();
        changes.into_iter().for_each(|change| frames.push(&Told::Change(change)));
        let frames: Arc<[u8]> = frames.take().into();
        self.bytes += frames.len();
        self.kept.push(Snapshot { at, place, frames });
        while self.bytes > self.most {
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        self.apart = self.apart.saturating_mul(2);
        let mut number = 0;
        self.kept.retain(|_| {
            number += 1;
            number % 2 == 0
        });
        self.bytes = self.kept.iter().map(|snapshot| snapshot.frames.len()).sum();
    }

    /// The last one of a moment, or from before it.
    pub(super) fn before(&self, at: At) -> Option<Snapshot> {
        let behind = self.kept.partition_point(|snapshot| snapshot.at <= at);
        self.kept[..behind].last().cloned()
    }

    /// How many there are, and their size in bytes.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }
}
