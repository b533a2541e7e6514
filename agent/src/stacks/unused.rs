//! Lets go of symbols that nobody has needed for a while: what is made of a program's debug information, and the
//! pages of it in memory, are tens of megabytes. Owned and asked by the server's thread.

use super::native;
use taskscope_model::{At, Nanos};

/// Symbols are kept for so long after the last look-up. Reading them again takes about 1 ms for each megabyte.
const KEPT: Nanos = Nanos(10_000_000_000);

/// What was seen of the look-ups last.
#[derive(Default)]
pub(crate) struct Unused {
    uses: u64,
    since: At,
}

impl Unused {
    /// Looks whether they have been used since.
    pub(crate) fn look(&mut self, now: At) {
        let uses = native::uses();
        if uses != self.uses {
            (self.uses, self.since) = (uses, now);
        } else if uses > 0 && now.since(self.since) >= KEPT {
            native::let_go();
        }
    }

    /// When it is to look again.
    pub(crate) fn deadline(&self, now: At) -> Option<At> {
        let since = if native::uses() == self.uses { self.since } else { now };
        (native::uses() > 0).then_some(At(since.0 + KEPT.0))
    }
}
