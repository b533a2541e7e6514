//! What a suspended `async fn` holds: the guards and permits among its variables that live across the await.

use crate::debug::Die;
use crate::tree::ResourceKind;
use crate::types::{Number, Type, Types};
use crate::view::View;

/// Structs around a guard.
const DEEPEST: usize = 4;
/// Guards of one state.
const MOST: usize = 64;
/// Types that are looked into for one state.
const MOST_TYPES: usize = 4096;

/// A guard among the variables of a state. Offsets are into the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guard {
    kind: ResourceKind,
    /// Where its pointer stands.
    pointer: u64,
    /// From what that points to, to the semaphore that waiters know.
    semaphore: u64,
    /// From there to its free permits.
    permits: Option<u64>,
    /// It is there only if each of these numbers has that value; `None` stands for a value that is none of these.
    only_if: Vec<(Number, Result<u64, Vec<u64>>)>,
}

impl Guard {
    /// Kind and semaphore of what is held, if it is.
    pub(crate) fn held(&self, view: &mut View<'_>, state: u64) -> Option<(ResourceKind, u64)> {
        for (number, value) in &self.only_if {
            let is = view.number(state, *number)?;
            let as_wanted = match value {
                Ok(value) => is == *value,
                Err(others) => !others.contains(&is),
            };
            if !as_wanted {
                return None;
            }
        }
        let target = view.word(state.checked_add(self.pointer)?)?;
        let semaphore = target.checked_add(self.semaphore).filter(|_| target != 0)?;
        if let Some(permits) = self.permits {
            // A guard that was moved away may have left its bytes behind: then the lock is free. The lowest bit of
            // the permits says that the semaphore is closed.
            let free = view.word(semaphore.checked_add(permits)?)? >> 1;
            if self.kind == ResourceKind::Mutex && free != 0 {
                return None;
            }
        }
        Some((self.kind, semaphore))
    }
}

/// The guards among a state's variables, what it awaits left out: that looks after itself.
pub(crate) fn guards(types: &Types<'_>, state: &Type, begin: u64) -> Vec<Guard> {
    let mut search = Search { types, found: Vec::new(), left: MOST_TYPES };
    for member in state.members().iter().filter(|member| &*member.name != "__awaitee") {
        search.within(member.of, begin.saturating_add(member.offset), &[], 0);
    }
    search.found.dedup();
    search.found
}

type OnlyIf = (Number, Result<u64, Vec<u64>>);

/// A search through the variables of one state.
struct Search<'a, 't> {
    types: &'a Types<'t>,
    found: Vec<Guard>,
    /// Types that may still be looked into.
    left: usize,
}

impl Search<'_, '_> {
    fn within(&mut self, die: Die, at: u64, only_if: &[OnlyIf], depth: usize) {
        if depth > DEEPEST || self.found.len() >= MOST || self.left == 0 {
            return;
        }
        self.left -= 1;
        let of = self.types.get(die);
        if of.is_coroutine() {
            return;
        }
        if let Some((kind, pointer, semaphore, permits)) = guard(self.types, die, &of) {
            let pointer = at.saturating_add(pointer);
            self.found.push(Guard { kind, pointer, semaphore, permits, only_if: only_if.to_vec() });
            return;
        }
        for member in of.members() {
            self.within(member.of, at.saturating_add(member.offset), only_if, depth + 1);
        }
        let Some(choice) = of.choice() else { return };
        let number = Number { offset: at.saturating_add(choice.number.offset), ..choice.number };
        let values: Vec<u64> = choice.cases.iter().filter_map(|case| case.value).collect();
        for case in &choice.cases {
            let mut only_if = only_if.to_vec();
            if choice.cases.len() > 1 {
                only_if.push((number, case.value.ok_or_else(|| values.clone())));
            }
            self.within(case.of, at.saturating_add(case.offset), &only_if, depth + 1);
        }
    }
}

/// Kind, offset of the pointer, and from what it points to: that of the semaphore, and from there its permits.
fn guard(types: &Types<'_>, die: Die, of: &Type) -> Option<(ResourceKind, u64, u64, Option<u64>)> {
    let (kind, pointer, inner) = match of.bare_name() {
        "MutexGuard" | "OwnedMutexGuard" | "OwnedMappedMutexGuard" => {
            (ResourceKind::Mutex, "lock", Some("s"))
        }
        "MappedMutexGuard" => (ResourceKind::Mutex, "s", None),
        "RwLockReadGuard" => (ResourceKind::RwLockRead, "s", None),
        "RwLockWriteGuard" | "RwLockMappedWriteGuard" => (ResourceKind::RwLockWrite, "s", None),
        "OwnedRwLockReadGuard" => (ResourceKind::RwLockRead, "lock", Some("s")),
        "OwnedRwLockWriteGuard" | "OwnedRwLockMappedWriteGuard" => {
            (ResourceKind::RwLockWrite, "lock", Some("s"))
        }
        "SemaphorePermit" | "OwnedSemaphorePermit" => (ResourceKind::Semaphore, "sem", Some("ll_sem")),
        _ => return None,
    };
    // Other crates have guards of these names, the standard library too.
    if !types.reading().path(die)?.starts_with("tokio::sync::") {
        return None;
    }
    let (offset, to) = types.field(die, &[pointer])?;
    let target = types.pointee(to)?;
    let (semaphore, of_semaphore) = match inner {
        Some(name) => types.within(target, name)?,
        None => (0, target),
    };
    Some((kind, offset, semaphore, types.within(of_semaphore, "permits").map(|(permits, _)| permits)))
}
