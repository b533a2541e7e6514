//! The vtables of tokio's tasks. Each task points to the one of its future's type, so they are what leads to
//! the tasks, and they say how those are laid out.
//!
//! They are told by their shape, with or without symbols: seven functions, then three offsets into the task.

use crate::Error;
use crate::memory::Memory;
use crate::module::Module;
use std::collections::HashMap;
use std::ops::Range;

/// Where a task's scheduler may lie: behind a header of 32 bytes, at its own alignment, which that of the
/// future raises to at most that of two cache lines.
const SCHEDULER: std::ops::RangeInclusive<u64> = 0x20..=0x80;
/// How far the id lies behind the scheduler at most.
const ID_BEHIND: u64 = 64;
/// The longest task: larger futures than 64 MiB do not occur.
const LONGEST: u64 = 1 << 26;
/// Most vtables of one program; a large server has some thousands.
const MOST_VTABLES: usize = 1 << 17;
/// The longest stretch of constants that is searched in one piece.
const LONGEST_DATA: u64 = 1 << 30;

/// Which vtable of a [`Vtables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VtableId(pub(crate) u32);

/// A vtable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vtable {
    pub(crate) address: u64,
    /// Number of its module.
    pub(crate) module: usize,
    /// `poll`, `schedule`, `dealloc`, `try_read_output`, `drop_join_handle_slow`, `drop_abort_handle`,
    /// `shutdown`.
    pub(crate) functions: [u64; 7],
    /// Where the task's last part begins, behind the future.
    pub(crate) trailer: u64,
    pub(crate) scheduler: u64,
    pub(crate) id: u64,
    /// Where the task says where it was spawned, in builds with `tokio_unstable`.
    pub(crate) location: Option<u64>,
}

impl Vtable {
    /// Address of `poll`, of which there is one for each type of future.
    pub(crate) fn poll(&self) -> u64 {
        self.functions[0]
    }
}

/// All vtables of a program.
#[derive(Debug, Default)]
pub(crate) struct Vtables {
    all: Vec<Vtable>,
    by_address: HashMap<u64, VtableId>,
}

impl Vtables {
    /// Looks through the constants of all modules.
    pub(crate) fn find(memory: &dyn Memory, modules: &[Module]) -> Result<Self, Error> {
        let mut all = Vec::new();
        for (number, module) in modules.iter().enumerate() {
            for range in &module.tables {
                all.extend(within(memory, range, number, module)?);
            }
        }
        all.truncate(MOST_VTABLES);
        // The word behind a vtable may look like its last offset by chance, but not behind all of them.
        if all.iter().any(|vtable| vtable.location.is_none()) {
            all.iter_mut().for_each(|vtable| vtable.location = None);
        }
        let numbered = all.iter().zip(0..).map(|(vtable, number)| (vtable.address, VtableId(number)));
        let by_address: HashMap<_, _> = numbered.collect();
        match all.is_empty() {
            true => Err(why_none(memory, modules)),
            false => Ok(Self { all, by_address }),
        }
    }

    pub(crate) fn at(&self, address: u64) -> Option<VtableId> {
        self.by_address.get(&address).copied()
    }

    pub(crate) fn get(&self, id: VtableId) -> Option<&Vtable> {
        self.all.get(id.0 as usize)
    }

    pub(crate) fn all(&self) -> &[Vtable] {
        &self.all
    }
}

fn why_none(memory: &dyn Memory, modules: &[Module]) -> Error {
    let program = memory.program();
    // Both manglings spell it so.
    match modules.iter().any(|module| module.has_symbol("5tokio7runtime4task3raw4poll")) {
        true => Error::UnknownLayout { program },
        false => Error::NotTokio { program },
    }
}

fn within(
    memory: &dyn Memory,
    range: &Range<u64>,
    number: usize,
    module: &Module,
) -> Result<Vec<Vtable>, Error> {
    let length = range.end.saturating_sub(range.start).min(LONGEST_DATA);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = memory.read(range.start, &mut bytes)?;
    let words: Vec<u64> = bytes[..read].as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(words) = words.get(at..) {
        let (table, step) = match by_shape(words, module) {
            Some(offsets) => (Some(offsets), 10),
            None => (None, 1),
        };
        let address = range.start + at as u64 * 8;
        found.extend(table.map(|table| Vtable { address, module: number, ..table }));
        at += step;
    }
    Ok(found)
}

fn by_shape(words: &[u64], module: &Module) -> Option<Vtable> {
    let functions: [u64; 7] = words.get(..7)?.try_into().ok()?;
    let &[trailer, scheduler, id] = words.get(7..10)? else { return None };
    let aligned = (trailer | scheduler | id).is_multiple_of(8);
    let in_order = SCHEDULER.contains(&scheduler)
        && (scheduler..=scheduler + ID_BEHIND).contains(&id)
        && (id + 1..LONGEST).contains(&trailer);
    let is_table = aligned && in_order && functions.iter().all(|function| module.is_code(*function));
    is_table.then(|| {
        let location = words.get(10).copied().filter(|location| *location == id + 8);
        Vtable { address: 0, module: 0, functions, trailer, scheduler, id, location }
    })
}
