//! The split units of a program in one file (`.dwp`), with an index by their numbers.

use super::Unread;
use super::copied::Copied;
use crate::debug::sections::Section;
use gimli::{DebugCuIndex, DwarfSections, DwoId, LittleEndian, SectionId};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A section, for several units to share.
type Bytes = Arc<Vec<u8>>;

/// The package.
#[derive(Debug)]
pub(super) struct Package {
    file: Copied,
    index: Vec<u8>,
    /// Sections of which units share parts, each copied when first asked for.
    shared: [(SectionId, OnceLock<Option<Bytes>>); 5],
    /// Bytes that the units not yet read can have: of each is a part of its own.
    left: AtomicU64,
}

impl Package {
    pub(super) fn open(path: &Path) -> Result<Self, Unread> {
        let file = Copied::open(path)?;
        let index = file.whole(SectionId::DebugCuIndex).ok_or(Unread::Damaged)?;
        let shared = [
            SectionId::DebugAbbrev,
            SectionId::DebugStr,
            SectionId::DebugStrOffsets,
            SectionId::DebugRngLists,
            SectionId::DebugLine,
        ];
        let left = AtomicU64::new(file.length(SectionId::DebugInfo));
        Ok(Self { file, index, shared: shared.map(|id| (id, OnceLock::new())), left })
    }

    /// The sections of a unit.
    pub(super) fn unit(&self, id: DwoId) -> Result<DwarfSections<Section>, Unread> {
        let parts = self.parts(id)?;
        DwarfSections::load(|id| {
            let part = parts.get(id.name()).cloned();
            let section = match (id, part) {
                (SectionId::DebugInfo, Some(part)) => self.own(part),
                (SectionId::DebugStr, _) => {
                    self.shared(id).map(|bytes| Section::Shared(bytes.clone(), 0..bytes.len()))
                }
                (_, Some(part)) if self.shared.iter().any(|(shared, _)| *shared == id) => {
                    self.shared(id).and_then(|bytes| within(bytes.clone(), part))
                }
                _ => Some(Section::Owned(Vec::new())),
            };
            section.ok_or(Unread::Damaged)
        })
    }

    /// Which part of each section is a unit's, by the section's name.
    fn parts(&self, id: DwoId) -> Result<HashMap<&'static str, Range<u64>>, Unread> {
        let index = DebugCuIndex::new(&self.index, LittleEndian).index().map_err(|_| Unread::Damaged)?;
        if index.unit_count() == 0 {
            return Err(Unread::Damaged);
        }
        let row = index.find(id.0).ok_or(Unread::OtherBuild)?;
        let parts = index.sections(row).map_err(|_| Unread::Damaged)?;
        let range = |offset: u32, size: u32| u64::from(offset)..u64::from(offset) + u64::from(size);
        Ok(parts.map(|part| (part.section.section_id().name(), range(part.offset, part.size))).collect())
    }

    fn own(&self, part: Range<u64>) -> Option<Section> {
        let length = part.end - part.start;
        let take = |left: u64| left.checked_sub(length);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        self.file.part(SectionId::DebugInfo, part).map(Section::Owned)
    }

    fn shared(&self, id: SectionId) -> Option<&Bytes> {
        let (_, section) = self.shared.iter().find(|(shared, _)| *shared == id)?;
        section.get_or_init(|| self.file.whole(id).map(Arc::new)).as_ref()
    }
}

/// A part that is all there.
fn within(bytes: Bytes, part: Range<u64>) -> Option<Section> {
    let part = usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?;
    (part.end <= bytes.len()).then_some(Section::Shared(bytes, part))
}
