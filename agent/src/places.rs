//! Spawn locations and spawn chains, interned: a number each, shared by all tasks of the same ancestry, so
//! that a chain outlives its ancestors.

use crate::sync::lock;
use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use taskscope_model::change::{Chain, Location as LocationFact};
use taskscope_model::{ChainId, LocationId};

/// Number of the location that stands for all that found no room.
pub(crate) const OTHER_PLACES: u32 = 0;
/// Number that stands for no chain.
pub(crate) const NO_CHAIN: u32 = 0;
/// Most locations; generated code seldom has more than a few hundred spawns.
pub(crate) const MOST_LOCATIONS: usize = 4_096;
/// Most chain nodes.
const MOST_CHAINS: usize = 65_536;
/// Deepest chain: a task that respawns itself for ever stays at this depth. The monitor cuts there too.
const DEEPEST: u8 = taskscope_model::world::MAX_CHAIN as u8;

/// All locations and chains.
pub(crate) struct Places {
    tables: Mutex<Tables>,
    merged: AtomicU64,
}

#[derive(Default)]
struct Tables {
    locations: Vec<Place>,
    /// One source line may have several `Location`s, one a codegen unit.
    by_text: HashMap<(&'static str, u32, u32), u32>,
    files: HashSet<&'static str>,
    chains: Vec<Node>,
    by_node: HashMap<(u32, u32), u32>,
}

#[derive(Clone, Copy)]
struct Place {
    file: &'static str,
    line: u32,
    column: u32,
}

struct Node {
    location: u32,
    parent: u32,
    depth: u8,
}

impl Places {
    pub(crate) fn new() -> Self {
        Self { tables: Mutex::new(Tables::default()), merged: AtomicU64::new(0) }
    }

    /// The number of a location, from 1.
    pub(crate) fn location(&self, location: &'static Location<'static>) -> u32 {
        let place = Place { file: location.file(), line: location.line(), column: location.column() };
        self.number(&mut lock(&self.tables), place.file, &place, || place.file)
    }

    /// The number of a place that is known by its text only: that of a panic, or of a frame of a stack.
    pub(crate) fn place(&self, file: &str, line: u32, column: u32) -> u32 {
        let mut tables = lock(&self.tables);
        let known = tables.files.get(file).copied();
        let full = tables.locations.len() >= MOST_LOCATIONS;
        // As many as there are places at most.
        let keep = || known.unwrap_or_else(|| if full { "" } else { String::leak(file.to_owned()) });
        self.number(&mut tables, file, &Place { file: "", line, column }, keep)
    }

    /// The file that the program's compiler was given for one that debug information names with its whole path.
    pub(crate) fn file_in(&self, path: &str) -> Option<&'static str> {
        let tables = lock(&self.tables);
        tables.files.iter().copied().find(|file| path.strip_suffix(file).is_some_and(|rest| rest.ends_with('/')))
    }

    /// One more number for a location, for what is to be told apart there.
    pub(crate) fn another(&self, location: &'static Location<'static>) -> u32 {
        let place = Place { file: location.file(), line: location.line(), column: location.column() };
        self.push(&mut lock(&self.tables), place)
    }

    fn number(&self, tables: &mut Tables, file: &str, at: &Place, keep: impl FnOnce() -> &'static str) -> u32 {
        if let Some(number) = tables.by_text.get(&(file, at.line, at.column)) {
            return *number;
        }
        let place = Place { file: keep(), ..*at };
        let number = self.push(tables, place);
        if number != OTHER_PLACES {
            tables.by_text.insert((place.file, place.line, place.column), number);
            tables.files.insert(place.file);
        }
        number
    }

    fn push(&self, tables: &mut Tables, place: Place) -> u32 {
        if tables.locations.len() >= MOST_LOCATIONS {
            self.merged.fetch_add(1, Ordering::Relaxed);
            return OTHER_PLACES;
        }
        tables.locations.push(place);
        tables.locations.len() as u32
    }

    /// The number of the chain of a task spawned at `location` by one whose chain is `parent`, from 1.
    pub(crate) fn chain(&self, parent: u32, location: u32) -> u32 {
        let mut tables = lock(&self.tables);
        if let Some(number) = tables.by_node.get(&(parent, location)) {
            return *number;
        }
        let depth = match tables.node(parent) {
            Some(node) if node.depth >= DEEPEST => return parent,
            Some(node) => node.depth + 1,
            None => 1,
        };
        if tables.chains.len() >= MOST_CHAINS {
            self.merged.fetch_add(1, Ordering::Relaxed);
            return NO_CHAIN;
        }
        tables.chains.push(Node { location, parent, depth });
        let number = tables.chains.len() as u32;
        tables.by_node.insert((parent, location), number);
        number
    }

    /// A location in words.
    pub(crate) fn text(&self, number: u32) -> Option<String> {
        let tables = lock(&self.tables);
        let location = tables.locations.get(number.checked_sub(1)? as usize)?;
        Some(format!("{}:{}", location.file, location.line))
    }

    /// How often a place found no room.
    pub(crate) fn merged(&self) -> u64 {
        self.merged.load(Ordering::Relaxed)
    }

    /// The locations after the first `told` ones, as facts; the place of `OTHER_PLACES` counts as the first.
    pub(crate) fn locations_after(&self, told: usize) -> Vec<LocationFact> {
        let tables = lock(&self.tables);
        let other = LocationFact { id: LocationId(OTHER_PLACES), file: "(other places)".to_owned(), line: 0, column: 0 };
        let new = tables.locations.iter().zip(1..).skip(told.saturating_sub(1)).map(|(at, number)| LocationFact {
            id: LocationId(number),
            file: at.file.to_owned(),
            line: at.line,
            column: at.column,
        });
        std::iter::once(other).filter(|_| told == 0).chain(new).collect()
    }

    /// The chains after the first `told` ones, as facts.
    pub(crate) fn chains_after(&self, told: usize) -> Vec<Chain> {
        let tables = lock(&self.tables);
        let chains = tables.chains.iter().zip(1..).skip(told).map(|(node, number)| Chain {
            id: ChainId(number),
            location: LocationId(node.location),
            parent: (node.parent != NO_CHAIN).then_some(ChainId(node.parent)),
        });
        chains.collect()
    }
}

impl Tables {
    fn node(&self, number: u32) -> Option<&Node> {
        self.chains.get(number.checked_sub(1)? as usize)
    }
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_chain_outlives_its_ancestors_and_stays_bounded() {
        let places = Places::new();
        let here = places.location(Location::caller());
        assert_eq!(places.location(Location::caller()), here + 1);
        let mut chain = NO_CHAIN;
        for _ in 0..1_000 {
            chain = places.chain(chain, here);
        }
        assert_eq!(chain, u32::from(DEEPEST));
        assert_eq!(places.chains_after(0).len(), usize::from(DEEPEST));
        assert_eq!(places.chain(NO_CHAIN, here), 1);
        assert_eq!(places.locations_after(0).len(), 3);
        assert_eq!(places.locations_after(2)[0].id, LocationId(2));
    }
}
