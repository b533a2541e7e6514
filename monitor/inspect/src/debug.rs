//! The debug information of a module (DWARF), read as little as possible: of a large program only the units in
//! which its tasks are polled.
//!
//! Addresses here are the file's; whoever knows the program's subtracts the module's bias first.

mod frames;
mod index;
mod opened;
mod reading;
mod roots;
mod sections;
mod split;

pub(crate) use reading::{Entry, Reading};
pub use split::Unread;

use crate::module::Module;
use gimli::{DebugInfoOffset, Dwarf, DwarfSections, EndianSlice, LittleEndian, UnitOffset};
use index::Index;
use opened::Opened;
use roots::Root;
use sections::Section;
use split::{Described, SplitFiles};
use std::sync::OnceLock;

/// What gimli reads from.
pub(crate) type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// A place in the debug information: number of the unit, and an offset into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Die {
    unit: u32,
    place: u32,
}

impl Die {
    fn new(unit: usize, place: u32) -> Self {
        Self { unit: u32::try_from(unit).unwrap_or(u32::MAX), place }
    }

    fn unit(self) -> usize {
        self.unit as usize
    }

    fn offset(self) -> UnitOffset {
        UnitOffset(self.place as usize)
    }
}

/// The debug information of one module.
pub(crate) struct Debug {
    sections: DwarfSections<Section>,
    /// By ascending place.
    units: Vec<UnitPlace>,
    /// First address, address behind the last, number of the unit; by ascending address.
    ranges: Vec<(u64, u64, usize)>,
    /// One a unit, once someone asked.
    roots: OnceLock<Vec<Root>>,
    /// Where the parts are that were split off.
    split: SplitFiles,
}

/// A compilation unit, and what was found in it once someone asked.
struct UnitPlace {
    begin: usize,
    /// Of a skeleton, what belongs to it.
    described: OnceLock<Result<Described, Unread>>,
    index: OnceLock<Option<Index>>,
}

impl Debug {
    /// Finds it in the file itself or in one beside it; `None` if there is none.
    pub(crate) fn open(module: &Module) -> Option<Self> {
        let (sections, file) = sections::load(module)?;
        let split = SplitFiles::new(module, file);
        let mut debug =
            Self { sections, units: Vec::new(), ranges: Vec::new(), roots: OnceLock::new(), split };
        let dwarf = debug.dwarf();
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            let begin = header.debug_info_offset()?.0;
            units.push(UnitPlace { begin, described: OnceLock::new(), index: OnceLock::new() });
        }
        let mut ranges = ranges(&dwarf, &units);
        ranges.sort_unstable();
        drop(dwarf);
        (debug.units, debug.ranges) = (units, ranges);
        (!debug.units.is_empty()).then_some(debug)
    }

    /// To read it. What is found out is kept here, not there.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading::new(self)
    }

    fn dwarf(&self) -> Dwarf<Bytes<'_>> {
        self.sections.borrow(|section| EndianSlice::new(section.bytes(), LittleEndian))
    }

    /// The entry at an offset into `.debug_info`.
    fn entry_at(&self, offset: usize) -> Option<Die> {
        let unit = self.units.partition_point(|unit| unit.begin <= offset).checked_sub(1)?;
        Some(Die::new(unit, u32::try_from(offset - self.units.get(unit)?.begin).ok()?))
    }

    /// The unit whose code is at an address.
    fn unit_at(&self, address: u64) -> Option<usize> {
        // Ranges may lie within each other where code was merged; then the one that begins last is meant.
        let before = self.ranges.partition_point(|(start, _, _)| *start <= address);
        let near = self.ranges.get(before.saturating_sub(8)..before)?;
        near.iter().rev().find(|(_, end, _)| address < *end).map(|(_, _, unit)| *unit)
    }

    /// What is in a unit. The first time it is read through.
    fn index(&self, unit: usize) -> Option<&Index> {
        let place = self.units.get(unit)?;
        let index = || Index::read(&Opened::new(self, unit)?).ok();
        place.index.get_or_init(index).as_ref()
    }

    /// Reads the units of these addresses through, on all processors.
    pub(crate) fn prepare(&self, addresses: &[u64]) {
        let mut units: Vec<_> = addresses.iter().filter_map(|address| self.unit_at(*address)).collect();
        units.sort_unstable();
        units.dedup();
        self.read_through(units);
    }

    /// Reads all units through. This takes time.
    pub(crate) fn prepare_all(&self) {
        self.read_through((0..self.units.len()).collect());
    }

    fn read_through(&self, mut units: Vec<usize>) {
        units.retain(|unit| self.units.get(*unit).is_some_and(|unit| unit.index.get().is_none()));
        if let [] | [_] = units[..] {
            return units.into_iter().for_each(|unit| {
                self.index(unit);
            });
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(units.len());
        let next = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(unit) = units.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                    {
                        self.index(*unit);
                    }
                });
            }
        });
    }
}

/// From `.debug_aranges`, which is a list of just that; else from each unit's first entry.
fn ranges(dwarf: &Dwarf<Bytes<'_>>, units: &[UnitPlace]) -> Vec<(u64, u64, usize)> {
    let mut ranges = Vec::new();
    let number = |begin| units.binary_search_by_key(&begin, |unit| unit.begin).ok();
    let mut headers = dwarf.debug_aranges.headers();
    while let Ok(Some(header)) = headers.next() {
        let Some(unit) = number(header.debug_info_offset().0) else { continue };
        let mut entries = header.entries();
        while let Ok(Some(entry)) = entries.next() {
            let range = entry.range();
            ranges.push((range.begin, range.end, unit));
        }
    }
    if !ranges.is_empty() {
        return ranges;
    }
    for (number, place) in units.iter().enumerate() {
        let header = dwarf.unit_header(DebugInfoOffset(place.begin));
        let Ok(unit) = header.and_then(|header| dwarf.unit(header)) else { continue };
        let Ok(mut of_unit) = dwarf.unit_ranges(&unit) else { continue };
        while let Ok(Some(range)) = of_unit.next() {
            ranges.push((range.begin, range.end, number));
        }
    }
    ranges
}
