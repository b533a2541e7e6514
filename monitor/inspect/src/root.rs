//! The futures that threads run with `block_on`: those of `#[tokio::main]`, and what else waits on a thread of
//! its own. They lie on the thread's stack, where nothing leads to them.
//!
//! The return addresses on the stack tell for which type `block_on` was compiled. A value of that type is where
//! everything in it makes sense, down to what it waits for. If that is not exactly one place, none is shown.

use crate::Error;
use crate::debug::Die;
use crate::memory::{Mapping, Memory, Piece, Thread};
use crate::plans::TypeKey;
use crate::symbols::AllTypes;
use crate::types::Types;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Part of a stack that is looked at, from its pointer on.
const LONGEST: u64 = 1 << 20;
/// Threads that are looked at.
const MOST_THREADS: usize = 64;
/// Words of a stack that may be return addresses.
const MOST_ADDRESSES: usize = 4096;

/// A thread in `block_on`.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// The part of its stack that is in use.
    pub(crate) stack: Piece,
    /// Where the frame begins in which the future lies: above the return address into its function.
    pub(crate) frame: u64,
    /// The type of the future.
    pub(crate) future: TypeKey,
    /// Its path.
    pub(crate) path: String,
    /// It is in a poll of the future, or of something that the future calls.
    pub(crate) is_running: bool,
}

/// What a function on a stack says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sign {
    /// It waits for this future.
    BlockOn(TypeKey),
    /// The runtime has put the thread to sleep.
    Parked,
    /// It polls a task.
    Task,
    /// It polls the `async fn` or block of this path.
    Poll(String),
}

/// What the code at an address says, for each address that was met on a stack. Code does not change.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    known: HashMap<u64, Arc<[Sign]>>,
}

/// Threads in `block_on`, the main one first.
pub(crate) fn blocked(
    memory: &dyn Memory,
    mappings: &[Mapping],
    types: &AllTypes<'_>,
    signs: &mut Signs,
) -> Result<Vec<Blocked>, Error> {
    let mut found = Vec::new();
    for thread in memory.threads()?.iter().take(MOST_THREADS) {
        let Some(stack) = stack(memory, mappings, thread)? else { continue };
        let here = signs.on(types, &stack);
        found.extend(in_block_on(types, stack, &here));
    }
    Ok(found)
}

fn stack(memory: &dyn Memory, mappings: &[Mapping], thread: &Thread) -> Result<Option<Piece>, Error> {
    let Some(pointer) = thread.stack_pointer else { return Ok(None) };
    let mapping = mappings.iter().find(|mapping| mapping.range.contains(&pointer) && mapping.writable);
    let Some(mapping) = mapping else { return Ok(None) };
    let begin = pointer.checked_next_multiple_of(8).unwrap_or(pointer);
    let length = mapping.range.end.saturating_sub(begin).min(LONGEST);
    let mut piece = Piece::new(begin, usize::try_from(length).unwrap_or(0));
    let read = memory.read(piece.address, &mut piece.bytes)?;
    piece.bytes.truncate(read);
    Ok(Some(piece))
}

impl Signs {
    /// What the code on a stack says, the innermost first, and where the return address stands that leads there.
    fn on(&mut self, types: &AllTypes<'_>, stack: &Piece) -> Vec<(u64, Sign)> {
        let words = stack.bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let slots = (stack.address..).step_by(8).zip(words);
        let code = slots.filter_map(|(slot, word)| Some((types.symbols().tokio_code(word)?, word, slot)));
        let code: Vec<_> = code.take(MOST_ADDRESSES).collect();
        let mut new: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for (module, word, _) in code.iter().filter(|(_, word, _)| !self.known.contains_key(word)) {
            new.entry(*module).or_default().extend(call(types, *module, *word));
        }
        for (module, calls) in new {
            if let Some(debug) = types.symbols().debug(module) {
                debug.prepare(&calls);
            }
        }
        let signs = code.iter().flat_map(|(module, word, slot)| {
            let signs = || call(types, *module, *word).map_or_else(Vec::new, |at| signs(types, *module, at));
            let signs = self.known.entry(*word).or_insert_with(|| signs().into()).to_vec();
            signs.into_iter().map(|sign| (*slot, sign))
        });
        signs.collect()
    }
}

/// The address of the call that returns to an address: only that is in the function for certain.
fn call(types: &AllTypes<'_>, module: usize, address: u64) -> Option<u64> {
    Some(address.wrapping_sub(types.symbols().module(module)?.bias).wrapping_sub(1))
}

fn signs(all: &AllTypes<'_>, module: usize, address: u64) -> Vec<Sign> {
    let Some(types) = all.of(module) else { return Vec::new() };
    let sign = |(path, function): (String, Die)| {
        let own = last_name(&path);
        let in_runtime = path.starts_with("tokio::runtime::") || path.starts_with("tokio::task::local::");
        if in_runtime && own.starts_with("block_on<") {
            let die = types.reading().argument(function)?;
            Some(Sign::BlockOn(TypeKey { module, die }))
        } else if in_runtime && own.starts_with("park") {
            Some(Sign::Parked)
        } else if path.starts_with("tokio::runtime::task::raw::poll<") {
            Some(Sign::Task)
        } else {
            own.starts_with("{async_").then(|| Sign::Poll(path.replace('#', "_env#")))
        }
    };
    // The innermost first, as on the stack.
    types.reading().functions_around(address).into_iter().rev().filter_map(sign).collect()
}

/// The last name of a path, with its generic arguments, which may hold paths of their own.
fn last_name(path: &str) -> &str {
    let scopes = path.split('<').next().unwrap_or_default();
    scopes.rfind("::").and_then(|at| path.get(at + 2..)).unwrap_or(path)
}

/// The future of the innermost `block_on` on a stack, and whether it is polled now.
fn in_block_on(all: &AllTypes<'_>, stack: Piece, signs: &[(u64, Sign)]) -> Option<Blocked> {
    let futures = signs.iter().filter_map(|(slot, sign)| match sign {
        Sign::BlockOn(future) => Some((*slot, *future)),
        _ => None,
    });
    // Inner calls are given a pinned pointer to the future of the outer ones.
    let mut futures = futures.filter_map(|(slot, future)| Some((slot, by_value(all, future)?)));
    let (frame, (future, path)) = futures.next()?;
    // Return addresses of earlier polls are left between those of the calls that put the thread to sleep.
    let is_parked = signs.iter().any(|(_, sign)| matches!(sign, Sign::Parked | Sign::Task));
    let is_polled =
        signs.iter().any(|(_, sign)| matches!(sign, Sign::Poll(polled) if path.starts_with(polled)));
    let is_running = is_polled && !is_parked;
    (is_parked || is_polled).then_some(())?;
    Some(Blocked { stack, frame, future, path, is_running })
}

/// The type and its path, unless it is a pointer.
fn by_value(all: &AllTypes<'_>, future: TypeKey) -> Option<(TypeKey, String)> {
    let types: &Types<'_> = all.of(future.module)?;
    let of = types.get(future.die);
    let is_pointer = of.name.starts_with("Pin<&mut ") || of.name.starts_with("&mut ");
    (!is_pointer && of.size > 0).then_some(())?;
    Some((future, types.reading().path(future.die)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_keeps_its_arguments() {
        assert_eq!(last_name("a::b::c<d::e, f>"), "c<d::e, f>");
        assert_eq!(last_name("a::b::{async_fn#0}"), "{async_fn#0}");
        assert_eq!(last_name("main"), "main");
        assert_eq!(last_name(""), "");
    }
}
