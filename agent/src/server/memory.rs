//! The program's memory, for who looks for tasks in it and may not ask the system for it. It is read through the
//! kernel: a wrong address is an empty answer, and never a fault of the program's.
//!
//! What one client has asked for waits here until there is room for the answer, so that nobody makes the agent grow.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod own;

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
use own::Own;

use std::collections::VecDeque;
use taskscope_model::request::memory::{
    Blob, Layout, MOST_BYTES, MOST_PIECES, MOST_SPANS, Mapped, ReadMemory, SearchMemory, StackPointer,
};
use taskscope_model::request::{Answer, Denied, Reason};

/// Requests of one client's that wait.
const MOST_WAITING: usize = 64;

/// What is asked of the memory.
pub(super) enum Wanted {
    Layout(Layout),
    Read(ReadMemory),
    Search(SearchMemory),
}

impl Wanted {
    /// The request's number.
    pub(super) fn number(&self) -> u32 {
        match self {
            Self::Layout(layout) => layout.number,
            Self::Read(read) => read.number,
            Self::Search(search) => search.number,
        }
    }
}

/// What one client wants to know of the memory and has not been told yet.
#[derive(Default)]
pub(super) struct Lender {
    waiting: VecDeque<Wanted>,
    /// What is left to tell of what is mapped.
    layout: Option<Rest>,
    own: Own,
}

/// What is left to tell of what is mapped.
struct Rest {
    number: u32,
    maps: Vec<u8>,
    told: usize,
    threads: Vec<StackPointer>,
}

impl Lender {
    /// Takes a request, or says why not.
    pub(super) fn ask(&mut self, wanted: Wanted) -> Result<(), Denied> {
        let number = wanted.number();
        let is_allowed = match &wanted {
            Wanted::Layout(_) => true,
            Wanted::Read(read) => is_bounded(read),
            Wanted::Search(search) => search.spans.len() <= MOST_SPANS,
        };
        let denied = |reason, message: &str| Err(Denied { number, reason, message: message.to_owned() });
        if !Own::IS_POSSIBLE {
            return denied(Reason::IMPOSSIBLE, "an agent reads its own memory on 64-bit Linux only");
        }
        if !is_allowed {
            return denied(Reason::WRONG_QUERY, "that is more than is read for one request");
        }
        if self.waiting.len() >= MOST_WAITING {
            return denied(Reason::WRONG_QUERY, "too many requests wait already");
        }
        self.waiting.push_back(wanted);
        Ok(())
    }

    /// Whether something waits.
    pub(super) fn has_work(&self) -> bool {
        self.layout.is_some() || !self.waiting.is_empty()
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        if let Some(rest) = self.layout.take() {
            return Some(self.part(rest));
        }
        Some(match self.waiting.pop_front()? {
            Wanted::Layout(Layout { number }) => {
                let rest = Rest { number, maps: self.own.maps(), told: 0, threads: self.own.threads() };
                self.part(rest)
            }
            Wanted::Read(read) => self.own.read(&read).into(),
            Wanted::Search(search) => self.own.search(&search).into(),
        })
    }

    /// The next part of what is mapped.
    fn part(&mut self, mut rest: Rest) -> Answer {
        let end = rest.maps.len().min(rest.told + MOST_BYTES as usize);
        let maps = Blob(rest.maps.get(rest.told..end).unwrap_or_default().to_vec());
        let (number, more) = (rest.number, end < rest.maps.len());
        if more {
            rest.told = end;
            self.layout = Some(rest);
            return Mapped { number, maps, threads: Vec::new(), more }.into();
        }
        Mapped { number, maps, threads: rest.threads, more }.into()
    }
}

fn is_bounded(read: &ReadMemory) -> bool {
    let bytes = read.pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.length));
    read.pieces.len() <= MOST_PIECES && bytes <= MOST_BYTES
}

/// Where the agent cannot read its own memory safely, nothing is ever asked of it.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
#[derive(Default)]
struct Own;

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl Own {
    const IS_POSSIBLE: bool = false;

    fn maps(&self) -> Vec<u8> {
        Vec::new()
    }

    fn threads(&self) -> Vec<StackPointer> {
        Vec::new()
    }

    fn read(&mut self, read: &ReadMemory) -> taskscope_model::request::MemoryRead {
        taskscope_model::request::MemoryRead { number: read.number, pieces: Vec::new() }
    }

    fn search(&mut self, search: &SearchMemory) -> taskscope_model::request::MemorySearched {
        let (number, until) = (search.number, search.to);
        taskscope_model::request::MemorySearched { number, until, hits: Vec::new() }
    }
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests {
    use super::*;
    use taskscope_model::request::memory::{Extent, MOST_HITS, Span};

    fn read(pieces: Vec<Extent>) -> Answer {
        let mut lender = Lender::default();
        lender.ask(Wanted::Read(ReadMemory { number: 1, file: 0, pieces })).expect("it is bounded");
        lender.answer().expect("something waits")
    }

    fn extent(begin: u64, length: u64) -> Extent {
        Extent { begin, length }
    }

    #[test]
    fn what_is_mapped_is_read_and_what_is_not_is_no_fault() {
        let bytes = b"something in memory".to_vec();
        let address = bytes.as_ptr() as u64;
        let pieces = vec![
            extent(address, bytes.len() as u64),
            extent(0, 8),
            extent(8, 4_096),
            extent(u64::MAX, 16),
            extent(1 << 47, 8),
            extent(address, 0),
        ];
        let Answer::MemoryRead(answer) = read(pieces) else { panic!("no answer") };
        let told: Vec<_> = answer.pieces.iter().map(|piece| &*piece.0).collect();
        let nothing: &[u8] = &[];
        assert_eq!(told, [&*bytes, nothing, nothing, nothing, nothing, nothing]);
    }

    #[test]
    fn a_piece_ends_where_the_memory_does() {
        let page = 4_096_usize;
        let (rights, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, wherever the kernel likes.
        let begin = unsafe { libc::mmap(std::ptr::null_mut(), 2 * page, rights, flags, -1, 0) };
        assert_ne!(begin, libc::MAP_FAILED);
        let middle = begin.wrapping_byte_add(page);
        // SAFETY: the second half of the mapping made above, of which nobody else knows.
        unsafe { libc::munmap(middle, page) };
        let address = begin as u64;
        let Answer::MemoryRead(answer) = read(vec![extent(address, 2 * page as u64), extent(address, 8)])
        else {
            panic!("no answer")
        };
        assert_eq!(answer.pieces[1].0, [0; 8]);
        assert!(answer.pieces[0].0.iter().all(|byte| *byte == 0));
        // SAFETY: the first half of the mapping made above.
        unsafe { libc::munmap(begin, page) };
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let value = 0x5eed_0000_0000_0000_u64;
        let mut words = vec![0_u64; 100_000];
        for at in [3, 70, 99_999] {
            words[at] = value + at as u64;
        }
        let from = words.as_ptr() as u64;
        let to = from + 8 * words.len() as u64;
        let spans = vec![Span { first: 1, length: 0 }, Span { first: value, length: 100_000 }];
        let mut lender = Lender::default();
        lender.ask(Wanted::Search(SearchMemory { number: 2, from, to, spans })).unwrap();
        let Some(Answer::MemorySearched(answer)) = lender.answer() else { panic!("no answer") };
        let found: Vec<_> =
            answer.hits.iter().map(|hit| ((hit.address - from) / 8, hit.word - value)).collect();
        assert_eq!((answer.until, found), (to, vec![(3, 3), (70, 70), (99_999, 99_999)]));
    }

    #[test]
    fn one_search_looks_at_so_much_and_no_more() {
        let mut lender = Lender::default();
        let spans = vec![Span { first: 1, length: u64::MAX - 1 }];
        lender.ask(Wanted::Search(SearchMemory { number: 2, from: 4_096, to: u64::MAX, spans })).unwrap();
        let Some(Answer::MemorySearched(answer)) = lender.answer() else { panic!("no answer") };
        assert!(answer.hits.len() <= MOST_HITS && answer.until < 1 << 40, "{:#x}", answer.until);
        let words = vec![7_u64; MOST_HITS + 5];
        let from = words.as_ptr() as u64;
        let (to, spans) = (from + 8 * words.len() as u64, vec![Span { first: 7, length: 0 }]);
        lender.ask(Wanted::Search(SearchMemory { number: 3, from, to, spans })).unwrap();
        let Some(Answer::MemorySearched(answer)) = lender.answer() else { panic!("no answer") };
        assert_eq!((answer.hits.len(), answer.until), (MOST_HITS, from + 8 * MOST_HITS as u64));
    }

    #[test]
    fn what_is_mapped_and_the_files_are_told() {
        let mut lender = Lender::default();
        lender.ask(Wanted::Layout(Layout { number: 3 })).unwrap();
        let mut maps = Vec::new();
        let last = loop {
            let Some(Answer::Mapped(answer)) = lender.answer() else { panic!("no answer") };
            maps.extend_from_slice(&answer.maps.0);
            if !answer.more {
                break answer;
            }
        };
        let maps = String::from_utf8(maps).unwrap();
        let line = maps.lines().find(|line| line.contains(" r-xp ")).unwrap();
        assert!(!last.threads.is_empty() && !lender.has_work());

        let own = std::fs::read("/proc/self/exe").unwrap();
        let path = std::env::current_exe().unwrap();
        let line = maps.lines().find(|it| it.ends_with(path.to_str().unwrap())).unwrap_or(line);
        let file = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
        let pieces = vec![extent(4, 96), extent(u64::MAX, 8)];
        lender.ask(Wanted::Read(ReadMemory { number: 4, file, pieces })).unwrap();
        let Some(Answer::MemoryRead(answer)) = lender.answer() else { panic!("no answer") };
        assert_eq!((&*answer.pieces[0].0, &*answer.pieces[1].0), (&own[4..100], &[][..]));
    }

    #[test]
    fn more_than_fits_is_not_read() {
        let mut lender = Lender::default();
        let read = |pieces| Wanted::Read(ReadMemory { number: 5, file: 0, pieces });
        let reason = |asked: Result<(), Denied>| asked.err().map(|denied| denied.reason);
        let wrong = Some(Reason::WRONG_QUERY);
        assert_eq!(reason(lender.ask(read(vec![extent(0, MOST_BYTES), extent(0, 1)]))), wrong);
        assert_eq!(reason(lender.ask(read(vec![extent(0, u64::MAX), extent(0, 2)]))), wrong);
        assert_eq!(reason(lender.ask(read(vec![extent(0, 0); MOST_PIECES + 1]))), wrong);
        for _ in 0..MOST_WAITING {
            assert_eq!(reason(lender.ask(read(vec![]))), None);
        }
        assert_eq!(reason(lender.ask(read(vec![]))), wrong);
    }
}
