//! A unit open for reading, wherever what it describes is.

use super::split::{Described, Unread};
use super::{Bytes, Debug};
use gimli::{DebugInfoOffset, Dwarf, Unit};

/// A unit open for reading.
pub(super) struct Opened<'a> {
    /// The sections that it refers to.
    pub(super) dwarf: Dwarf<Bytes<'a>>,
    pub(super) unit: Unit<Bytes<'a>>,
    /// If it was split off, what is left of it in the program.
    skeleton: Option<(Dwarf<Bytes<'a>>, Unit<Bytes<'a>>)>,
}

impl<'a> Opened<'a> {
    /// Of a unit that was split off and cannot be read, what is left of it.
    pub(super) fn new(debug: &'a Debug, number: usize) -> Option<Self> {
        let place = debug.units.get(number)?;
        let dwarf = debug.dwarf();
        let unit = dwarf.unit(dwarf.unit_header(DebugInfoOffset(place.begin)).ok()?).ok()?;
        let Some(id) = unit.dwo_id else { return Some(Self { dwarf, unit, skeleton: None }) };
        let described = place.described.get_or_init(|| debug.split.find(&dwarf, &unit, id));
        let described = described.as_ref().ok().and_then(|described| described.open(&dwarf, &unit));
        Some(match described {
            Some((own, described)) => Self { dwarf: own, unit: described, skeleton: Some((dwarf, unit)) },
            None => Self { dwarf, unit, skeleton: None },
        })
    }

    pub(super) fn is_split(&self) -> bool {
        self.skeleton.is_some()
    }

    /// Where its table of source files is: with the lines, which stay in the program, unless it has one of its own.
    pub(super) fn files(&self) -> (&Dwarf<Bytes<'a>>, &Unit<Bytes<'a>>) {
        match &self.skeleton {
            Some((dwarf, unit)) if self.unit.line_program.is_none() => (dwarf, unit),
            _ => (&self.dwarf, &self.unit),
        }
    }
}

impl Debug {
    /// Why some of what was looked for in files of their own was not found, if so.
    pub(crate) fn unread(&self) -> Option<Unread> {
        let why = |described: &Result<Described, Unread>| described.as_ref().err().copied();
        self.units.iter().filter_map(|unit| why(unit.described.get()?)).max()
    }
}
