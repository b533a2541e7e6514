//! The ELF files mapped into a program: where each lies, and what is code and what is constant data in it.

use crate::Error;
use crate::memory::{Mapping, Memory};
use memmap2::Mmap;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, ReadCache, SegmentFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that are looked at, the executable among them.
const MOST_MODULES: usize = 256;

/// An ELF file mapped into the program.
#[derive(Clone)]
pub(crate) struct Module {
    /// As the program sees it.
    pub(crate) path: PathBuf,
    /// What has to be added to an address of the file's. Wraps around.
    pub(crate) bias: u64,
    /// Its code, in the program's addresses.
    pub(crate) text: Vec<Range<u64>>,
    /// What is readable and no code, in the program's addresses.
    pub(crate) data: Vec<Range<u64>>,
    /// The part of it in which tables of functions may be.
    pub(crate) tables: Vec<Range<u64>>,
    /// The folder from which we see the program's files by their paths.
    root: PathBuf,
    /// Numbers of the mapped file and of its file system.
    identity: Option<(u64, u64)>,
    file: Arc<Mmap>,
}

impl Module {
    /// The file, or `None` if it is no ELF file after all.
    pub(crate) fn elf(&self) -> Option<object::File<'_>> {
        object::File::parse(&**self.file).ok()
    }

    /// The file's bytes, to be held on to.
    pub(crate) fn bytes(&self) -> Arc<Mmap> {
        self.file.clone()
    }

    /// Where we find files that lie at this path for the program: in its own view first, then in ours.
    pub(crate) fn seen_at(&self, path: &Path) -> [PathBuf; 2] {
        [self.root.join(path.strip_prefix("/").unwrap_or(path)), path.to_owned()]
    }

    /// Where its file lies now, if that is the one that was mapped: a program may have been built anew since.
    pub(crate) fn place(&self) -> Option<PathBuf> {
        self.seen_at(&self.path_once()).into_iter().find(|path| self.is_at(path).unwrap_or(false))
    }

    /// Its path as it was before the file was deleted, if it was.
    pub(crate) fn path_once(&self) -> PathBuf {
        let path = self.path.to_string_lossy();
        path.strip_suffix(" (deleted)").map_or_else(|| self.path.clone(), PathBuf::from)
    }

    /// The same file, or a copy by its build-id.
    fn is_at(&self, path: &Path) -> Option<bool> {
        let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        if self.identity == Some((about.dev(), about.ino())) {
            return Some(true);
        }
        // Read, not mapped: it may be what a linker is writing now.
        let other = ReadCache::new(File::open(path).ok()?);
        let (ours, theirs) = (self.elf()?, object::File::parse(&other).ok()?);
        Some(ours.build_id().ok()?? == theirs.build_id().ok()??)
    }

    pub(crate) fn is_code(&self, address: u64) -> bool {
        self.text.iter().any(|range| range.contains(&address))
    }

    /// The symbols that begin at an address. Walks the whole table.
    pub(crate) fn has_symbol(&self, part: &str) -> bool {
        let Some(elf) = self.elf() else { return false };
        elf.symbols().any(|symbol| symbol.name().is_ok_and(|name| name.contains(part)))
    }

    fn open(memory: &dyn Memory, mappings: &[&Mapping]) -> Option<Self> {
        let first = mappings.first()?;
        let file = memory.file(first)?;
        let identity = file.metadata().ok().map(|about| (about.dev(), about.ino()));
        // SAFETY: mapped privately and read only. The file is code that a process has mapped: it is replaced by
        // another file when it is updated, and not cut short in place.
        let file = Arc::new(unsafe { Mmap::map(&file) }.ok()?);
        let elf = object::File::parse(&**file).ok()?;
        let bias = bias(&elf, first)?;
        let is_code =
            |flags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(object::elf::PF_X));
        let text = elf.segments().filter(|segment| is_code(segment.flags()));
        let text = text.filter_map(|segment| {
            let start = segment.address().wrapping_add(bias);
            Some(start..start.checked_add(segment.size())?)
        });
        let text = text.collect();
        let data = mappings.iter().filter(|it| it.readable && !it.executable).map(|it| it.range.clone());
        let (path, data): (_, Vec<_>) = (first.path.clone().into(), data.collect());
        let tables = tables(&elf, bias, &data);
        Some(Self { path, bias, text, data, tables, root: memory.root(), identity, file })
    }
}

/// Where a program may lie anywhere, its tables of functions are filled in when it is loaded: they are in what the
/// loader could write, which is little. In others they may be among the constants.
fn tables(elf: &object::File<'_>, bias: u64, data: &[Range<u64>]) -> Vec<Range<u64>> {
    if elf.kind() != object::ObjectKind::Dynamic {
        return data.to_vec();
    }
    let is_writable =
        |flags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(object::elf::PF_W));
    let segments = elf.segments().filter(|segment| is_writable(segment.flags()));
    let segments = segments.filter_map(|segment| {
        let start = segment.address().wrapping_add(bias);
        Some(start..start.checked_add(segment.size())?)
    });
    let parts = segments
        .flat_map(|segment| data.iter().map(move |it| it.start.max(segment.start)..it.end.min(segment.end)));
    // Words are read at multiples of eight.
    let parts = parts.map(|part| part.start.next_multiple_of(8)..part.end);
    parts.filter(|part| part.start < part.end).collect()
}

/// From where the file says that its bytes belong to where they are.
fn bias(elf: &object::File<'_>, mapping: &Mapping) -> Option<u64> {
    let holds = |offset: u64, size: u64| {
        // A mapping begins at a page's border, which may be before the segment.
        mapping.range.end.wrapping_sub(mapping.range.start).saturating_add(mapping.offset) > offset
            && offset.saturating_add(size) > mapping.offset
    };
    let segment = elf.segments().find(|segment| {
        let (offset, size) = segment.file_range();
        size > 0 && holds(offset, size)
    })?;
    let (offset, _) = segment.file_range();
    let address = segment.address().wrapping_add(mapping.offset).wrapping_sub(offset);
    Some(mapping.range.start.wrapping_sub(address))
}

/// Whether an executable may have tokio in it: whether it holds words that tokio says where there is no runtime.
/// Cheap, and no more than a reason to look further. tokio in a shared object is not found.
pub fn may_use_tokio(executable: &File) -> bool {
    const WORDS: &[u8] = b"of a Tokio 1.x runtime";
    // SAFETY: mapped privately and read only. What runs is replaced by another file when it is updated, and not
    // cut short in place.
    let Ok(file) = (unsafe { Mmap::map(executable) }) else { return false };
    let Ok(elf) = object::File::parse(&*file) else { return false };
    let constants = elf.section_by_name(".rodata").and_then(|section| section.data().ok());
    let constants = constants.unwrap_or(&file);
    memchr::memmem::find(constants, WORDS).is_some()
}

/// All files with code in them, the executable first.
pub(crate) fn modules(memory: &dyn Memory, mappings: &[Mapping]) -> Result<Vec<Module>, Error> {
    let mut files: BTreeMap<(u64, &str), Vec<&Mapping>> = BTreeMap::new();
    for mapping in mappings.iter().filter(|mapping| mapping.inode != 0) {
        files.entry((mapping.inode, &mapping.path)).or_default().push(mapping);
    }
    let mut files: Vec<_> = files.into_values().filter(|them| them.iter().any(|it| it.executable)).collect();
    files.sort_by_key(|them| them.first().map(|first| first.range.start));
    let found = files.iter().take(MOST_MODULES).filter_map(|them| Module::open(memory, them));
    let mut found: Vec<_> = found.collect();
    // The executable has no name of a library and is usually the first in memory, but not always.
    found.sort_by_key(|module| !is_executable(module, memory));
    match (found.first(), mappings.iter().find(|mapping| mapping.executable)) {
        (Some(executable), _) => check(executable, memory)?,
        // What is mapped may be told, and the files be kept back: then the memory is too, and that says why.
        (None, Some(code)) => drop(memory.read(code.range.start, &mut [0; 8])?),
        (None, None) => {}
    }
    Ok(found)
}

fn is_executable(module: &Module, memory: &dyn Memory) -> bool {
    let name = module.path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.is_some_and(|name| name.trim_end_matches(" (deleted)") == memory.program())
}

fn check(executable: &Module, memory: &dyn Memory) -> Result<(), Error> {
    let program = memory.program();
    match executable.elf() {
        Some(elf) if !elf.is_64() => Err(Error::ThirtyTwoBit { program }),
        Some(elf) if !elf.is_little_endian() || !is_ours(elf.architecture()) => {
            Err(Error::ForeignArchitecture { program })
        }
        _ => Ok(()),
    }
}

/// Those whose layouts were looked at. A dump of the other one can be read too.
fn is_ours(architecture: object::Architecture) -> bool {
    matches!(architecture, object::Architecture::X86_64 | object::Architecture::Aarch64)
}
