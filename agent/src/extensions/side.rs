//! What few wrapped tasks have: a name, who asked it to stop, what it said when it failed, how it was woken. Apart
//! from the extensions, behind locks; the mark SIDE says whether a task has anything here.

use super::extension::{Asked, Extension, mark};
use super::fate::{More, Said};
use super::probe::Probe;
use super::wakes::Wakes;
use crate::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const TABLES: usize = 16;

/// What one task has here.
#[derive(Default)]
pub(crate) struct Side {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) said: Option<Said>,
    /// The first one to ask it to stop.
    pub(crate) asked: Option<Asked>,
    /// What outlives it, for a handle that is still there.
    pub(crate) more: Option<Arc<More>>,
    pub(crate) wakes: Option<Arc<Wakes>>,
    /// A question that is put to it.
    pub(crate) probe: Option<Arc<Probe>>,
}

/// By the slot of the extension.
pub(crate) struct Sides([Mutex<HashMap<u32, Side>>; TABLES]);

impl Sides {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(HashMap::new())))
    }

    /// Alters what a task has here. The caller has a hold.
    pub(crate) fn alter<R>(&self, extension: &Extension, change: impl FnOnce(&mut Side) -> R) -> R {
        let mut table = lock(self.table(extension));
        extension.mark(mark::SIDE);
        change(table.entry(extension.slot()).or_default())
    }

    /// Looks at what a task has here.
    #[inline]
    pub(crate) fn look<R>(&self, extension: &Extension, look: impl FnOnce(&Side) -> R) -> Option<R> {
        if !extension.is_marked(mark::SIDE) {
            return None;
        }
        lock(self.table(extension)).get(&extension.slot()).map(look)
    }

    /// Takes all of it away. The caller has a hold, or knows that nobody has.
    #[inline]
    pub(crate) fn take(&self, extension: &Extension) -> Option<Side> {
        if extension.is_marked(mark::SIDE) { self.remove(extension) } else { None }
    }

    /// The same, for who does not want to know.
    #[inline]
    pub(crate) fn clear(&self, extension: &Extension) {
        if extension.is_marked(mark::SIDE) {
            drop(self.remove(extension));
        }
    }

    #[cold]
    fn remove(&self, extension: &Extension) -> Option<Side> {
        lock(self.table(extension)).remove(&extension.slot())
    }

    fn table(&self, extension: &Extension) -> &Mutex<HashMap<u32, Side>> {
        &self.0[extension.slot() as usize % TABLES]
    }
}
