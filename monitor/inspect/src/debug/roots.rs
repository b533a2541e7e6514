//! What the first entry of each unit says: which crate it is of, and whether it describes anything at all.

use super::{Bytes, Debug};
use gimli::{AbbreviationsCacheStrategy, AttributeValue, DebugInfoOffset, Dwarf};

/// The first entry of a unit.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// The crate's first file. The compiler calls the units of a crate by that, `/@/` and a name of its own.
    of_crate: Option<Box<[u8]>>,
    /// What it describes is in a file of its own.
    is_skeleton: bool,
}

impl Debug {
    /// Whether what its units describe is in files of their own, which are not read.
    pub(crate) fn is_split(&self) -> bool {
        self.roots().first().is_some_and(|root| root.is_skeleton)
    }

    /// Reads all units through that were compiled from the crate whose code is at an address.
    pub(crate) fn prepare_crate(&self, address: u64) {
        let roots = self.roots();
        let crate_of = |unit: usize| roots.get(unit)?.of_crate.as_deref();
        let Some(wanted) = self.unit_at(address).and_then(crate_of) else { return };
        self.read_through((0..roots.len()).filter(|unit| crate_of(*unit) == Some(wanted)).collect());
    }

    fn roots(&self) -> &[Root] {
        self.roots.get_or_init(|| {
            let mut dwarf = self.dwarf();
            // Many units share their abbreviations.
            dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::Duplicates);
            self.units.iter().map(|unit| read(&dwarf, unit.begin).unwrap_or_default()).collect()
        })
    }
}

fn read(dwarf: &Dwarf<Bytes<'_>>, begin: usize) -> Option<Root> {
    let header = dwarf.unit_header(DebugInfoOffset(begin)).ok()?;
    let abbreviations = dwarf.abbreviations(&header).ok()?;
    let mut entries = header.entries(&abbreviations);
    entries.next_entry().ok()?;
    let entry = entries.current()?;
    let file = [gimli::DW_AT_GNU_dwo_name, gimli::DW_AT_dwo_name];
    let is_skeleton = file.iter().any(|name| entry.attr(*name).is_some());
    let name = match entry.attr_value(gimli::DW_AT_name) {
        Some(AttributeValue::DebugStrRef(offset)) => dwarf.debug_str.get_str(offset).ok(),
        Some(AttributeValue::String(name)) => Some(name),
        // The indexed forms need the whole unit.
        Some(other) => dwarf.unit(header).ok().and_then(|unit| dwarf.attr_string(&unit, other).ok()),
        None => None,
    };
    let of_crate = name.and_then(|name| {
        let end = memchr::memmem::find(name.slice(), b"/@/")?;
        Some(name.slice().get(..end)?.into())
    });
    Some(Root { of_crate, is_skeleton })
}
