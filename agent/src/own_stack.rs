//! The calling thread's own stack, by the unwinder that the standard library brings with it on Unix.

use std::ffi::{c_int, c_void};
use std::ptr;

/// A frame, to the unwinder alone.
#[repr(C)]
struct Context {
    _of_the_unwinder: [u8; 0],
}

type Visit = extern "C" fn(*mut Context, *mut c_void) -> c_int;

/// Go on; and stop here (`_URC_NO_REASON`, `_URC_NORMAL_STOP` of the Itanium C++ ABI).
const GO_ON: c_int = 0;
const STOP: c_int = 4;

unsafe extern "C-unwind" {
    fn _Unwind_Backtrace(visit: Visit, data: *mut c_void) -> c_int;
    fn _Unwind_GetIP(context: *mut Context) -> usize;
}

/// The return addresses of the calling thread's stack, innermost first, at most so many. Takes no lock, and about
/// a microsecond.
#[inline(never)]
pub(crate) fn trace(most: usize) -> Vec<usize> {
    // All room at once: nothing is allocated while the stack is walked.
    let mut addresses = Vec::with_capacity(most);
    // SAFETY: `visit` is called before this returns, with what is given here, and does not unwind.
    unsafe { _Unwind_Backtrace(visit, ptr::from_mut(&mut addresses).cast()) };
    addresses
}

extern "C" fn visit(context: *mut Context, data: *mut c_void) -> c_int {
    // SAFETY: it is what `trace` has given, and nobody else uses it meanwhile.
    let addresses = unsafe { &mut *data.cast::<Vec<usize>>() };
    if addresses.len() == addresses.capacity() {
        return STOP;
    }
    // SAFETY: the context is of the frame that the unwinder is at.
    let address = unsafe { _Unwind_GetIP(context) };
    if address == 0 {
        return STOP;
    }
    addresses.push(address);
    GO_ON
}
