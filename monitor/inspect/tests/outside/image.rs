//! A program's memory as it was at one moment, its executable and, where it has one, the package with its debug
//! information (`.dwp`), to be damaged at random and looked at: whatever comes of it is an answer or a refusal, soon,
//! within bounds, and never a panic. Tests and the fuzz target use it.

use object::{Object as _, ObjectSection as _};
use rustix::fs::{FileExt as _, MemfdFlags};
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use taskscope_inspect::{Error, Mapping, Memory, Socket, Target, Thread};
use taskscope_model::At;

/// A longer mapping is left out.
const LONGEST: u64 = 64 << 20;
/// Longer reads are of heaps and tables, not of tasks.
const SMALL: usize = 64 << 10;
/// Bytes that say what is damaged.
const RECORD: usize = 16;
/// What two looks may read at most: that of a sound image many times, and the bounds that hold for what is walked.
const MOST_READ: u64 = 2 << 30;
const MOST_READS: u64 = 20_000_000;

/// The image.
pub(crate) struct Image(Arc<Inner>);

struct Inner {
    mappings: Vec<Mapping>,
    /// First address and bytes, by ascending address.
    contents: RwLock<Vec<(u64, Vec<u8>)>>,
    threads: Vec<Thread>,
    now: Option<At>,
    program: String,
    inode: u64,
    /// The executable, and perhaps the package.
    files: Vec<Damaged>,
    /// Where the package is, as if it were beside the program.
    root: tempfile::TempDir,
    /// What was read of a sound image.
    touched: Mutex<Vec<(u64, usize)>>,
    read: AtomicU64,
    reads: AtomicU64,
}

/// A copy of a file.
struct Damaged {
    file: File,
    size: u64,
    /// Where the debug information is in it.
    sections: Vec<Range<u64>>,
}

/// What was there before.
enum Undo {
    Memory(u64, u64),
    /// Number of the file, place, byte.
    File(usize, u64, u8),
}

impl Image {
    /// Of a live process.
    ///
    /// # Panics
    /// It cannot be read.
    pub(crate) fn record(pid: u32) -> Self {
        let live = taskscope_inspect::live(pid).expect("it lives");
        let mappings = live.mappings().expect("it lives");
        let code = mappings.iter().find(|it| it.executable && it.path.ends_with(&live.program()));
        let code = code.expect("it has an executable").clone();
        let own = |it: &&Mapping| it.path == code.path || it.writable;
        let kept = mappings.iter().filter(own).filter(|it| {
            it.readable
                && !it.executable
                && it.range.end - it.range.start < LONGEST
                && !it.path.starts_with("[v")
        });
        let mut contents = Vec::new();
        for run in kept.flat_map(|it| live.resident(it.range.clone()).expect("it lives")) {
            let mut bytes = vec![0; usize::try_from(run.end - run.start).expect("it is short")];
            let read = live.read(run.start, &mut bytes).expect("it lives");
            bytes.truncate(read);
            contents.push((run.start, bytes));
        }
        let file = live.file(&code).expect("it has a file");
        let mut bytes =
            vec![0; usize::try_from(file.metadata().expect("it is open").len()).expect("it fits")];
        file.read_exact_at(&mut bytes, 0).expect("it can be read");
        let executable = rustix::fs::memfd_create("image", MemfdFlags::CLOEXEC).expect("memory");
        let executable = Damaged::new(executable.into(), &bytes);
        let root = tempfile::tempdir().expect("a folder");
        let package = package(Path::new(&code.path), root.path());
        let image = Self(Arc::new(Inner {
            threads: live.threads().expect("it lives"),
            now: live.now(),
            program: live.program(),
            inode: code.inode,
            mappings,
            contents: RwLock::new(contents),
            files: std::iter::once(executable).chain(package).collect(),
            root,
            touched: Mutex::default(),
            read: AtomicU64::new(0),
            reads: AtomicU64::new(0),
        }));
        assert!(image.look() > 0, "a sound image shows tasks");
        image
    }

    /// Damages it as the bytes say, looks at it, and mends it. Gives the number of tasks that were seen.
    ///
    /// # Panics
    /// What is looked at has no bounds.
    pub(crate) fn survive(&self, input: &[u8]) -> usize {
        let undo: Vec<Undo> =
            input.as_chunks::<RECORD>().0.iter().take(256).flat_map(|record| self.0.damage(record)).collect();
        let seen = self.look();
        undo.into_iter().rev().for_each(|undo| self.0.undo(undo));
        seen
    }

    fn look(&self) -> usize {
        self.0.read.store(0, Ordering::Relaxed);
        self.0.reads.store(0, Ordering::Relaxed);
        let mut seen = 0;
        if let Ok(mut target) = Target::new(Box::new(Copy(self.0.clone()))) {
            for _ in 0..2 {
                seen += target.snapshot().map_or(0, |snapshot| snapshot.tasks.len());
            }
        }
        let (read, reads) = (self.0.read.load(Ordering::Relaxed), self.0.reads.load(Ordering::Relaxed));
        assert!(read < MOST_READ && reads < MOST_READS, "{read} bytes were read with {reads} calls");
        seen
    }
}

impl Damaged {
    fn new(file: File, bytes: &[u8]) -> Self {
        file.write_all_at(bytes, 0).expect("there is room");
        let elf = object::File::parse(bytes).expect("it is an ELF file");
        let debug =
            elf.sections().filter(|section| section.name().is_ok_and(|name| name.starts_with(".debug_")));
        let sections = debug.filter_map(|section| section.file_range());
        let sections = sections.map(|(begin, size)| begin..begin + size).collect();
        Self { file, size: bytes.len() as u64, sections }
    }
}

/// A copy of the package below `root`, and beside it the program.
fn package(program: &Path, root: &Path) -> Option<Damaged> {
    let beside = |path: &Path| PathBuf::from(format!("{}.dwp", path.display()));
    let bytes = std::fs::read(beside(program)).ok()?;
    let place = root.join(program.strip_prefix("/").ok()?);
    std::fs::create_dir_all(place.parent()?).expect("there is room");
    std::os::unix::fs::symlink(program, &place).expect("there is room");
    let copy = File::options().read(true).write(true).create_new(true).open(beside(&place));
    Some(Damaged::new(copy.expect("there is room"), &bytes))
}

impl Inner {
    /// What, how often, how far apart, where first, and a number.
    fn damage(&self, record: &[u8; RECORD]) -> Vec<Undo> {
        let [what, count, near, far, a, b, c, d, value @ ..] = *record;
        let (at, value) = (u64::from(u32::from_le_bytes([a, b, c, d])), u64::from_le_bytes(value));
        let apart = u64::from(u16::from_le_bytes([near, far]));
        let places = (0..=u64::from(count)).map(|number| at.wrapping_add(number.wrapping_mul(apart)));
        match what % 8 {
            0..=2 => places.filter_map(|at| self.change_word(self.touched_word(at)?, value)).collect(),
            3 => places.filter_map(|at| self.change_word(self.any_word(at)?, value)).collect(),
            4..=6 => {
                let files = self.files.iter().enumerate();
                let sections = files.flat_map(|(file, it)| it.sections.iter().map(move |it| (file, it)));
                let number = usize::from(what) / 8 % sections.clone().count().max(1);
                let Some((file, section)) = { sections }.nth(number) else { return Vec::new() };
                let length = (section.end - section.start).max(1);
                places.filter_map(|at| self.change_byte(file, section.start + at % length, value)).collect()
            }
            // Headers stand at both ends.
            _ => {
                let file = usize::from(what) / 8 % self.files.len();
                let size = self.files.get(file).map_or(0, |it| it.size);
                let place = |at: u64| if at < 4_096 { at } else { size.saturating_sub(at - 4_095) };
                places.filter_map(|at| self.change_byte(file, place(at % 8_192), value)).collect()
            }
        }
    }

    fn touched_word(&self, at: u64) -> Option<u64> {
        let touched = locked(&self.touched);
        let (address, length) = touched.get(usize::try_from(at).ok()? % touched.len().max(1))?;
        let words = (*length as u64 / 8).max(1);
        Some(address + at / touched.len() as u64 % words * 8)
    }

    fn any_word(&self, at: u64) -> Option<u64> {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        let (address, bytes) = contents.get(usize::try_from(at).ok()? % contents.len().max(1))?;
        Some(address + at * 8 % (bytes.len() as u64).max(8) / 8 * 8)
    }

    /// To one that is often nearly right, or right elsewhere.
    fn change_word(&self, address: u64, value: u64) -> Option<Undo> {
        let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        let before = contents.partition_point(|(start, _)| *start <= address);
        let (start, bytes) = contents.get_mut(before.checked_sub(1)?)?;
        let at = usize::try_from(address - *start).ok()?;
        let word: &mut [u8; 8] = bytes.get_mut(at..at.checked_add(8)?)?.try_into().ok()?;
        let was = u64::from_le_bytes(*word);
        let now = match value % 8 {
            0 => value,
            1 => 0,
            2 => u64::MAX,
            3 => was ^ 1 << (value / 8 % 64),
            4 => was.wrapping_add(value / 8 % 64 * 8),
            5 => address,
            6 => address & !0xfff,
            _ => value / 8 % 256,
        };
        *word = now.to_le_bytes();
        Some(Undo::Memory(address, was))
    }

    fn change_byte(&self, number: usize, at: u64, value: u64) -> Option<Undo> {
        let file = &self.files.get(number)?.file;
        let mut was = [0];
        file.read_exact_at(&mut was, at).ok()?;
        let [was] = was;
        let now = if value.is_multiple_of(2) { (value >> 8) as u8 } else { was ^ 1 << (value >> 8 & 7) };
        file.write_all_at(&[now], at).ok()?;
        Some(Undo::File(number, at, was))
    }

    fn undo(&self, undo: Undo) {
        match undo {
            Undo::File(number, at, was) => {
                self.files[number].file.write_all_at(&[was], at).expect("it was there before");
            }
            Undo::Memory(address, was) => {
                let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
                let before = contents.partition_point(|(start, _)| *start <= address);
                let (start, bytes) = &mut contents[before - 1];
                let at = usize::try_from(address - *start).expect("it was there before");
                bytes[at..at + 8].copy_from_slice(&was.to_le_bytes());
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The image as it is looked at.
struct Copy(Arc<Inner>);

impl Memory for Copy {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        self.0.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        let contents = self.0.contents.read().unwrap_or_else(PoisonError::into_inner);
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = address.checked_add(done as u64) else { break };
            let before = contents.partition_point(|(start, _)| *start <= at);
            let Some((start, bytes)) = before.checked_sub(1).and_then(|number| contents.get(number)) else {
                break;
            };
            let there = bytes.get(usize::try_from(at - start).unwrap_or(usize::MAX)..).unwrap_or_default();
            let length = there.len().min(rest.len());
            if length == 0 {
                break;
            }
            rest[..length].copy_from_slice(&there[..length]);
            done += length;
        }
        let mut touched = locked(&self.0.touched);
        if done == into.len() && done <= SMALL && touched.len() < 1 << 16 {
            touched.push((address, done));
        }
        Ok(done)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        Ok(self.0.mappings.clone())
    }

    fn resident(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
        let contents = self.0.contents.read().unwrap_or_else(PoisonError::into_inner);
        let runs = contents.iter().map(|(start, bytes)| *start..start + bytes.len() as u64);
        let parts = runs.map(|run| run.start.max(range.start)..run.end.min(range.end));
        Ok(parts.filter(|part| part.start < part.end).collect())
    }

    fn threads(&self) -> Result<Vec<Thread>, Error> {
        Ok(self.0.threads.clone())
    }

    fn file(&self, mapping: &Mapping) -> Option<File> {
        let executable = self.0.files.first().filter(|_| mapping.inode == self.0.inode)?;
        executable.file.try_clone().ok()
    }

    fn root(&self) -> PathBuf {
        self.0.root.path().to_owned()
    }

    fn now(&self) -> Option<At> {
        self.0.now
    }

    fn sockets(&self, _: &[i32]) -> HashMap<i32, Socket> {
        HashMap::new()
    }

    fn program(&self) -> String {
        self.0.program.clone()
    }
}
