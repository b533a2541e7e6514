//! A dump shows what the live process shows. The dump is written here: a dumper may not be at hand.

use crate::outside::expected::Expected;
use crate::outside::fixture::Build;
use crate::outside::truth::{differences, look, spawned};
use std::path::Path;
use taskscope_inspect::{Mapping, Memory, Snapshot, Target, Thread};

/// Sizes of the ELF header and of a program header.
const HEADER: u64 = 64;
const ENTRY: u64 = 56;

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A note of the kernel's: its name's length, its own, its kind, the name, and what it says.
fn note(kind: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("it is short");
    let mut note: Vec<u8> = [5, length, kind].iter().flat_map(|number| number.to_le_bytes()).collect();
    note.extend(b"CORE\0\0\0\0");
    note.extend(content);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

/// Only the stack pointer of the registers is of use.
fn prstatus(thread: &Thread) -> Vec<u8> {
    let mut status = vec![0; 336 + 16 * 8];
    status[32..36].copy_from_slice(&thread.tid.to_le_bytes());
    let at = 112 + 8 * if cfg!(target_arch = "aarch64") { 31 } else { 19 };
    status[at..at + 8].copy_from_slice(&thread.stack_pointer.unwrap_or(0).to_le_bytes());
    note(1, &status)
}

fn notes(memory: &dyn Memory, mappings: &[Mapping], pid: u32) -> Vec<u8> {
    let files: Vec<_> = mappings.iter().filter(|mapping| mapping.inode != 0).collect();
    let mut content = words(&[files.len() as u64, 1]);
    content.extend(files.iter().flat_map(|it| words(&[it.range.start, it.range.end, it.offset])));
    files.iter().for_each(|it| content.extend([it.path.as_bytes(), b"\0"].concat()));
    let auxiliary = std::fs::read(format!("/proc/{pid}/auxv")).expect("it can be read");
    let threads = memory.threads().expect("it has threads");
    let threads = threads.iter().flat_map(prstatus);
    threads.chain(note(0x4649_4c45, &content)).chain(note(6, &auxiliary)).collect()
}

/// What was only read from files is left out, as the kernel does it, but for their first pages.
fn write_core(memory: &dyn Memory, pid: u32, to: &Path) {
    let mut mappings = memory.mappings().expect("it lives");
    mappings.retain(|mapping| mapping.readable && !mapping.path.starts_with("[v"));
    let notes = notes(memory, &mappings, pid);
    let mut offset = HEADER + ENTRY * (mappings.len() as u64 + 1);
    let mut headers = segment(4, 0, offset, &(0..0), notes.len() as u64);
    offset += notes.len() as u64;
    let mut contents = notes;
    for mapping in &mappings {
        let is_left_out = mapping.executable && mapping.offset != 0;
        let length = if is_left_out { 0 } else { mapping.range.end - mapping.range.start };
        let mut bytes = vec![0; usize::try_from(length).expect("it fits")];
        memory.read(mapping.range.start, &mut bytes).expect("it lives");
        let flags = u32::from(mapping.executable) | u32::from(mapping.writable) << 1 | 4;
        headers.extend(segment(1, flags, offset, &mapping.range, length));
        offset += length;
        contents.extend(bytes);
    }
    let machine = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([4_u16.to_le_bytes(), u16::to_le_bytes(machine)].concat());
    file.extend([1, 0, 0, 0]);
    file.extend(words(&[0, HEADER, 0]));
    let counts = [64, 56, u16::try_from(mappings.len() + 1).expect("there are few"), 64, 0, 0];
    file.extend([0; 4].into_iter().chain(counts.iter().flat_map(|count: &u16| count.to_le_bytes())));
    std::fs::write(to, [file, headers, contents].concat()).expect("it can be written");
}

fn segment(kind: u32, flags: u32, offset: u64, range: &std::ops::Range<u64>, dumped: u64) -> Vec<u8> {
    let mut header = [kind.to_le_bytes(), flags.to_le_bytes()].concat();
    header.extend(words(&[offset, range.start, 0, dumped, (range.end - range.start).max(dumped), 1]));
    header
}

/// All that is told of tasks, but for those that wait for sockets: whose these are is not in a dump.
fn told(snapshot: &Snapshot) -> Vec<String> {
    let tasks = snapshot.tasks.iter().map(|task| format!("{task:?}"));
    tasks.filter(|task| !task.contains("Io {")).collect()
}

#[test]
fn a_dump_shows_what_the_process_shows() {
    let expected = Expected::of("plain");
    let mut running = Build::BASE.start(&[]);
    let spawned = spawned(&mut running, &expected);
    // What still changes may be different a moment later.
    let mut target = Target::attach(running.pid()).expect("it can be read");
    let live = look(&mut target, |snapshot| differences(&expected, &spawned, snapshot));
    let memory = taskscope_inspect::live(running.pid()).expect("it lives");
    let folder = tempfile::tempdir().expect("a folder");
    let core = folder.path().join("core");
    write_core(&*memory, running.pid(), &core);

    let dumped = Target::core(&core).and_then(|mut target| target.snapshot()).expect("it can be read");
    assert_eq!(dumped.at, None);
    assert!(dumped.tasks.len() > 30, "{}", dumped.tasks.len());
    assert_eq!(dumped.tasks.len(), live.tasks.len());
    assert_eq!(told(&dumped), told(&live));
}
