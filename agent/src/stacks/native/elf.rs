//! What is needed of an ELF file: its sections, its symbols, its build id. Files are not believed: every number
//! is checked against the file's length.

use std::ops::Range;

const MAGIC: &[u8] = b"\x7fELF\x02\x01";
const SYMBOLS: u32 = 2;
const DYNAMIC_SYMBOLS: u32 = 11;
const NO_BITS: u32 = 8;
const COMPRESSED: u64 = 1 << 11;
const BUILD_ID: u32 = 3;
const FUNCTION: u8 = 2;
const INDIRECT_FUNCTION: u8 = 10;

/// A file of 64 bits, little-endian.
pub(super) struct Elf<'a> {
    bytes: &'a [u8],
    sections: Vec<Section>,
    names: Range<usize>,
}

struct Section {
    name: u32,
    kind: u32,
    compressed: bool,
    place: Range<usize>,
    link: u32,
}

/// A function of the symbol table.
pub(super) struct Symbol {
    pub(super) address: u64,
    pub(super) size: u64,
    /// Where its name begins in the file.
    name: usize,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let mut number = [0; 8];
    number.get_mut(..N)?.copy_from_slice(bytes.get(at..at.checked_add(N)?)?);
    Some(u64::from_le_bytes(number))
}

fn index<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number::<N>(bytes, at)?).ok()
}

impl<'a> Elf<'a> {
    /// Reads the table of sections; `None` if it is no such file.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let (table, size, count) = (index::<8>(bytes, 40)?, index::<2>(bytes, 58)?, index::<2>(bytes, 60)?);
        let sections = (0..count).map(|at| {
            let header = bytes.get(table.checked_add(size.checked_mul(at)?)?..)?;
            let kind = number_of_32(header, 4)?;
            let (start, length) = (index::<8>(header, 24)?, index::<8>(header, 32)?);
            let end = if kind == NO_BITS { start } else { start.checked_add(length)? };
            if kind != NO_BITS && bytes.len() < end {
                return None;
            }
            let compressed = number::<8>(header, 8)? & COMPRESSED != 0;
            let (name, link) = (number_of_32(header, 0)?, number_of_32(header, 40)?);
            Some(Section { name, kind, compressed, place: start..end, link })
        });
        let sections: Vec<Section> = sections.collect::<Option<_>>()?;
        let names = sections.get(index::<2>(bytes, 62)?)?.place.clone();
        Some(Self { bytes, sections, names })
    }

    /// A section's bytes; empty if it is not there, or compressed.
    pub(super) fn section(&self, name: &str) -> &'a [u8] {
        let found = self.sections.iter().find(|section| {
            let at = self.names.start.saturating_add(section.name as usize);
            self.text(at, self.names.end) == Some(name.as_bytes())
        });
        let found = found.filter(|section| !section.compressed && section.kind != NO_BITS);
        found.and_then(|section| self.bytes.get(section.place.clone())).unwrap_or_default()
    }

    /// The functions, by address: of the full table, or of the dynamic one if that is all there is.
    pub(super) fn functions(&self) -> Vec<Symbol> {
        let table = |kind| self.sections.iter().find(|section| section.kind == kind);
        let Some(table) = table(SYMBOLS).or_else(|| table(DYNAMIC_SYMBOLS)) else { return Vec::new() };
        let names = self.sections.get(table.link as usize).map_or(0, |section| section.place.start);
        let entries = self.bytes.get(table.place.clone()).unwrap_or_default().chunks_exact(24);
        let functions = entries.filter_map(|entry| {
            let kind = entry.get(4)? & 0xF;
            let (address, size) = (number::<8>(entry, 8)?, number::<8>(entry, 16)?);
            let name = names.checked_add(index::<4>(entry, 0)?)?;
            let here = number::<2>(entry, 6)? != 0;
            let function = here && (kind == FUNCTION || kind == INDIRECT_FUNCTION);
            function.then_some(Symbol { address, size, name })
        });
        let mut functions: Vec<Symbol> = functions.collect();
        functions.sort_by_key(|symbol| symbol.address);
        functions
    }

    /// The name of a function.
    pub(super) fn name(&self, symbol: &Symbol) -> Option<&'a str> {
        std::str::from_utf8(self.text(symbol.name, self.bytes.len())?).ok()
    }

    /// The build id that the file itself says it has.
    pub(super) fn build_id(&self) -> Option<Vec<u8>> {
        build_id(self.section(".note.gnu.build-id"))
    }

    /// A text that ends with a zero.
    fn text(&self, at: usize, end: usize) -> Option<&'a [u8]> {
        let text = self.bytes.get(at..end)?;
        text.split(|byte| *byte == 0).next()
    }
}

fn number_of_32(bytes: &[u8], at: usize) -> Option<u32> {
    number::<4>(bytes, at).map(|number| number as u32)
}

/// The build id in a row of notes.
pub(super) fn build_id(mut notes: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (name, length) = (index::<4>(notes, 0)?, index::<4>(notes, 4)?);
        let start = 12_usize.checked_add(name.checked_next_multiple_of(4)?)?;
        let end = start.checked_add(length)?;
        if number_of_32(notes, 8)? == BUILD_ID && notes.get(12..)?.starts_with(b"GNU\0") {
            return notes.get(start..end).map(<[u8]>::to_vec);
        }
        notes = notes.get(end.checked_next_multiple_of(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_executable_and_survives_every_cut_of_it() {
        let bytes = std::fs::read("/proc/self/exe").unwrap();
        let elf = Elf::parse(&bytes).unwrap();
        assert!(!elf.section(".eh_frame").is_empty() && elf.section(".nothing").is_empty());
        let functions = elf.functions();
        assert!(
            functions.iter().any(|symbol| elf.name(symbol).is_some_and(|name| name.contains("build_id")))
        );
        for length in (0..bytes.len()).step_by(bytes.len() / 50).chain(0..200) {
            if let Some(cut) = Elf::parse(&bytes[..length]) {
                cut.functions();
            }
        }
    }

    #[test]
    fn finds_the_build_id_among_other_notes() {
        let mut notes = Vec::new();
        for (name, kind, text) in [(*b"GNU\0", 1_u32, *b"abcdef12"), (*b"GNU\0", BUILD_ID, *b"01234567")] {
            notes.extend([4, 0, 0, 0, 8, 0, 0, 0]);
            notes.extend(kind.to_le_bytes());
            notes.extend(name);
            notes.extend(text);
        }
        assert_eq!(build_id(&notes), Some(b"01234567".to_vec()));
        assert_eq!(build_id(&notes[..30]), None);
        assert_eq!(build_id(&[0xFF; 64]), None);
    }
}
