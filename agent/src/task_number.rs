//! The number inside tokio's `task::Id`, which has no accessor: it is what the Id hashes.

use std::hash::{Hash, Hasher};
use tokio::runtime::Handle;
use tokio::task::Id;

/// Keeps the last `u64` written to it.
#[derive(Default)]
pub(crate) struct Keep(u64);

impl Hasher for Keep {
    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write(&mut self, _: &[u8]) {
        self.0 = 0;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The number of a task; the optimizer leaves a load of it.
#[inline]
pub(crate) fn task_number(id: Id) -> u64 {
    let mut keep = Keep::default();
    id.hash(&mut keep);
    keep.0
}

/// tokio's number of a runtime; 0 if this tokio gives none. `Handle::id` is not in every tokio: where it is, it is
/// what the name below means, for a method of the type's own goes before one of a trait.
pub(crate) fn runtime_number(handle: &Handle) -> u64 {
    let mut keep = Keep::default();
    handle.id().hash(&mut keep);
    keep.0
}

#[cfg_attr(tokio_unstable, expect(dead_code, reason = "the least tokio has no Handle::id without the cfg"))]
trait HasNoId {
    /// What hashes to nothing.
    fn id(&self) {}
}

impl HasNoId for Handle {}

/// Whether the trick gives the number that the Id shows. Checked before anything is installed.
pub(crate) fn reads(id: Id) -> bool {
    id.to_string().parse() == Ok(task_number(id))
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    #[test]
    fn the_number_is_the_one_shown() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let id = runtime.spawn(async {}).id();
        assert!(super::reads(id));
    }
}
