//! Threads whose polls were slow a moment ago, and for sure. Where many polls are slow, one in some seconds of each
//! thread is looked at closely, and the others are believed.

use std::collections::HashMap;
use taskscope_model::{At, Nanos};

/// For so long a thread is believed.
const LASTING: Nanos = Nanos(5_000_000_000);
/// Most threads that are remembered.
const MOST: usize = 4_096;

/// The threads, by the system's number, and when each was looked at closely.
#[derive(Default)]
pub(super) struct Trust(HashMap<u32, At>);

impl Trust {
    /// Whether a thread is believed.
    pub(super) fn includes(&self, tid: u32, now: At) -> bool {
        self.0.get(&tid).is_some_and(|since| now.since(*since) < LASTING)
    }

    /// A poll of the thread is slow. If it was believed that does not make it more believable.
    pub(super) fn extend(&mut self, tid: u32, now: At) {
        if self.includes(tid, now) {
            return;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(tid, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_ends_however_often_it_was_used() {
        let mut trust = Trust::default();
        trust.extend(7, At(0));
        trust.extend(7, At(LASTING.0 - 1));
        assert!(trust.includes(7, At(LASTING.0 - 1)) && !trust.includes(8, At(0)));
        assert!(!trust.includes(7, At(LASTING.0)));
    }
}
