//! What the wrapper has to find out by itself where no hook of ours tells it.

use crate::core::Core;
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::task_number::runtime_number as tokio_number;
use std::cell::Cell;
use tokio::runtime::Handle;

thread_local! {
    /// tokio's number and ours of the runtime that was asked for last. tokio uses a number once.
    static LAST: Cell<(u64, u16)> = const { Cell::new((0, UNKNOWN_RUNTIME)) };
}

/// Our number of a runtime, or of the current one.
pub(super) fn runtime_number(core: &Core, handle: Option<&Handle>) -> u16 {
    let tokio = match handle {
        Some(handle) => tokio_number(handle),
        None => Handle::try_current().map_or(0, |handle| tokio_number(&handle)),
    };
    if tokio == 0 {
        return UNKNOWN_RUNTIME;
    }
    let last = LAST.try_with(Cell::get).unwrap_or((0, UNKNOWN_RUNTIME));
    if last.0 == tokio {
        return last.1;
    }
    let number = core.runtimes.number_of(tokio);
    if number != UNKNOWN_RUNTIME {
        let _ = LAST.try_with(|last| last.set((tokio, number)));
    }
    number
}
