//! How many stacks are taken: a program with a thousand long polls a second is not slowed down further.

use std::collections::{HashMap, VecDeque};
use taskscope_model::At;

/// Most in one second, over all.
const MOST: usize = 10;
const SECOND: u64 = 1_000_000_000;
/// Places that are remembered.
const MOST_PLACES: usize = 4_096;

/// What was taken in the last second.
#[derive(Default)]
pub(super) struct Budget {
    taken: VecDeque<At>,
    /// When a stack of a poll from a place was last taken.
    places: HashMap<u32, At>,
}

impl Budget {
    /// Whether one more may be taken of a poll whose task was spawned at a place. A poll that is known already may be
    /// looked at again.
    pub(super) fn allows(&mut self, now: At, place: u32, known: bool) -> bool {
        while self.taken.front().is_some_and(|at| now.since(*at).0 >= SECOND) {
            self.taken.pop_front();
        }
        let recent = self.places.get(&place).is_some_and(|at| now.since(*at).0 < SECOND);
        self.taken.len() < MOST && (known || !recent)
    }

    /// One was taken.
    pub(super) fn spend(&mut self, now: At, place: u32, known: bool) {
        self.taken.push_back(now);
        if !known {
            if self.places.len() >= MOST_PLACES {
                self.places.clear();
            }
            self.places.insert(place, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_and_one_a_place() {
        let mut budget = Budget::default();
        let mut take = |at, place, known| {
            let allowed = budget.allows(At(at), place, known);
            if allowed {
                budget.spend(At(at), place, known);
            }
            allowed
        };
        assert!(take(0, 1, false) && !take(1, 1, false) && take(2, 1, true));
        assert_eq!((2..100).filter(|place| take(3, *place, false)).count(), MOST - 2);
        assert!(!take(4, 1, true));
        assert!(take(SECOND + 4, 1, false));
    }
}
