//! Asks for cache lines before they are needed: a hint, which reads and changes nothing.
//!
//! What tells of a task is often in another processor's cache: that of who spawned it, or polled it last. A line that
//! is first read and then written crosses over twice, once to be shared and once more to be owned; one that is asked
//! for to be written crosses once, while other things are done.

/// Asks for the cache lines of something that is going to be written.
#[cfg(all(target_arch = "x86_64", not(taskscope_loom)))]
#[inline(always)]
pub(crate) fn prefetch_to_write<T>(place: *const T) {
    let lines = place.cast::<[u8; 64]>();
    for line in 0..size_of::<T>().div_ceil(64) {
        let line = lines.wrapping_add(line);
        // The compiler makes its own hint to write into one to read where it is not told of a processor that has both.
        // SAFETY: every x86_64 that runs these days has the instruction or passes over it; it reads nothing, wherever the
        // address leads.
        unsafe {
            std::arch::asm!("prefetchw [{}]", in(reg) line, options(readonly, nostack, preserves_flags));
        }
    }
}

/// Elsewhere nothing is asked for.
#[cfg(not(all(target_arch = "x86_64", not(taskscope_loom))))]
#[inline(always)]
pub(crate) fn prefetch_to_write<T>(_: *const T) {}

/// Asks for the first cache line of something that is going to be read.
#[cfg(all(target_arch = "x86_64", not(taskscope_loom)))]
#[inline(always)]
pub(crate) fn prefetch_to_read<T>(place: *const T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: it reads nothing, wherever the address leads.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
}

/// Elsewhere nothing is asked for.
#[cfg(not(all(target_arch = "x86_64", not(taskscope_loom))))]
#[inline(always)]
pub(crate) fn prefetch_to_read<T>(_: *const T) {}
