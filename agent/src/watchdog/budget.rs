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
    /// Whether one more may be taken of a poll whose task was spawned at a place; then it counts as taken. A poll
    /// that is known already may be looked at again.
    pub(super) fn allows(&mut self, now: At, place: u32, known: bool) -> bool {
        while self.taken.front().is_some_and(|at| now.since(*at).0 >= SECOND) {
            self.taken.pop_front();
        }
        let recent = self.places.get(&place).is_some_and(|at| now.since(*at).0 < SECOND);
        if self.taken.len() >= MOST || (recent && !known) {
            return false;
        }
        self.taken.push_back(now);
        if !known {
            if self.places.len() >= MOST_PLACES {
                self.places.clear();
            }
            self.places.insert(place, now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_and_one_a_place() {
        let mut budget = Budget::default();
        assert!(
            budget.allows(At(0), 1, false)
                && !budget.allows(At(1), 1, false)
                && budget.allows(At(2), 1, true)
        );
        let others = (2..100).filter(|place| budget.allows(At(3), *place, false)).count();
        assert_eq!(others, MOST - 2);
        assert!(!budget.allows(At(4), 1, true));
        assert!(budget.allows(At(SECOND + 4), 1, false));
    }
}
