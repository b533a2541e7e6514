//! Where the debug information is: in the module's file, or in one of its own that belongs to it.

use crate::module::Module;
use gimli::{DwarfSections, SectionId};
use memmap2::Mmap;
use object::{Object, ObjectSection};
use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where distributions put such files.
const DEBUG_FOLDER: &str = "/usr/lib/debug";

/// The bytes of a section.
pub(super) enum Section {
    /// As they stand in the file.
    Mapped(Arc<Mmap>, Range<usize>),
    /// A copy: they were compressed, or are a unit's own.
    Owned(Vec<u8>),
    /// Part of a copy that units share.
    Shared(Arc<Vec<u8>>, Range<usize>),
}

impl Section {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(file, range) => file.get(range.clone()).unwrap_or_default(),
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes, range) => bytes.get(range.clone()).unwrap_or_default(),
        }
    }
}

/// The sections of the first file that has them, and its path if it is not the module's own.
pub(super) fn load(module: &Module) -> Option<(DwarfSections<Section>, Option<PathBuf>)> {
    if let Some(own) = of_file(&module.bytes()) {
        return Some((own, None));
    }
    let elf = module.elf()?;
    candidates(&elf, &module.path).into_iter().find_map(|path| {
        let file = map(&path)?;
        let belongs = belongs(&elf, &object::File::parse(&**file).ok()?);
        belongs.then(|| of_file(&file))?.map(|sections| (sections, Some(path)))
    })
}

fn map(path: &Path) -> Option<Arc<Mmap>> {
    let file = File::open(path).ok()?;
    // SAFETY: mapped privately and read only. Debug files are replaced when they are updated, not cut short.
    Some(Arc::new(unsafe { Mmap::map(&file) }.ok()?))
}

fn of_file(file: &Arc<Mmap>) -> Option<DwarfSections<Section>> {
    let elf = object::File::parse(&***file).ok()?;
    let load = |id: SectionId| -> Result<Section, object::Error> {
        let Some(section) = elf.section_by_name(id.name()) else { return Ok(Section::Owned(Vec::new())) };
        let packed = section.compressed_file_range()?;
        Ok(match (packed.format, section.file_range()) {
            (object::CompressionFormat::None, Some((offset, size))) => {
                let begin = usize::try_from(offset).unwrap_or(usize::MAX);
                let end = begin.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
                Section::Mapped(file.clone(), begin..end)
            }
            _ => Section::Owned(section.uncompressed_data().map(Cow::into_owned)?),
        })
    };
    let sections = DwarfSections::load(load).ok()?;
    let has_any = |sections: &DwarfSections<Section>| {
        let mut length = 0;
        sections.debug_info.borrow(|section: &Section| {
            length = section.bytes().len();
            gimli::EndianSlice::new(section.bytes(), gimli::LittleEndian)
        });
        length > 0
    };
    has_any(&sections).then_some(sections)
}

/// By build-id, then by the name that the file gives.
fn candidates(elf: &object::File<'_>, path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Ok(Some([first, rest @ ..])) = elf.build_id() {
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        found.push(format!("{DEBUG_FOLDER}/.build-id/{first:02x}/{rest}.debug").into());
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    if let Ok(Some((name, _))) = elf.gnu_debuglink()
        && let Ok(name) = std::str::from_utf8(name)
        // It is a plain name; with a path in it, it would lead to any file.
        && !name.contains('/')
    {
        let below = folder.strip_prefix("/").unwrap_or(folder);
        let folders = [folder.to_owned(), folder.join(".debug"), Path::new(DEBUG_FOLDER).join(below)];
        found.extend(folders.map(|folder| folder.join(name)));
    }
    found
}

/// By build-id; without one, by where the code lies and how much there is.
fn belongs(module: &object::File<'_>, other: &object::File<'_>) -> bool {
    let text =
        |elf: &object::File<'_>| elf.section_by_name(".text").map(|text| (text.address(), text.size()));
    match (module.build_id(), other.build_id()) {
        (Ok(Some(ours)), Ok(Some(theirs))) => ours == theirs,
        (Ok(None), Ok(None)) => text(module).is_some() && text(module) == text(other),
        _ => false,
    }
}
