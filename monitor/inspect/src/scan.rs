//! Finds the tasks: every word of the heap that is the address of a vtable may be in the header of one.
//!
//! Works with any allocator and without a word from tokio, and so without a guess at its version. What is
//! found here is only a suspicion: [`heads`](crate::heads) looks a second time.

use crate::Error;
use crate::memory::{Mapping, Memory};
use crate::vtables::{VtableId, Vtables};
use std::ops::Range;
use taskscope_model::request::memory::{MOST_SPANS, Span};

/// Read at once.
const CHUNK: u64 = 1 << 20;
/// Words that are looked at together: most blocks hold no such address, and that can be told fast.
const BLOCK: usize = 64;
/// Vtables farther apart than this are in different modules, and are searched for apart.
const FAR: u64 = 1 << 26;
/// A guard below a thread's stack is not longer than this.
const GUARD: u64 = 1 << 16;
/// Most suspicions that are followed.
const MOST: usize = 1 << 22;

/// What may be a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspect {
    /// Address of its header: `state`, `queue_next`, `vtable`, `owner_id`, a word each.
    pub(crate) header: u64,
    pub(crate) vtable: VtableId,
}

/// Where the address of the vtable stands in the header.
const VTABLE_AT: u64 = 16;

/// Looks through everything that may hold tasks.
pub(crate) fn scan(
    memory: &dyn Memory,
    mappings: &[Mapping],
    vtables: &Vtables,
) -> Result<Vec<Suspect>, Error> {
    let spans = spans(vtables);
    let mut found = Vec::new();
    let ranges = heaps(mappings);
    if let Some(hits) = memory.search(&ranges, &spans)? {
        let suspects = hits.iter().filter_map(|hit| suspect(hit.address, hit.word, vtables));
        return Ok(suspects.take(MOST).collect());
    }
    let mut bytes = vec![0; CHUNK as usize];
    for range in ranges {
        for run in memory.resident(range)? {
            let mut at = run.start;
            while at < run.end && found.len() < MOST {
                let length = (run.end - at).min(CHUNK);
                let into = &mut bytes[..length as usize];
                let read = memory.read(at, into)?;
                search(&into[..read], at, &spans, vtables, &mut found);
                at += length;
            }
        }
    }
    Ok(found)
}

/// Private and writable. Not stacks: old copies of tasks lie there, from when they were made.
fn heaps(mappings: &[Mapping]) -> Vec<Range<u64>> {
    let mut heaps = Vec::new();
    let mut below: Option<&Mapping> = None;
    for mapping in mappings {
        let guarded = below.is_some_and(|below| {
            below.range.end == mapping.range.start
                && !below.readable
                && !below.writable
                && below.range.end - below.range.start <= GUARD
        });
        let is_stack =
            mapping.path.starts_with("[stack") || (guarded && mapping.inode == 0 && mapping.path.is_empty());
        let is_kernels = mapping.path.starts_with("[v");
        if mapping.readable && mapping.writable && !mapping.shared && !is_stack && !is_kernels {
            heaps.push(mapping.range.clone());
        }
        below = Some(mapping);
    }
    heaps
}

/// Groups of vtables.
fn spans(vtables: &Vtables) -> Vec<Span> {
    let mut addresses: Vec<_> = vtables.all().iter().map(|vtable| vtable.address).collect();
    addresses.sort_unstable();
    let mut spans: Vec<Span> = Vec::new();
    for address in addresses {
        match spans.last_mut() {
            Some(last) if address - (last.first + last.length) <= FAR => last.length = address - last.first,
            _ => spans.push(Span { first: address, length: 0 }),
        }
    }
    spans.truncate(MOST_SPANS);
    spans
}

/// A word at an address, if it is that of a vtable.
fn suspect(address: u64, word: u64, vtables: &Vtables) -> Option<Suspect> {
    Some(Suspect { header: address.checked_sub(VTABLE_AT)?, vtable: vtables.at(word)? })
}

fn search(bytes: &[u8], begin: u64, spans: &[Span], vtables: &Vtables, found: &mut Vec<Suspect>) {
    let (words, _) = bytes.as_chunks::<8>();
    for Span { first, length } in spans {
        for (number, block) in words.chunks(BLOCK).enumerate() {
            // No branch in here, so that the compiler can look at several words at once.
            let hit = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_sub(*first) <= *length;
            if !block.iter().fold(false, |any, word| any | hit(word)) {
                continue;
            }
            for (at, word) in block.iter().enumerate().filter(|(_, word)| hit(word)) {
                let address = begin + ((number * BLOCK + at) * 8) as u64;
                found.extend(suspect(address, u64::from_le_bytes(*word), vtables));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(range: Range<u64>, readable: bool, path: &str) -> Mapping {
        let (writable, executable, shared) = (readable, false, false);
        Mapping { range, readable, writable, executable, shared, offset: 0, inode: 0, path: path.to_owned() }
    }

    #[test]
    fn stacks_are_left_out() {
        let mappings = [
            mapping(0x1000..0x5000, true, "[heap]"),
            mapping(0x1_0000..0x1_1000, false, ""),
            mapping(0x1_1000..0x2_0000, true, ""),
            // Address space that an allocator has reserved is no guard.
            mapping(0x10_0000..0x30_0000, false, ""),
            mapping(0x30_0000..0x40_0000, true, ""),
            mapping(0x50_0000..0x60_0000, true, "[stack]"),
            mapping(0x60_0000..0x61_0000, true, "[vvar]"),
        ];
        assert_eq!(heaps(&mappings), [0x1000..0x5000, 0x30_0000..0x40_0000]);
    }
}
