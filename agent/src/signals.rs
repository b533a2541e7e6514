//! Signals are the program's: none is handled on the agent's threads. It is sent one only if somebody asks for that.

/// Blocks every signal on the calling thread. The program's handlers then run on its own threads, and a write
/// to a connection that is gone is an error here, not a SIGPIPE, whatever the program made of that signal.
pub(crate) fn leave_to_the_program() {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset writes the whole set it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set is initialized; a null old set is allowed. It changes this thread's mask only.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut()) };
}

/// Whether the system has a signal of that number.
pub(crate) fn exists(signal: i32) -> bool {
    #[cfg(target_os = "linux")]
    let last = libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let last = 31;
    (1..=last).contains(&signal)
}

/// Sends the program a signal, as `kill` does: one of its own threads takes it.
pub(crate) fn raise(signal: i32) {
    // SAFETY: it only asks.
    let own = unsafe { libc::getpid() };
    // SAFETY: it only sends, and fails only for signals that do not exist.
    unsafe { libc::kill(own, signal) };
}
