//! The notes of a core dump: its threads, the files that were mapped, and where the program begins.

use crate::memory::Thread;
use object::LittleEndian;
use object::elf::{self, FileHeader64, Machine};
use object::read::elf::Note;
use std::collections::HashMap;
use std::ops::Range;

/// Files and threads at most.
const MOST: u64 = 1 << 16;

/// What the notes say.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) threads: Vec<Thread>,
    pub(super) files: Vec<MappedFile>,
    /// Address of the program's first instruction.
    pub(super) entry: u64,
}

/// A part of a file that was mapped.
pub(super) struct MappedFile {
    pub(super) range: Range<u64>,
    pub(super) offset: u64,
    pub(super) path: String,
    /// Of the file, from 1: its parts have the same.
    pub(super) number: u64,
}

impl Notes {
    pub(super) fn extend<'a>(
        &mut self,
        notes: impl Iterator<Item = Note<'a, FileHeader64<LittleEndian>>>,
        machine: Machine,
    ) {
        for note in notes.filter(|note| note.name() == b"CORE") {
            match note.n_type(LittleEndian) {
                elf::NT_PRSTATUS => self.threads.extend(thread(note.desc(), machine)),
                elf::NT_FILE => self.files = files(note.desc()).unwrap_or_default(),
                elf::NT_AUXV => self.entry = auxiliary(note.desc(), 9).unwrap_or(0),
                _ => {}
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// `struct elf_prstatus`: the number at 32, the registers from 112 on, a word each.
fn thread(note: &[u8], machine: Machine) -> Option<Thread> {
    const REGISTERS: usize = 112;
    let stack_pointer = match machine {
        elf::EM_X86_64 => word(note, REGISTERS + 19 * 8),
        elf::EM_AARCH64 => word(note, REGISTERS + 31 * 8),
        _ => None,
    };
    let tid = u32::from_le_bytes(note.get(32..36)?.try_into().ok()?);
    Some(Thread { tid, stack_pointer })
}

/// How many, the page size, then three words for each part, then their paths, each ended by a zero.
fn files(note: &[u8]) -> Option<Vec<MappedFile>> {
    let (count, page) = (word(note, 0)?.min(MOST), word(note, 8)?);
    let parts = usize::try_from(count).ok()?;
    let mut paths = note.get(16 + parts.checked_mul(24)?..)?.split(|byte| *byte == 0);
    let (mut numbers, mut found) = (HashMap::new(), Vec::new());
    for at in (16..).step_by(24).take(parts) {
        let (start, end) = (word(note, at)?, word(note, at + 8)?);
        let offset = word(note, at + 16)?.checked_mul(page)?;
        let path = String::from_utf8_lossy(paths.next()?).into_owned();
        let next = numbers.len() as u64 + 1;
        let number = *numbers.entry(path.clone()).or_insert(next);
        found.push(MappedFile { range: start..end, offset, path, number });
    }
    Some(found)
}

/// Pairs of a kind and a value.
fn auxiliary(note: &[u8], kind: u64) -> Option<u64> {
    let mut pairs = note.as_chunks::<16>().0.iter();
    let pair = pairs.find(|pair| word(*pair, 0) == Some(kind))?;
    word(pair, 8)
}
