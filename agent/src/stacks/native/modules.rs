//! The executable and the libraries in the process: where they lie, what they are, and their tables for
//! unwinding.

use super::memory;
use gimli::{BaseAddresses, EhFrame, EhFrameHdr, EndianSlice, NativeEndian, ParsedEhFrameHdr};
use std::collections::HashMap;
use std::ffi::CStr;
use std::ops::Range;
use std::path::PathBuf;

pub(super) type Bytes = EndianSlice<'static, NativeEndian>;

/// Most different libraries whose tables are kept: those of a library stay when it is unloaded.
const MOST_TABLES: usize = 256;
/// Largest table, bytes.
const LARGEST_TABLE: usize = 64 << 20;

/// What tells one loaded file from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    /// Empty for the executable.
    pub(super) path: PathBuf,
    pub(super) build_id: Vec<u8>,
}

/// One loaded file.
#[derive(Clone)]
pub(super) struct Module {
    pub(super) identity: Identity,
    /// What to add to an address of the file.
    pub(super) base: u64,
    /// Where it lies, from the first loaded byte to the last.
    pub(super) range: Range<u64>,
    tables: Option<Place>,
    /// Whether it is unloaded only with the process.
    stays: bool,
}

/// Where the tables for unwinding lie: the sorted index, and all that follows it in its segment.
#[derive(Clone, Debug)]
struct Place {
    index: Range<u64>,
    segment: Range<u64>,
}

/// The tables of one module.
pub(super) struct Tables {
    pub(super) index: ParsedEhFrameHdr<Bytes>,
    pub(super) frames: EhFrame<Bytes>,
    /// As the file counts.
    pub(super) bases: BaseAddresses,
}

/// All modules.
#[derive(Default)]
pub(super) struct Modules {
    /// By address.
    all: Vec<Module>,
    tables: HashMap<Identity, Option<Tables>>,
    /// How often something was loaded and unloaded, when this was read.
    changes: Option<(u64, u64)>,
}

impl Modules {
    /// Brings the list up to now.
    pub(super) fn refresh(&mut self) {
        let changes = walk(&mut |info| Walk::StopWith((info.dlpi_adds, info.dlpi_subs)));
        if changes.is_some() && changes == self.changes {
            return;
        }
        self.changes = changes;
        self.all.clear();
        walk::<()>(&mut |info| {
            self.all.extend(module(info, self.all.is_empty()));
            Walk::GoOn
        });
        self.all.sort_by_key(|module| module.range.start);
    }

    /// The module that an address lies in.
    pub(super) fn find(&self, address: u64) -> Option<&Module> {
        let behind = self.all.partition_point(|module| module.range.start <= address);
        self.all.get(behind.checked_sub(1)?).filter(|module| module.range.contains(&address))
    }

    /// The tables of the module that an address lies in, and what to add to addresses of its file.
    pub(super) fn tables(&mut self, address: u64) -> Option<(&Tables, u64)> {
        let module = self.find(address)?.clone();
        if !self.tables.contains_key(&module.identity) {
            let tables = if self.tables.len() < MOST_TABLES { module.read_tables() } else { None };
            self.tables.insert(module.identity.clone(), tables);
        }
        let tables = self.tables.get(&module.identity)?.as_ref()?;
        Some((tables, module.base))
    }
}

impl Module {
    fn read_tables(&self) -> Option<Tables> {
        let place = self.tables.clone()?;
        let whole = place.index.start.min(place.segment.start)..place.segment.end;
        let bytes = self.bytes(&whole)?;
        let part = |from: u64, to: u64| {
            let at = |address: u64| usize::try_from(address.checked_sub(whole.start)?).ok();
            bytes.get(at(from)?..at(to)?)
        };
        let file = |address: u64| address.wrapping_sub(self.base);
        let bases = BaseAddresses::default().set_eh_frame_hdr(file(place.index.start));
        let index =
            EhFrameHdr::new(part(place.index.start, place.index.end)?, NativeEndian).parse(&bases, 8).ok()?;
        let frames_at = index.eh_frame_ptr().direct().ok()?.wrapping_add(self.base);
        let frames = EhFrame::new(part(frames_at, place.segment.end)?, NativeEndian);
        Some(Tables { index, frames, bases: bases.set_eh_frame(file(frames_at)) })
    }

    /// Bytes of it for ever: in place where they stay, else copied.
    fn bytes(&self, range: &Range<u64>) -> Option<&'static [u8]> {
        let length = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
        if self.stays {
            let start = std::ptr::with_exposed_provenance::<u8>(range.start as usize);
            // SAFETY: it lies within a segment of the executable, which is readable and loaded until the end.
            return Some(unsafe { std::slice::from_raw_parts(start, length) });
        }
        if length > LARGEST_TABLE {
            return None;
        }
        let mut bytes = vec![0; length];
        let mut at = range.start;
        for piece in bytes.chunks_mut(memory::MOST_STACK) {
            // It may be unloaded meanwhile.
            if memory::copy(at, piece) < piece.len() {
                return None;
            }
            at += piece.len() as u64;
        }
        Some(bytes.leak())
    }
}

enum Walk<T> {
    GoOn,
    StopWith(T),
}

struct Walker<'a, T> {
    visit: &'a mut dyn FnMut(&libc::dl_phdr_info) -> Walk<T>,
    result: Option<T>,
}

/// Shows each loaded file, the executable first. The loader's lock is held meanwhile.
fn walk<T>(visit: &mut dyn FnMut(&libc::dl_phdr_info) -> Walk<T>) -> Option<T> {
    let mut walker = Walker { visit, result: None };
    // SAFETY: the callback gets the walker, as the type that it is, and only during this call.
    unsafe { libc::dl_iterate_phdr(Some(step::<T>), (&raw mut walker).cast()) };
    walker.result
}

unsafe extern "C" fn step<T>(
    info: *mut libc::dl_phdr_info,
    _: libc::size_t,
    walker: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the loader gives a valid one.
    let info = unsafe { &*info };
    // SAFETY: this is what `walk` gave.
    let walker = unsafe { &mut *walker.cast::<Walker<'_, T>>() };
    match (walker.visit)(info) {
        Walk::GoOn => 0,
        Walk::StopWith(result) => {
            walker.result = Some(result);
            1
        }
    }
}

/// What the loader tells of one file. Called under its lock: all that is loaded can be read.
fn module(info: &libc::dl_phdr_info, first: bool) -> Option<Module> {
    let count = usize::from(info.dlpi_phnum);
    if info.dlpi_phdr.is_null() || count == 0 {
        return None;
    }
    // SAFETY: the loader's table has so many entries.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, count) };
    let base = info.dlpi_addr;
    let place = |header: &libc::Elf64_Phdr| {
        let start = base.wrapping_add(header.p_vaddr);
        start..start.saturating_add(header.p_memsz)
    };
    let loaded = || headers.iter().filter(|header| header.p_type == libc::PT_LOAD).map(place);
    let range = loaded().map(|range| range.start).min()?..loaded().map(|range| range.end).max()?;
    let index = headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME).map(place);
    let tables = index.and_then(|index| {
        let segment = loaded().find(|segment| segment.contains(&index.start))?;
        Some(Place { index, segment })
    });
    let build_id = headers.iter().filter(|header| header.p_type == libc::PT_NOTE).find_map(|header| {
        let range = place(header);
        let notes = std::ptr::with_exposed_provenance::<u8>(range.start as usize);
        // SAFETY: notes lie within a loaded segment, readable while the loader's lock is held.
        let notes = unsafe { std::slice::from_raw_parts(notes, header.p_memsz as usize) };
        super::elf::build_id(notes)
    });
    let path = if first || info.dlpi_name.is_null() {
        PathBuf::new()
    } else {
        // SAFETY: the loader's name ends with a zero.
        let name = unsafe { CStr::from_ptr(info.dlpi_name) };
        PathBuf::from(name.to_string_lossy().into_owned())
    };
    let identity = Identity { path, build_id: build_id.unwrap_or_default() };
    let vdso = identity.path.to_string_lossy().starts_with("linux-vdso");
    Some(Module { identity, base, range, tables, stays: first || vdso })
}
