//! What the first entry of each unit says: which crate it is of.

use super::{Bytes, Debug};
use gimli::{AbbreviationsCacheStrategy, AttributeValue, DebugInfoOffset, Dwarf};

/// The first entry of a unit.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// The crate's first file: the compiler calls the units of a crate by that, `/@/` and a name of its own. What is
    /// left of a unit that was split off has no name, but that of its object file, which begins with the crate's.
    of_crate: Option<Box<[u8]>>,
}

impl Debug {
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
    let text = |value| match value {
        AttributeValue::DebugStrRef(offset) => dwarf.debug_str.get_str(offset).ok(),
        AttributeValue::String(text) => Some(text),
        // The indexed forms need the whole unit.
        other => dwarf.unit(header).ok().and_then(|unit| dwarf.attr_string(&unit, other).ok()),
    };
    let value = |name| entry.attr_value(name);
    let file = value(gimli::DW_AT_GNU_dwo_name).or_else(|| value(gimli::DW_AT_dwo_name));
    let of_crate = match file.and_then(text) {
        Some(file) => crate_of_file(file.slice()),
        None => value(gimli::DW_AT_name).and_then(text).and_then(|name| {
            let end = memchr::memmem::find(name.slice(), b"/@/")?;
            name.slice().get(..end)
        }),
    };
    Some(Root { of_crate: of_crate.map(Into::into) })
}

/// `folder/CRATE-HASH` of `folder/CRATE-HASH.UNIT.rcgu.dwo`.
fn crate_of_file(path: &[u8]) -> Option<&[u8]> {
    let name = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
    let length = memchr::memchr(b'.', path.get(name..)?)?;
    path.get(..name + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_a_crate_have_object_files_of_one_beginning() {
        assert_eq!(crate_of_file(b"/a.b/plain-5c.plain.84-cgu.0.rcgu.dwo"), Some(&b"/a.b/plain-5c"[..]));
        assert_eq!(crate_of_file(b"plain-5c.dwo"), Some(&b"plain-5c"[..]));
        assert_eq!(crate_of_file(b"/a.b/plain"), None);
        assert_eq!(crate_of_file(b""), None);
    }
}
