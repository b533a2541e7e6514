//! A file with split debug information, of which parts are copied when they are needed. It is not mapped: a build or a
//! deployment may write such a file anew in its place while we look, and what is mapped of it would be cut short.
//! Of a file that was written to since it was opened nothing more is taken.

use super::Unread;
use gimli::SectionId;
use object::{Object, ObjectSection, ReadCache};
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::SystemTime;

/// The file.
#[derive(Debug)]
pub(super) struct Copied {
    file: File,
    size: u64,
    pub(super) written: SystemTime,
    /// Where they are in it.
    sections: HashMap<&'static str, Range<u64>>,
}

/// Those that are read. Where a variable is while code runs (`.debug_loc`) nobody asks.
pub(super) const SECTIONS: [SectionId; 7] = [
    SectionId::DebugCuIndex,
    SectionId::DebugInfo,
    SectionId::DebugAbbrev,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugRngLists,
    SectionId::DebugLine,
];

impl Copied {
    pub(super) fn open(path: &Path) -> Result<Self, Unread> {
        let missing = |why: std::io::Error| match why.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Unread::Missing,
            _ => Unread::Damaged,
        };
        // Looked at first: to open a pipe would take until someone writes to it.
        let about = std::fs::metadata(path).map_err(missing)?;
        if !about.is_file() {
            return Err(Unread::Damaged);
        }
        let file = File::open(path).map_err(missing)?;
        let about = file.metadata().map_err(missing)?;
        let (size, written) = state(&about).ok_or(Unread::Damaged)?;
        let sections = sections(&file).ok_or(Unread::Damaged)?;
        let file = Self { file, size, written, sections };
        if file.is_unchanged() { Ok(file) } else { Err(Unread::Damaged) }
    }

    /// Length of a section; 0 if there is none.
    pub(super) fn length(&self, id: SectionId) -> u64 {
        self.section(id).map_or(0, |range| range.end - range.start)
    }

    /// A section; empty if there is none. `None` if it is not all there.
    pub(super) fn whole(&self, id: SectionId) -> Option<Vec<u8>> {
        self.part(id, 0..self.length(id))
    }

    /// Part of a section. `None` if it is not all there.
    pub(super) fn part(&self, id: SectionId, part: Range<u64>) -> Option<Vec<u8>> {
        if part.is_empty() {
            return Some(Vec::new());
        }
        let within = self.section(id)?;
        let (begin, end) = (within.start.checked_add(part.start)?, within.start.checked_add(part.end)?);
        if end > within.end || end > self.size {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(end - begin).ok()?];
        self.file.read_exact_at(&mut bytes, begin).ok()?;
        self.is_unchanged().then_some(bytes)
    }

    fn section(&self, id: SectionId) -> Option<&Range<u64>> {
        self.sections.get(id.dwo_name()?)
    }

    fn is_unchanged(&self) -> bool {
        let now = self.file.metadata().ok().and_then(|about| state(&about));
        now == Some((self.size, self.written))
    }
}

fn state(about: &Metadata) -> Option<(u64, SystemTime)> {
    Some((about.len(), about.modified().ok()?))
}

fn sections(file: &File) -> Option<HashMap<&'static str, Range<u64>>> {
    let headers = ReadCache::new(file);
    let elf = object::File::parse(&headers).ok()?;
    if !elf.is_little_endian() {
        return None;
    }
    let mut found = HashMap::new();
    for section in elf.sections() {
        let name = section.name().ok()?;
        let wanted = SECTIONS.iter().filter_map(|id| id.dwo_name()).find(|wanted| *wanted == name);
        let Some(wanted) = wanted else { continue };
        // Compilers do not compress these, nor can parts of them be read then.
        let part = section.compressed_file_range().ok()?;
        let is_plain = part.format == object::CompressionFormat::None;
        let range = section.file_range().filter(|_| is_plain)?;
        found.insert(wanted, range.0..range.0.checked_add(range.1)?);
    }
    found.contains_key(SectionId::DebugInfo.dwo_name()?).then_some(found)
}
