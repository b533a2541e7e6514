//! Copies of the process's own memory through the kernel: what is not mapped is an end, not a crash.

/// Most of a stack that is copied, bytes. A worker's is seldom more than 7 KiB deep.
pub(super) const MOST_STACK: usize = 32 * 1024;
/// Pieces end where the smallest page would: a piece is copied whole or not at all.
const PAGE: usize = 4096;
const PIECES: usize = MOST_STACK / PAGE + 1;

/// Copies what lies at an address, as far as it is mapped and `into` reaches; says how many bytes. Allocates
/// nothing and takes no lock: it is called in a signal handler.
pub(super) fn copy(address: u64, into: &mut [u8]) -> usize {
    let whole = into.len().min(MOST_STACK);
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: whole };
    let mut pieces = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; PIECES];
    let (mut at, mut left, mut count) = (address as usize, whole, 0);
    for piece in &mut pieces {
        if left == 0 {
            break;
        }
        let length = (PAGE - at % PAGE).min(left);
        piece.iov_base = std::ptr::without_provenance_mut(at);
        piece.iov_len = length;
        at = at.wrapping_add(length);
        left -= length;
        count += 1;
    }
    // SAFETY: it only asks.
    let own = unsafe { libc::getpid() };
    // SAFETY: the kernel writes at most `whole` bytes into `into`, which is ours; what the pieces point to is
    // read by the kernel alone, which checks it.
    let copied = unsafe { libc::process_vm_readv(own, &raw const local, 1, pieces.as_ptr(), count, 0) };
    usize::try_from(copied).unwrap_or(0)
}

/// Whether the system lets us copy at all.
pub(super) fn can_be_copied() -> bool {
    let mine = [0x5A_u8; 8];
    let mut into = [0_u8; 8];
    copy(mine.as_ptr().expose_provenance() as u64, &mut into) == into.len() && into == mine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_what_is_mapped_and_stops_where_it_is_not() {
        assert!(can_be_copied());
        let mut into = [0_u8; 64];
        assert_eq!(copy(8, &mut into), 0);
        let stack = into.as_ptr().expose_provenance() as u64;
        let mut all = vec![0_u8; MOST_STACK];
        assert!(copy(stack, &mut all) >= into.len());
    }
}
