//! A core dump: what is left of a process. Memory that was only ever read from files is not in it, and is taken
//! from these files.

mod notes;

use super::{Mapping, Memory, Socket, Thread};
use crate::Error;
use memmap2::Mmap;
use notes::Notes;
use object::read::elf::{ElfFile64, ProgramHeader as _};
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use taskscope_model::At;

/// A core dump.
pub(crate) struct CoreFile {
    file: Mmap,
    /// By ascending address.
    segments: Vec<Segment>,
    notes: Notes,
}

/// A range of addresses, and how much of it was dumped, and where to.
struct Segment {
    range: Range<u64>,
    flags: object::elf::ProgramFlags,
    offset: u64,
    dumped: u64,
}

impl CoreFile {
    /// Opens a dump.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let not_a_core = |why| Error::NotACore { path: path.to_owned(), why };
        let file =
            File::open(path).map_err(|source| Error::Io { what: path.display().to_string(), source })?;
        // SAFETY: mapped privately and read only. A dump is written once, and not cut short afterwards.
        let file = unsafe { Mmap::map(&file) };
        let file = file.map_err(|source| Error::Io { what: path.display().to_string(), source })?;
        let elf = ElfFile64::<object::LittleEndian>::parse(&*file);
        let elf = elf.map_err(|_| not_a_core("it is no ELF file for 64-bit little-endian programs"))?;
        if elf.elf_header().e_type.get(object::LittleEndian) != object::elf::ET_CORE {
            return Err(not_a_core("it is a program, not the dump of one"));
        }
        let machine = elf.elf_header().e_machine.get(object::LittleEndian);
        let mut segments = Vec::new();
        let mut notes = Notes::default();
        for header in elf.elf_program_headers() {
            match header.p_type(object::LittleEndian) {
                object::elf::PT_LOAD => segments.extend(segment(header)),
                object::elf::PT_NOTE => {
                    let found = header.notes(object::LittleEndian, &*file);
                    let found = found.map_err(|_| not_a_core("its notes cannot be read"))?;
                    notes.extend(found.into_iter().flatten().map_while(Result::ok), machine);
                }
                _ => {}
            }
        }
        segments.sort_by_key(|segment| segment.range.start);
        if segments.is_empty() || notes.files.is_empty() {
            return Err(not_a_core("it has no memory, or does not name the files that were mapped"));
        }
        Ok(Self { file, segments, notes })
    }

    fn segment(&self, address: u64) -> Option<&Segment> {
        let before = self.segments.partition_point(|segment| segment.range.start <= address);
        self.segments.get(before.checked_sub(1)?).filter(|segment| segment.range.contains(&address))
    }

    /// What was dumped from an address on, up to the end of its segment.
    fn dumped(&self, address: u64) -> Option<&[u8]> {
        let segment = self.segment(address)?;
        let skip = address.checked_sub(segment.range.start)?;
        let begin = usize::try_from(segment.offset.checked_add(skip)?).ok()?;
        let end = usize::try_from(segment.offset.checked_add(segment.dumped)?).ok()?;
        self.file.get(begin..end.min(self.file.len())).filter(|bytes| !bytes.is_empty())
    }
}

fn segment(header: &object::elf::ProgramHeader64<object::LittleEndian>) -> Option<Segment> {
    let endian = object::LittleEndian;
    let (start, length) = (header.p_vaddr(endian), header.p_memsz(endian));
    let (offset, dumped) = (header.p_offset(endian), header.p_filesz(endian).min(length));
    Some(Segment { range: start..start.checked_add(length)?, flags: header.p_flags(endian), offset, dumped })
}

impl Memory for CoreFile {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = address.checked_add(done as u64);
            let Some(bytes) = at.and_then(|at| self.dumped(at)) else { break };
            let length = bytes.len().min(rest.len());
            rest[..length].copy_from_slice(&bytes[..length]);
            done += length;
        }
        Ok(done)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        let has_thread = |range: &Range<u64>| {
            self.notes.threads.iter().filter_map(|thread| thread.stack_pointer).any(|at| range.contains(&at))
        };
        let mapping = |segment: &Segment| {
            let start = segment.range.start;
            let of = self.notes.files.iter().find(|file| file.range.contains(&start));
            let stack = if has_thread(&segment.range) { "[stack]" } else { "" };
            Mapping {
                range: segment.range.clone(),
                readable: segment.flags.contains(object::elf::PF_R),
                writable: segment.flags.contains(object::elf::PF_W),
                executable: segment.flags.contains(object::elf::PF_X),
                shared: false,
                offset: of.map_or(0, |file| file.offset + (start - file.range.start)),
                inode: of.map_or(0, |file| file.number),
                path: of.map_or(stack, |file| &file.path).to_owned(),
            }
        };
        // Dumpers leave out what was not written to, and with it the code: it is known by the files' parts alone.
        let left_out = self.notes.files.iter().filter(|file| self.segment(file.range.start).is_none());
        let left_out = left_out.map(|file| Mapping {
            range: file.range.clone(),
            readable: true,
            writable: false,
            executable: true,
            shared: false,
            offset: file.offset,
            inode: file.number,
            path: file.path.clone(),
        });
        let mut mappings: Vec<_> = self.segments.iter().map(mapping).chain(left_out).collect();
        mappings.sort_by_key(|mapping| mapping.range.start);
        Ok(mappings)
    }

    fn resident(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
        let parts = self.segments.iter().filter_map(|segment| {
            let start = segment.range.start.max(range.start);
            let end = (segment.range.start.saturating_add(segment.dumped)).min(range.end);
            (start < end).then_some(start..end)
        });
        Ok(parts.collect())
    }

    fn threads(&self) -> Result<Vec<Thread>, Error> {
        Ok(self.notes.threads.clone())
    }

    /// The file of that name now, if it begins as the one did that was mapped.
    fn file(&self, mapping: &Mapping) -> Option<File> {
        use rustix::fs::FileExt as _;
        let file = File::open(&mapping.path).ok()?;
        let first = self.notes.files.iter().find(|it| it.number == mapping.inode && it.offset == 0)?;
        let then = self.dumped(first.range.start).unwrap_or_default();
        let then = then.get(..then.len().min(4096))?;
        let mut now = vec![0; then.len()];
        let read = file.read_at(&mut now, 0).ok()?;
        (now.get(..read)? == then).then_some(file)
    }

    fn now(&self) -> Option<At> {
        None
    }

    fn sockets(&self, _: &[i32]) -> HashMap<i32, Socket> {
        HashMap::new()
    }

    fn program(&self) -> String {
        let entry = self.notes.entry;
        let executable = self.notes.files.iter().find(|file| file.range.contains(&entry));
        let name = executable.and_then(|file| file.path.rsplit('/').next());
        name.unwrap_or("the dumped program").to_owned()
    }
}
