//! Packages made by hand, as small as they can be, and whatever may be wrong with one.

use super::package::Package;
use super::{Described, Unread};
use crate::debug::Bytes;
use gimli::{Dwarf, DwarfSections, DwoId, EndianSlice, LittleEndian};
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

const ID: u64 = 0x1122_3344_5566_7788;
/// A unit with a name and a number.
const ABBREVIATIONS: [u8; 12] = [1, 0x11, 0, 0x03, 0x08, 0xb1, 0x42, 0x07, 0, 0, 0, 0];
/// A skeleton has the number alone.
const OF_SKELETON: [u8; 9] = [1, 0x11, 0, 0xb1, 0x42, 0x07, 0, 0, 0];

fn unit(name: &[u8], id: u64) -> Vec<u8> {
    let behind = [&[4, 0, 0, 0, 0, 0, 8, 1][..], name, &id.to_le_bytes()].concat();
    [&u32::try_from(behind.len()).unwrap().to_le_bytes()[..], &behind].concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Version, sections, units, slots; the slots' numbers and rows; the sections' kinds; where each row's parts begin,
/// and their lengths.
fn index(id: u64, unit: usize) -> Vec<u8> {
    let length = u32::try_from(unit).unwrap();
    let slot = (id & 1) as usize;
    let (mut ids, mut rows) = ([0_u64; 2], [0_u32; 2]);
    (ids[slot], rows[slot]) = (id, 1);
    let ids: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    let parts = words(&[1, 3, 0, 0, length, u32::try_from(ABBREVIATIONS.len()).unwrap()]);
    [words(&[2, 2, 1, 2]), ids, words(&rows), parts].concat()
}

/// An ELF file with these sections. `flags` are those of all of them.
fn elf(sections: &[(&str, Vec<u8>)], flags: u64) -> Vec<u8> {
    let (mut body, mut names) = (vec![0; 64], vec![0]);
    let mut headers = vec![[0_u64; 3]];
    let mut add = |name: &str, bytes: &[u8], body: &mut Vec<u8>| {
        headers.push([names.len() as u64, body.len() as u64, bytes.len() as u64]);
        names.extend(name.bytes().chain([0]));
        body.extend(bytes);
    };
    sections.iter().for_each(|(name, bytes)| add(name, bytes, &mut body));
    add(".shstrtab", b"", &mut body);
    headers.last_mut().unwrap()[2] = names.len() as u64;
    body.extend(names);
    let table = body.len() as u64;
    for (number, [name, offset, size]) in headers.iter().enumerate() {
        let kind: u32 = if number == 0 {
            0
        } else if number + 1 == headers.len() {
            3
        } else {
            1
        };
        body.extend(words(&[u32::try_from(*name).unwrap(), kind]));
        let flags = if kind == 1 { flags } else { 0 };
        body.extend([flags, 0, *offset, *size, 0, 1, 0].iter().flat_map(|word| word.to_le_bytes()));
    }
    let count = u16::try_from(headers.len()).unwrap();
    body[..16].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    body[16..24].copy_from_slice(&[1, 0, 62, 0, 1, 0, 0, 0]);
    body[40..48].copy_from_slice(&table.to_le_bytes());
    let sizes = [64_u16, 0, 0, 64, count, count - 1];
    body[52..64].copy_from_slice(&sizes.iter().flat_map(|size| size.to_le_bytes()).collect::<Vec<_>>());
    body
}

fn package(id: u64, flags: u64) -> Vec<u8> {
    let unit = unit(b"here\0", id);
    let index = index(ID, unit.len());
    let abbreviations = ABBREVIATIONS.to_vec();
    let sections =
        [(".debug_info.dwo", unit), (".debug_abbrev.dwo", abbreviations), (".debug_cu_index", index)];
    elf(&sections, flags)
}

/// The name of the unit of that number, as far as the file can be read.
fn name(path: &Path, id: u64) -> Result<String, Unread> {
    let (skeleton, abbreviations) = (unit(b"", id), OF_SKELETON);
    let of = |bytes| EndianSlice::new(bytes, LittleEndian);
    let sections: DwarfSections<&[u8]> = DwarfSections::load(|id| {
        Ok::<_, Unread>(match id {
            gimli::SectionId::DebugInfo => &skeleton[..],
            gimli::SectionId::DebugAbbrev => &abbreviations,
            _ => &[],
        })
    })?;
    let dwarf: Dwarf<Bytes<'_>> = sections.borrow(|bytes| of(bytes));
    let header = dwarf.units().next().unwrap().unwrap();
    let skeleton = dwarf.unit(header).unwrap();
    let sections = Package::open(path)?.unit(skeleton.dwo_id.unwrap())?;
    let described = Described::new(&dwarf, &skeleton, sections, DwoId(id))?;
    let (_, unit) = described.open(&dwarf, &skeleton).ok_or(Unread::Damaged)?;
    Ok(String::from_utf8_lossy(unit.name.ok_or(Unread::Damaged)?.slice()).into_owned())
}

fn written(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("program.dwp");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_unit_is_found_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &package(ID, 0));
    assert_eq!(name(&path, ID).as_deref(), Ok("here"));
    assert_eq!(name(&path, ID + 1), Err(Unread::OtherBuild));
    assert_eq!(name(&path, ID + 2), Err(Unread::OtherBuild));
}

#[test]
fn what_is_no_package_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(name(&folder.path().join("none"), ID), Err(Unread::Missing));
    assert_eq!(name(folder.path(), ID), Err(Unread::Damaged), "a folder");
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(name(&pipe, ID), Err(Unread::Damaged), "and nobody waits for who writes to it");
    for bytes in [&b""[..], b"no", &[0xff; 4096]] {
        assert_eq!(name(&written(&folder, bytes), ID), Err(Unread::Damaged));
    }
    let compressed = object::elf::SHF_COMPRESSED.0;
    assert_eq!(name(&written(&folder, &package(ID, compressed)), ID), Err(Unread::Damaged));
    assert_eq!(
        name(&written(&folder, &package(ID + 2, 0)), ID),
        Err(Unread::Damaged),
        "the index leads to another"
    );
    let no_index = elf(&[(".debug_info.dwo", unit(b"here\0", ID))], 0);
    assert_eq!(name(&written(&folder, &no_index), ID), Err(Unread::Damaged));
}

#[test]
fn what_was_cut_off_is_refused_wherever_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let whole = package(ID, 0);
    let path = written(&folder, &whole);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for length in (0..whole.len() as u64).rev() {
        file.set_len(length).unwrap();
        assert_eq!(name(&path, ID), Err(Unread::Damaged), "{length}");
    }
}

#[test]
fn no_wrong_byte_leads_to_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let whole = package(ID, 0);
    let path = written(&folder, &whole);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut found = 0;
    for (at, right) in whole.iter().enumerate() {
        for wrong in [0, 1, 0x7f, 0xff, right ^ 0x80] {
            file.write_all_at(&[wrong], at as u64).unwrap();
            found += usize::from(name(&path, ID).is_ok());
        }
        file.write_all_at(&[*right], at as u64).unwrap();
    }
    assert!(found > 0, "not every byte matters");
}

#[test]
fn of_what_was_written_to_meanwhile_nothing_more_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &package(ID, 0));
    let package_before = Package::open(&path).unwrap();
    let mut bytes = package(ID, 0);
    bytes.push(0);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(package_before.unit(DwoId(ID)), Err(Unread::Damaged)));
    assert!(Package::open(&path).unwrap().unit(DwoId(ID)).is_ok());
}

#[test]
fn units_do_not_take_more_than_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let package = Package::open(&written(&folder, &package(ID, 0))).unwrap();
    assert!(package.unit(DwoId(ID)).is_ok());
    assert!(matches!(package.unit(DwoId(ID)), Err(Unread::Damaged)), "each has a part of its own");
}
