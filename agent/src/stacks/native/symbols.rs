//! Names and lines of addresses, out of the debug information and the symbol tables of the modules' files.

use super::elf::{Elf, Symbol};
use super::modules::Bytes;
use crate::stacks::frames::{Address, Module};
use crate::stacks::named::Named;
use addr2line::Context;
use gimli::{EndianSlice, NativeEndian};
use std::collections::HashMap;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// The executable, whatever has become of its file.
const EXECUTABLE: &str = "/proc/self/exe";

/// Most files that are kept open; addresses in others stay without names.
const MOST_FILES: usize = 256;

/// Looks up addresses. The files' bytes stay in the address space for ever, each once.
#[derive(Default)]
pub(crate) struct Symbols {
    files: HashMap<Module, Option<Source>>,
    bytes: HashMap<PathBuf, Option<&'static [u8]>>,
}

struct Source {
    elf: Elf<'static>,
    lines: Option<Context<Bytes>>,
    functions: Vec<Symbol>,
}

impl Symbols {
    /// The functions at an address, innermost first; empty if nothing is known.
    pub(crate) fn look_up(&mut self, address: &Address) -> Vec<Named> {
        let Some(source) = address.module.as_ref().and_then(|module| self.source(module)) else {
            return Vec::new();
        };
        source.by_lines(address.offset).or_else(|| source.by_symbols(address.offset)).unwrap_or_default()
    }

    /// Reads what will be needed of the executable.
    pub(crate) fn prepare(&mut self) {
        let build_id = self.bytes(Path::new(EXECUTABLE)).and_then(Elf::parse).and_then(|elf| elf.build_id());
        self.source(&Module::executable(build_id.unwrap_or_default()));
    }

    fn source(&mut self, module: &Module) -> Option<&Source> {
        if !self.files.contains_key(module) {
            let bytes = if self.files.len() < MOST_FILES { self.bytes(&module.path) } else { None };
            self.files.insert(module.clone(), bytes.and_then(|bytes| Source::open(bytes, module)));
        }
        self.files.get(module)?.as_ref()
    }

    fn bytes(&mut self, path: &Path) -> Option<&'static [u8]> {
        if let Some(bytes) = self.bytes.get(path) {
            return *bytes;
        }
        let bytes = bytes(path);
        self.bytes.insert(path.to_owned(), bytes);
        bytes
    }

    /// Gives back what was made of the files, and the pages of the executable, which can be read again.
    pub(crate) fn let_go(&mut self) {
        self.files = HashMap::new();
        if let Some(Some(mapped)) = self.bytes.get(Path::new(EXECUTABLE)) {
            // SAFETY: it is our mapping of a file, for reading only: whoever reads it next gets the same bytes. A
            // failure leaves all as it was.
            unsafe { libc::madvise(mapped.as_ptr().cast_mut().cast(), mapped.len(), libc::MADV_DONTNEED) };
        }
    }
}

impl Source {
    fn open(bytes: &'static [u8], module: &Module) -> Option<Self> {
        let elf = Elf::parse(bytes)?;
        // It may have been replaced since it was loaded.
        if elf.build_id().unwrap_or_default() != module.build_id {
            return None;
        }
        let section = |id: gimli::SectionId| {
            Ok::<_, gimli::Error>(EndianSlice::new(elf.section(id.name()), NativeEndian))
        };
        let lines = gimli::Dwarf::load(section).ok().and_then(|dwarf| Context::from_dwarf(dwarf).ok());
        let functions = elf.functions();
        Some(Self { elf, lines, functions })
    }

    fn by_lines(&self, address: u64) -> Option<Vec<Named>> {
        let lines = self.lines.as_ref()?;
        let mut frames = lines.find_frames(address).skip_all_loads().ok()?;
        let mut named = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.as_ref().and_then(|name| name.demangle().ok());
            let location = frame.location.as_ref();
            named.push(Named {
                function: function.map(|name| name.into_owned()).unwrap_or_default(),
                file: location.and_then(|location| location.file).unwrap_or_default().to_owned(),
                line: location.and_then(|location| location.line).unwrap_or(0),
                column: location.and_then(|location| location.column).unwrap_or(0),
                folder: String::new(),
            });
        }
        if let Some(last) = named.last_mut().filter(|last| last.function.is_empty()) {
            last.function = self.symbol(address).unwrap_or_default();
        }
        let folder = self.folder(address).unwrap_or_default();
        named.iter_mut().for_each(|named| named.folder.clone_from(&folder));
        (!named.is_empty()).then_some(named)
    }

    /// The folder in which the code was compiled.
    fn folder(&self, address: u64) -> Option<String> {
        let unit = self.lines.as_ref()?.find_dwarf_and_unit(address).skip_all_loads()?;
        Some(unit.comp_dir?.to_string_lossy().into_owned())
    }

    fn by_symbols(&self, address: u64) -> Option<Vec<Named>> {
        Some(vec![Named { function: self.symbol(address)?, ..Named::default() }])
    }

    fn symbol(&self, address: u64) -> Option<String> {
        let behind = self.functions.partition_point(|symbol| symbol.address <= address);
        let symbol = self.functions.get(behind.checked_sub(1)?)?;
        let within = address - symbol.address < symbol.size.max(1);
        let name = within.then(|| self.elf.name(symbol)).flatten()?;
        Some(format!("{:#}", rustc_demangle::demangle(name)))
    }
}

/// A file's bytes for ever. The executable cannot be written to while it runs, so it is mapped; any other file
/// is read.
fn bytes(path: &Path) -> Option<&'static [u8]> {
    if path != Path::new(EXECUTABLE) {
        return Some(std::fs::read(path).ok()?.leak());
    }
    let file = File::open(path).ok()?;
    let length = usize::try_from(file.metadata().ok()?.len()).ok().filter(|length| *length > 0)?;
    // SAFETY: a new private mapping of a file that is open; nothing of ours is replaced.
    let mapped = unsafe {
        libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
    };
    if mapped == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: so many bytes are mapped, and stay so.
    Some(unsafe { std::slice::from_raw_parts(mapped.cast::<u8>(), length) })
}
