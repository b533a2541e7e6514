//! Debug information that the compiler has split off (`split-debuginfo`): the program holds a skeleton of each unit,
//! and what the unit describes is in one package beside it, `PROGRAM.dwp`, or in an object file of its own, `.dwo`.
//!
//! A unit and its skeleton have the same number. But that is made of the types, not of the lines: a program built
//! again may have the same numbers and other lines. So a package is taken only from beside the very file that is
//! mapped, and an object file only if it is not newer than that.

mod copied;
mod package;
#[cfg(test)]
mod tests;
mod unpacked;

use super::Bytes;
use super::sections::Section;
use crate::module::Module;
use gimli::{DebugInfoOffset, Dwarf, DwarfSections, DwoId, EndianSlice, LittleEndian, Unit};
use package::Package;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;
use unpacked::Unpacked;

/// Units of one object file that are looked at: compilers make one.
const MOST_UNITS: usize = 256;

/// Why debug information that is in a file of its own is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unread {
    /// There is no such file.
    Missing,
    /// It is cut off, or holds something else.
    Damaged,
    /// It is of another build, or the program's own file is no longer the one that runs.
    OtherBuild,
}

/// Where the split parts of a module are. Nothing is opened before a skeleton has been met.
pub(super) struct SplitFiles {
    module: Module,
    /// Of the debug information, if it is not the module's.
    file: Option<PathBuf>,
    package: OnceLock<Result<Package, Unread>>,
    unpacked: OnceLock<Unpacked>,
}

/// What a unit describes.
pub(super) struct Described {
    sections: DwarfSections<Section>,
    /// Where in its `.debug_info` it begins.
    begin: usize,
}

impl SplitFiles {
    pub(super) fn new(module: &Module, file: Option<PathBuf>) -> Self {
        Self { module: module.clone(), file, package: OnceLock::new(), unpacked: OnceLock::new() }
    }

    /// What belongs to a skeleton.
    pub(super) fn find(
        &self,
        dwarf: &Dwarf<Bytes<'_>>,
        skeleton: &Unit<Bytes<'_>>,
        id: DwoId,
    ) -> Result<Described, Unread> {
        let package = self.package.get_or_init(|| self.open_package());
        let packed = package.as_ref().map_err(|why| *why).and_then(|package| package.unit(id));
        let packed = packed.and_then(|sections| Described::new(dwarf, skeleton, sections, id));
        packed.or_else(|why| {
            let unpacked = self.unpacked.get_or_init(|| Unpacked::new(&self.module));
            let found = unpacked.unit(dwarf, skeleton);
            let found = found.and_then(|sections| Described::new(dwarf, skeleton, sections, id));
            // The package is the one to speak of, if there is one.
            found.map_err(|other| if why == Unread::Missing { other } else { why })
        })
    }

    fn open_package(&self) -> Result<Package, Unread> {
        let beside = |path: PathBuf| {
            let mut name = OsString::from(path);
            name.push(".dwp");
            PathBuf::from(name)
        };
        // Both are known to be of this build.
        let mut places = self.module.place().into_iter().chain(self.file.clone()).map(beside);
        if let Some(place) = places.find(|place| place.is_file()) {
            return Package::open(&place);
        }
        let mut others = self.module.seen_at(&self.module.path_once()).into_iter().map(beside);
        Err(if others.any(|other| other.is_file()) { Unread::OtherBuild } else { Unread::Missing })
    }
}

impl Described {
    fn new(
        parent: &Dwarf<Bytes<'_>>,
        skeleton: &Unit<Bytes<'_>>,
        sections: DwarfSections<Section>,
        id: DwoId,
    ) -> Result<Self, Unread> {
        let mut described = Self { sections, begin: 0 };
        let begin = {
            let dwarf = described.dwarf(parent);
            let mut headers = dwarf.units();
            std::iter::from_fn(|| headers.next().ok()?).take(MOST_UNITS).find_map(|header| {
                let begin = header.debug_info_offset()?.0;
                let unit = dwarf.unit(header).ok()?;
                let is_it = unit.dwo_id == Some(id) && unit.encoding().version == skeleton.encoding().version;
                is_it.then_some(begin)
            })
        };
        described.begin = begin.ok_or(Unread::Damaged)?;
        Ok(described)
    }

    fn dwarf<'a>(&'a self, parent: &Dwarf<Bytes<'a>>) -> Dwarf<Bytes<'a>> {
        let mut dwarf = self.sections.borrow(|section| EndianSlice::new(section.bytes(), LittleEndian));
        dwarf.make_dwo(parent);
        dwarf
    }

    /// Opens it for reading.
    pub(super) fn open<'a>(
        &'a self,
        parent: &Dwarf<Bytes<'a>>,
        skeleton: &Unit<Bytes<'a>>,
    ) -> Option<(Dwarf<Bytes<'a>>, Unit<Bytes<'a>>)> {
        let dwarf = self.dwarf(parent);
        let mut unit = dwarf.unit(dwarf.unit_header(DebugInfoOffset(self.begin)).ok()?).ok()?;
        unit.copy_relocated_attributes(skeleton);
        Some((dwarf, unit))
    }
}
