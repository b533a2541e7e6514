//! When the black box is written: as soon as something is wrong, and not so often that the writing itself would be.

use std::collections::BTreeSet;
use taskscope_model::{At, Nanos, SlowPollId};

/// Between two files, whatever happens.
const REST: Nanos = Nanos(5_000_000_000);
/// While the same stall lasts the file is written again after this, and then after twice as long each time ...
const AGAIN: Nanos = Nanos(2_000_000_000);
/// ... but not less often than this.
const SELDOM: Nanos = Nanos(60_000_000_000);

/// What becomes of a panic, of the task and of its handle, is known a little later: so long after the first file
/// there is a second one.
const AFTERMATH: Nanos = Nanos(1_000_000_000);

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
    /// The panic that the last file was the first to tell of.
    panic: Option<String>,
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
        let over = self.written.is_none_or(|written| now.since(written) >= AFTERMATH);
        match panic.or_else(|| self.panic.clone().filter(|_| over)) {
            Some(what) if over && self.panic.as_ref() == Some(&what) => Some(Occasion::Panic(what)),
            // A panic may be the process's last deed.
            Some(what) if rested || cfg!(panic = "abort") => Some(Occasion::Panic(what)),
            _ if new && rested => Some(Occasion::Blocked(stalled.len())),
            _ if !stalled.is_empty() && again => Some(Occasion::Blocked(stalled.len())),
            _ if stalled.is_empty() && !self.known.is_empty() && rested => Some(Occasion::GoesOn),
            _ => None,
        }
    }

    /// The file was written, or could not be.
    pub(crate) fn written(&mut self, now: At, stalled: BTreeSet<SlowPollId>, occasion: &Occasion) {
        let before = self.panic.take();
        if let Occasion::Panic(what) = occasion {
            self.panic = Some(what.clone()).filter(|_| before.is_none());
        }
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
                occasions.written(second(now), stalled([7]), &Occasion::Blocked(1));
                written.push(now);
            }
        }
        assert_eq!(written, [0, 2, 6, 14, 30, 62, 122, 182]);
        assert_eq!(occasions.look(second(188), &stalled([7, 8]), None), Some(Occasion::Blocked(2)));
        assert_eq!(occasions.look(second(183), &stalled([7, 8]), None), None);
        assert_eq!(occasions.look(second(188), &stalled([]), None), Some(Occasion::GoesOn));
        occasions.written(second(188), stalled([]), &Occasion::GoesOn);
        assert_eq!(occasions.look(second(1_000), &stalled([]), None), None);
    }

    #[test]
    fn many_panics_are_few_files() {
        let mut occasions = Occasions::default();
        let mut files = Vec::new();
        for now in 0..20 {
            if let Some(occasion) = occasions.look(second(now), &stalled([]), Some("no".to_owned())) {
                occasions.written(second(now), stalled([]), &occasion);
                files.push(now);
            }
        }
        assert_eq!(files, [0, 1, 6, 7, 12, 13, 18, 19]);
    }

    #[test]
    fn what_became_of_a_panic_is_written_too() {
        let mut occasions = Occasions::default();
        let panic = Occasion::Panic("no".to_owned());
        assert_eq!(occasions.look(second(0), &stalled([]), Some("no".to_owned())).as_ref(), Some(&panic));
        occasions.written(second(0), stalled([]), &panic);
        assert_eq!(occasions.look(At(1), &stalled([]), None), None);
        assert_eq!(occasions.look(second(1), &stalled([]), None).as_ref(), Some(&panic));
        occasions.written(second(1), stalled([]), &panic);
        assert_eq!(occasions.look(second(100), &stalled([]), None), None);
    }
}
