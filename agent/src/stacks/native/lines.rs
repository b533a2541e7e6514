//! Names of addresses in this process, for all threads of the agent: the files are read once.

use super::modules::Modules;
use super::symbols::Symbols;
use crate::stacks::frames::{Address, Module};
use crate::stacks::named::Named;
use crate::sync::lock;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

#[derive(Default)]
struct Lines {
    modules: Modules,
    symbols: Symbols,
}

static LINES: LazyLock<Mutex<Lines>> = LazyLock::new(Mutex::default);
/// Look-ups since the symbols were let go of last. Written below the lock.
static USES: AtomicU64 = AtomicU64::new(0);

/// The functions at a return address, innermost first; empty if nothing is known. The first time this reads the
/// program's debug information, which takes tens of milliseconds; never in a poll.
pub(crate) fn look_up(address: usize) -> Vec<Named> {
    // A return address is behind the call: of the last call in a function it may be in the next one.
    let address = (address as u64).saturating_sub(1);
    let mut lines = lock(&LINES);
    USES.fetch_add(1, Ordering::Relaxed);
    lines.modules.refresh();
    let address = resolved(&lines.modules, address);
    lines.symbols.look_up(&address)
}

/// The same of an address whose module is known.
pub(crate) fn look_up_in_module(address: &Address) -> Vec<Named> {
    let mut lines = lock(&LINES);
    USES.fetch_add(1, Ordering::Relaxed);
    lines.symbols.look_up(address)
}

/// Reads what will be needed of the executable.
pub(crate) fn prepare() {
    let mut lines = lock(&LINES);
    USES.fetch_add(1, Ordering::Relaxed);
    lines.symbols.prepare();
}

/// How often something was looked up since `let_go`.
pub(crate) fn uses() -> u64 {
    USES.load(Ordering::Relaxed)
}

/// Gives back the memory that the symbols take; the next look-up reads them again. Does nothing while one goes on.
pub(crate) fn let_go() {
    if let Ok(mut lines) = LINES.try_lock() {
        lines.symbols.let_go();
        USES.store(0, Ordering::Relaxed);
    }
}

/// Which module an address lies in, and where there.
pub(super) fn resolved(modules: &Modules, address: u64) -> Address {
    let found = modules.find(address);
    let module = found.map(|module| Module {
        path: if module.identity.path.as_os_str().is_empty() {
            PathBuf::from("/proc/self/exe")
        } else {
            module.identity.path.clone()
        },
        build_id: module.identity.build_id.clone(),
    });
    let offset = address.wrapping_sub(found.map_or(0, |module| module.base));
    Address { address, offset, module }
}

#[cfg(test)]
mod tests {
    use super::{let_go, look_up};
    use crate::own_stack::trace;

    #[test]
    fn the_caller_is_on_its_own_stack() {
        let stack = trace(64);
        assert!(stack.len() > 2 && stack.len() <= 64, "{stack:?}");
        let named: Vec<_> = stack.iter().flat_map(|address| look_up(*address)).collect();
        let here = named.iter().find(|named| named.function.ends_with("the_caller_is_on_its_own_stack"));
        let here = here.unwrap_or_else(|| panic!("{named:#?}"));
        assert!(here.file.ends_with(file!()) || file!().ends_with(here.short_file()), "{here:?}");
        assert_eq!(trace(2).len(), 2);
        let names = || {
            stack.iter().flat_map(|address| look_up(*address)).map(|named| named.function).collect::<Vec<_>>()
        };
        let before = names();
        let_go();
        assert_eq!(names(), before, "they are read again");
    }
}
