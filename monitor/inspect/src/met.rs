//! What is met on a walk besides the tree: locks that are held, and futures that lie in variables and are not what
//! is awaited. Nobody polls these while the task waits for something else; a lock that one of them has, or is given,
//! stays taken.

use crate::plans::{Part, TypeKey};
use crate::tree::{Held, Place, ResourceKind};
use std::collections::HashSet;

/// Locks that one task holds.
const MOST_HELD: usize = 256;
/// Variables that are looked at aside.
const MOST_ASIDES: usize = 256;

/// What was met on a walk.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) held: Vec<Held>,
    /// Futures walked through: by reference the same one can be met twice.
    seen: HashSet<(TypeKey, u64)>,
    asides: Vec<(TypeKey, u64)>,
    /// The awaits on the way to here.
    places: Vec<Option<Place>>,
    is_aside: bool,
}

impl Met {
    /// From now on it is variables that are walked through. Gives the next one, each once.
    pub(crate) fn next_aside(&mut self, number: usize) -> Option<(TypeKey, u64)> {
        self.is_aside = true;
        self.places.clear();
        self.asides.get(number).copied()
    }

    /// Whether a future is met for the first time.
    pub(crate) fn is_new(&mut self, key: TypeKey, address: u64) -> bool {
        self.seen.insert((key, address))
    }

    /// Variables beside what is awaited.
    pub(crate) fn put_aside(&mut self, key: TypeKey, address: u64, parts: &[Part]) {
        let room = MOST_ASIDES.saturating_sub(self.asides.len());
        let parts = parts.iter().take(room);
        let places = parts
            .filter_map(|part| Some((TypeKey { die: part.of, ..key }, address.checked_add(part.offset)?)));
        self.asides.extend(places);
    }

    pub(crate) fn enter(&mut self, place: Option<&Place>) {
        self.places.push(place.cloned());
    }

    pub(crate) fn leave(&mut self) {
        self.places.pop();
    }

    /// A variable and its copy that was moved from are one.
    pub(crate) fn hold(
        &mut self,
        (kind, address): (ResourceKind, u64),
        place: Option<&Place>,
        granted: bool,
    ) {
        let held = Held { kind, address, location: place.cloned(), granted, aside: self.is_aside };
        if self.held.len() < MOST_HELD && !self.held.contains(&held) {
            self.held.push(held);
        }
    }

    /// A future that waits here has been given what it waits for.
    pub(crate) fn be_given(&mut self, kind: ResourceKind, address: u64) {
        // The innermost line outside of dependencies is the one that a person can change.
        let places = || self.places.iter().rev().flatten();
        let own = places().find(|place| !place.file.contains("/registry/src/"));
        let place = own.or_else(|| places().next()).cloned();
        self.hold((kind, address), place.as_ref(), true);
    }
}
