//! This process's own memory, by way of the kernel, and the files mapped into it.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::OnceLock;
use taskscope_model::request::memory::{
    Blob, Extent, Hit, MOST_HITS, MOST_SEARCHED, MemoryRead, MemorySearched, ReadMemory, SearchMemory, Span,
    StackPointer,
};

/// Read at once where words are looked for.
const CHUNK: u64 = 64 << 10;
/// The system is asked at once of so much memory whether it holds anything.
const WINDOW: u64 = 8 << 20;
/// The longest range that one search goes through, if there is hardly anything in it.
const MOST_PASSED: u64 = 1 << 30;
/// Words that are looked at together: most blocks hold none that is looked for, and that can be told fast.
const BLOCK: usize = 64;
/// Where pages are larger it is not asked what they hold.
const PAGE: u64 = 4_096;
/// Threads that are told of.
const MOST_THREADS: usize = 4_096;

/// This process's memory.
#[derive(Default)]
pub(super) struct Own {
    /// The last file that was read, and an address at which it is mapped.
    file: Option<(u64, File)>,
    /// Which pages hold anything; `None` inside: the system does not tell.
    pages: OnceLock<Option<File>>,
    chunk: Vec<u8>,
}

impl Own {
    pub(super) const IS_POSSIBLE: bool = true;

    /// `/proc/self/maps`.
    pub(super) fn maps(&self) -> Vec<u8> {
        fs::read("/proc/self/maps").unwrap_or_default()
    }

    pub(super) fn threads(&self) -> Vec<StackPointer> {
        let thread = |tid| StackPointer { tid, address: stack_pointer(tid).unwrap_or(0) };
        let Ok(entries) = fs::read_dir("/proc/self/task") else { return Vec::new() };
        let tids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        tids.take(MOST_THREADS).map(thread).collect()
    }

    pub(super) fn read(&mut self, wanted: &ReadMemory) -> MemoryRead {
        let number = wanted.number;
        if wanted.file == 0 {
            return MemoryRead { number, pieces: wanted.pieces.iter().map(piece).collect() };
        }
        if self.file.as_ref().is_none_or(|(address, _)| *address != wanted.file) {
            self.file =
                mapped_file(&String::from_utf8_lossy(&self.maps()), wanted.file).map(|it| (wanted.file, it));
        }
        let of_file = |extent: &Extent| match &self.file {
            Some((_, file)) => piece_of(file, extent),
            None => Blob::default(),
        };
        MemoryRead { number, pieces: wanted.pieces.iter().map(of_file).collect() }
    }

    /// Looks for words, up to a bound.
    pub(super) fn search(&mut self, wanted: &SearchMemory) -> MemorySearched {
        let from = wanted.from.checked_next_multiple_of(8).unwrap_or(u64::MAX);
        let to = wanted.to.max(from).min(from.saturating_add(MOST_PASSED));
        let (mut hits, mut looked, mut until) = (Vec::new(), 0, from);
        while until < to && looked < MOST_SEARCHED {
            let window = until..until.saturating_add(WINDOW).min(to);
            for run in self.there(&window) {
                looked += run.end - run.start;
                if let Some(full) = self.search_run(run, &wanted.spans, &mut hits) {
                    return MemorySearched { number: wanted.number, until: full, hits };
                }
            }
            until = window.end;
        }
        MemorySearched { number: wanted.number, until, hits }
    }

    /// `Some`: there is no room for more, and this is how far it got.
    fn search_run(&mut self, run: Range<u64>, spans: &[Span], hits: &mut Vec<Hit>) -> Option<u64> {
        let mut at = run.start;
        while at < run.end {
            let end = at.saturating_add(CHUNK).min(run.end);
            self.chunk.resize(usize::try_from(end - at).unwrap_or(0), 0);
            let read = memory(at, &mut self.chunk);
            let full = find(self.chunk.get(..read).unwrap_or_default(), at, spans, hits);
            if full.is_some() {
                return full;
            }
            at = end;
        }
        None
    }

    /// The parts of a range of which the pages hold anything. To read the others would only make the system give them
    /// memory.
    fn there(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        // SAFETY: it only asks.
        let has_usual_pages = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } == PAGE as libc::c_long;
        let open = || File::open("/proc/self/pagemap").ok().filter(|_| has_usual_pages);
        let Some(pages) = self.pages.get_or_init(open) else { return vec![range.clone()] };
        let first = range.start / PAGE;
        let count = (range.end - 1) / PAGE - first + 1;
        let mut entries = vec![0; usize::try_from(count * 8).unwrap_or(0)];
        let read = piece_at(pages, first * 8, &mut entries) / 8 * 8;
        let mut found: Vec<Range<u64>> = Vec::new();
        let entries = entries.get(..read).unwrap_or_default().as_chunks::<8>().0;
        // Bit 63: present, bit 62: swapped out.
        let held = (first..).zip(entries).filter(|(_, entry)| u64::from_le_bytes(**entry) >> 62 != 0);
        for (page, _) in held {
            let page = (page * PAGE).max(range.start)..((page + 1) * PAGE).min(range.end);
            match found.last_mut() {
                Some(last) if last.end == page.start => last.end = page.end,
                _ => found.push(page),
            }
        }
        found
    }
}

/// Notes the words that are looked for. `Some`: there is no room for more, and this is how far it got.
fn find(bytes: &[u8], begin: u64, spans: &[Span], hits: &mut Vec<Hit>) -> Option<u64> {
    let (words, _) = bytes.as_chunks::<8>();
    let wanted = |word: u64| spans.iter().any(|span| word.wrapping_sub(span.first) <= span.length);
    for (number, block) in words.chunks(BLOCK).enumerate() {
        let mut any = false;
        for span in spans {
            // No branch in here, so that the compiler can look at several words at once.
            let is_in = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_sub(span.first) <= span.length;
            any |= block.iter().fold(false, |any, word| any | is_in(word));
        }
        if !any {
            continue;
        }
        for (at, word) in block.iter().map(|word| u64::from_le_bytes(*word)).enumerate() {
            let address = begin + ((number * BLOCK + at) * 8) as u64;
            if wanted(word) {
                if hits.len() >= MOST_HITS {
                    return Some(address);
                }
                hits.push(Hit { address, word });
            }
        }
    }
    None
}

fn piece(extent: &Extent) -> Blob {
    let mut bytes = vec![0; usize::try_from(extent.length).unwrap_or(0)];
    let read = memory(extent.begin, &mut bytes);
    bytes.truncate(read);
    Blob(bytes)
}

/// Reads this process's memory; says how many bytes there were.
fn memory(address: u64, into: &mut [u8]) -> usize {
    if into.is_empty() || address == 0 {
        return 0;
    }
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let from = std::ptr::without_provenance_mut(usize::try_from(address).unwrap_or(0));
    let remote = libc::iovec { iov_base: from, iov_len: into.len() };
    let own = std::process::id().cast_signed();
    // SAFETY: the kernel writes at most `iov_len` bytes to `local`, which is a buffer borrowed for this call alone, and
    // checks each address of `remote` itself: what is not mapped is an error and no fault.
    let read = unsafe { libc::process_vm_readv(own, &local, 1, &remote, 1, 0) };
    match usize::try_from(read) {
        Ok(read) => read,
        Err(_) if io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT) => 0,
        // A container's rules may forbid that call even for one's own memory.
        Err(_) => File::open("/proc/self/mem").and_then(|file| file.read_at(into, address)).unwrap_or(0),
    }
}

fn piece_of(file: &File, extent: &Extent) -> Blob {
    let mut bytes = vec![0; usize::try_from(extent.length).unwrap_or(0)];
    let read = piece_at(file, extent.begin, &mut bytes);
    bytes.truncate(read);
    Blob(bytes)
}

/// Reads a file from there on, as far as it goes.
fn piece_at(file: &File, begin: u64, into: &mut [u8]) -> usize {
    let mut done = 0;
    while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let Some(at) = begin.checked_add(done as u64) else { break };
        match file.read_at(rest, at) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}

/// The file that is mapped at an address, even if another one has its name by now.
fn mapped_file(maps: &str, address: u64) -> Option<File> {
    // Range, rights, offset, device, number, path.
    let mut lines = maps.lines().filter_map(|line| {
        let mut words = line.splitn(6, ' ');
        let (start, end) = words.next()?.split_once('-')?;
        let range = u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?;
        let number: u64 = words.nth(3)?.parse().ok()?;
        Some((range, number, words.next()?.trim_start()))
    });
    let (range, number, path) = lines.find(|(range, number, _)| range.contains(&address) && *number != 0)?;
    let by_range = format!("/proc/self/map_files/{:x}-{:x}", range.start, range.end);
    let is_it = |file: &File| file.metadata().is_ok_and(|is| is.ino() == number);
    [by_range.as_str(), "/proc/self/exe", path].iter().filter_map(|path| File::open(path).ok()).find(is_it)
}

/// Where a thread's stack is. The last but one word of what the kernel tells of its system call.
fn stack_pointer(tid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/task/{tid}/syscall")).ok()?;
    let mut words = text.split_whitespace();
    words.next_back()?;
    u64::from_str_radix(words.next_back()?.strip_prefix("0x")?, 16).ok()
}
