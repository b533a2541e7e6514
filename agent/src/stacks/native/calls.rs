//! System calls: their names where they matter, and which go on by themselves after a signal.

use super::proc::Triage;

macro_rules! calls {
    ($($(#[$cfg:meta])* $number:ident => $name:literal,)+) => {
        /// The name of a call in which threads are seen to wait; empty for any other.
        pub(super) fn name(number: i64) -> &'static str {
            $($(#[$cfg])* if number == libc::$number { return $name; })+
            ""
        }
    };
}

calls! {
    SYS_accept => "accept",
    SYS_accept4 => "accept4",
    SYS_clock_nanosleep => "clock_nanosleep",
    SYS_close => "close",
    SYS_connect => "connect",
    SYS_copy_file_range => "copy_file_range",
    SYS_epoll_pwait => "epoll_wait",
    #[cfg(target_arch = "x86_64")] SYS_epoll_wait => "epoll_wait",
    SYS_fallocate => "fallocate",
    SYS_fcntl => "fcntl",
    SYS_fdatasync => "fdatasync",
    SYS_flock => "flock",
    SYS_fsync => "fsync",
    SYS_futex => "futex",
    SYS_getdents64 => "getdents64",
    SYS_getrandom => "getrandom",
    SYS_ioctl => "ioctl",
    SYS_madvise => "madvise",
    SYS_mmap => "mmap",
    SYS_msync => "msync",
    SYS_munmap => "munmap",
    SYS_nanosleep => "nanosleep",
    SYS_newfstatat => "stat",
    #[cfg(target_arch = "x86_64")] SYS_open => "open",
    SYS_openat => "open",
    #[cfg(target_arch = "x86_64")] SYS_poll => "poll",
    SYS_ppoll => "poll",
    SYS_pread64 => "pread",
    SYS_preadv => "preadv",
    SYS_pselect6 => "select",
    SYS_pwrite64 => "pwrite",
    SYS_pwritev => "pwritev",
    SYS_read => "read",
    SYS_readv => "readv",
    SYS_recvfrom => "recv",
    SYS_recvmsg => "recvmsg",
    SYS_recvmmsg => "recvmmsg",
    SYS_renameat2 => "rename",
    #[cfg(target_arch = "x86_64")] SYS_rename => "rename",
    #[cfg(target_arch = "x86_64")] SYS_select => "select",
    SYS_sendfile => "sendfile",
    SYS_sendmsg => "sendmsg",
    SYS_sendto => "send",
    SYS_statx => "stat",
    SYS_sync => "sync",
    SYS_unlinkat => "unlink",
    #[cfg(target_arch = "x86_64")] SYS_unlink => "unlink",
    SYS_wait4 => "wait",
    SYS_waitid => "wait",
    SYS_write => "write",
    SYS_writev => "writev",
}

/// Whether the program sees nothing of a signal with SA_RESTART that comes while the thread is in this call, and
/// the call lets the signal through at once. Only where both are certain: a lock without a time-out, a child.
pub(super) fn goes_on_after_a_signal(triage: &Triage) -> bool {
    let Triage::Call { number, arguments, .. } = triage else { return false };
    match *number {
        libc::SYS_futex => {
            let [_, operation, _, timeout, ..] = *arguments;
            let operation = operation as i32 & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
            matches!(operation, libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET | libc::FUTEX_LOCK_PI)
                && timeout == 0
        }
        libc::SYS_wait4 => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_waits_without_an_end_go_on() {
        let call = |number, arguments| Triage::Call { number, arguments, stack: 0, pc: 0 };
        let private = (libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG) as u64;
        assert!(goes_on_after_a_signal(&call(libc::SYS_futex, [1, private, 2, 0, 0, 0])));
        assert!(!goes_on_after_a_signal(&call(libc::SYS_futex, [1, private, 2, 0x7ffd, 0, 0])));
        assert!(!goes_on_after_a_signal(&call(libc::SYS_clock_nanosleep, [0; 6])));
        assert!(!goes_on_after_a_signal(&Triage::Running));
        assert_eq!((name(libc::SYS_futex), name(-5)), ("futex", ""));
    }
}
