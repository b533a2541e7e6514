//! When the black box is written: as soon as something is wrong, and not so often that the writing itself would be.

use std::collections::BTreeSet;
use taskscope_model::{At, Nanos, SlowPollId};

/// Between two files, whatever happens.
const REST: Nanos = Nanos(5_000_000_000);
/// While the same stall lasts the file is written again after this, and then after twice as long each time ...
const AGAIN: Nanos = Nanos(2_000_000_000);
/// ... but not less often than this.
const SELDOM: Nanos = Nanos(60_000_000_000);

/// Why it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Workers are blocked, so many.
    Blocked(usize),
    /// They are not any more.
    GoesOn,
    /// Something panicked: what it said, and where.
    Panic(String),
    /// The program ends, for this reason.
    End(&'static str),
}

/// What was written for.
#[derive(Default)]
pub(crate) struct Occasions {
    /// Polls that the file tells of, and that last.
    known: BTreeSet<SlowPollId>,
    written: Option<At>,
    /// How long after the last file the next one of the same stall is due.
    again: Nanos,
}

impl Occasions {
    /// Whether to write now. `stalled`: the polls that block a worker for long.
    pub(crate) fn look(
        &self,
        now: At,
        stalled: &BTreeSet<SlowPollId>,
        panic: Option<String>,
    ) -> Option<Occasion> {
        let rested = self.written.is_none_or(|written| now.since(written) >= REST);
        let again = self.written.is_none_or(|written| now.since(written) >= self.again);
        let new = stalled.difference(&self.known).next().is_some();
        match panic {
            // A panic may be the process's last deed.
            Some(what) if rested || cfg!(panic = "abort") => Some(Occasion::Panic(what)),
            _ if new && rested => Some(Occasion::Blocked(stalled.len())),
            _ if !stalled.is_empty() && again => Some(Occasion::Blocked(stalled.len())),
            _ if stalled.is_empty() && !self.known.is_empty() && rested => Some(Occasion::GoesOn),
            _ => None,
        }
    }

    /// The file was written, or could not be.
    pub(crate) fn written(&mut self, now: At, stalled: BTreeSet<SlowPollId>) {
        let same = !stalled.is_empty() && stalled.is_subset(&self.known);
        self.again = if same { (self.again + self.again).min(SELDOM) } else { AGAIN };
        self.known = stalled;
        self.written = Some(now);
    }
}

/// As a reason: `it was written because ...`.
impl std::fmt::Display for Occasion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Occasion::Blocked(1) => f.write_str("a worker was blocked"),
            Occasion::Blocked(count) => write!(f, "{count} workers were blocked"),
            Occasion::GoesOn => f.write_str("a worker was blocked, and went on"),
            Occasion::Panic(what) => write!(f, "of a panic: {what}"),
            Occasion::End(reason) => f.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: u64) -> At {
        At(count * 1_000_000_000)
    }

    fn stalled<const N: usize>(ids: [u32; N]) -> BTreeSet<SlowPollId> {
        ids.map(SlowPollId).into()
    }

    #[test]
    fn a_stall_is_written_at_once_and_then_less_and_less_often() {
        let mut occasions = Occasions::default();
        let mut written = Vec::new();
        for now in 0..200 {
            if occasions.look(second(now), &stalled([7]), None).is_some() {
                occasions.written(second(now), stalled([7]));
                written.push(now);
            }
        }
        assert_eq!(written, [0, 2, 6, 14, 30, 62, 122, 182]);
        assert_eq!(occasions.look(second(188), &stalled([7, 8]), None), Some(Occasion::Blocked(2)));
        assert_eq!(occasions.look(second(183), &stalled([7, 8]), None), None);
        assert_eq!(occasions.look(second(188), &stalled([]), None), Some(Occasion::GoesOn));
        occasions.written(second(188), stalled([]));
        assert_eq!(occasions.look(second(1_000), &stalled([]), None), None);
    }

    #[test]
    fn many_panics_are_few_files() {
        let mut occasions = Occasions::default();
        let mut files = 0;
        for now in 0..60 {
            if occasions.look(second(now), &stalled([]), Some("no".to_owned())).is_some() {
                occasions.written(second(now), stalled([]));
                files += 1;
            }
        }
        assert_eq!(files, 12);
    }
}
