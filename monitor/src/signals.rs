//! Signals: their names, and sending them.

use crate::exit::CommandError;

/// The names that every system has, with this one's numbers.
const NAMES: &[(&str, i32)] = &[
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ILL", libc::SIGILL),
    ("TRAP", libc::SIGTRAP),
    ("ABRT", libc::SIGABRT),
    ("BUS", libc::SIGBUS),
    ("FPE", libc::SIGFPE),
    ("KILL", libc::SIGKILL),
    ("USR1", libc::SIGUSR1),
    ("SEGV", libc::SIGSEGV),
    ("USR2", libc::SIGUSR2),
    ("PIPE", libc::SIGPIPE),
    ("ALRM", libc::SIGALRM),
    ("TERM", libc::SIGTERM),
    ("CHLD", libc::SIGCHLD),
    ("CONT", libc::SIGCONT),
    ("STOP", libc::SIGSTOP),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("XCPU", libc::SIGXCPU),
    ("XFSZ", libc::SIGXFSZ),
    ("VTALRM", libc::SIGVTALRM),
    ("PROF", libc::SIGPROF),
    ("WINCH", libc::SIGWINCH),
    ("IO", libc::SIGIO),
    ("SYS", libc::SIGSYS),
];

/// The last signal of this system.
fn last() -> i32 {
    if cfg!(target_os = "linux") { realtime().1 } else { 31 }
}

/// The first and the last realtime signal.
#[cfg(target_os = "linux")]
fn realtime() -> (i32, i32) {
    (libc::SIGRTMIN(), libc::SIGRTMAX())
}

#[cfg(not(target_os = "linux"))]
fn realtime() -> (i32, i32) {
    (i32::MAX, i32::MAX)
}

/// The signal of that name or number: `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`.
pub(crate) fn number(text: &str) -> Option<i32> {
    let text = text.to_ascii_uppercase();
    let name = text.strip_prefix("SIG").unwrap_or(&text);
    if let Ok(number) = name.parse::<i32>() {
        // A number has no sign, and no SIG in front of it.
        let plain = name == text && name.starts_with(|c: char| c.is_ascii_digit());
        return (plain && (1..=last()).contains(&number)).then_some(number);
    }
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    known.or_else(|| {
        let (first, last) = realtime();
        let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
            (Some(""), _) => first,
            (_, Some("")) => last,
            (Some(more), _) => first.checked_add(more.strip_prefix('+')?.parse::<u8>().ok()?.into())?,
            (_, Some(less)) => last.checked_sub(less.strip_prefix('-')?.parse::<u8>().ok()?.into())?,
            _ => return None,
        };
        (cfg!(target_os = "linux") && (first..=last).contains(&number)).then_some(number)
    })
}

/// The names of those that every system has, without SIG.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

/// Its name, such as `SIGTERM`.
pub(crate) fn name(number: i32) -> String {
    match NAMES.iter().find(|(_, known)| *known == number) {
        Some((name, _)) => format!("SIG{name}"),
        None if number >= realtime().0 => format!("SIGRTMIN+{}", number - realtime().0),
        None => format!("signal {number}"),
    }
}

/// Sends a signal to a process, if it is still the one that is meant once it cannot be mistaken for another.
#[cfg(target_os = "linux")]
pub(crate) fn send(pid: u32, signal: i32, is_meant: impl FnOnce() -> bool) -> Result<(), CommandError> {
    use std::os::fd::AsRawFd as _;
    let gone = || CommandError::NotFound(format!("process {pid} has ended"));
    let named = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).ok_or_else(gone)?;
    let process = rustix::process::pidfd_open(named, rustix::process::PidfdFlags::empty());
    let process = process.map_err(|error| refused(pid, error.into()))?;
    if !is_meant() {
        return Err(gone());
    }
    let (fd, none) = (process.as_raw_fd(), std::ptr::null::<libc::siginfo_t>());
    // SAFETY: the descriptor is open as long as `process`, and the call may be given no more than the number: it
    // only sends. (rustix has no realtime signals.)
    let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, none, 0) };
    if result == 0 { Ok(()) } else { Err(refused(pid, std::io::Error::last_os_error())) }
}

/// The same where processes have no descriptors.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send(pid: u32, signal: i32, is_meant: impl FnOnce() -> bool) -> Result<(), CommandError> {
    let gone = || CommandError::NotFound(format!("process {pid} has ended"));
    let named = i32::try_from(pid).ok().filter(|pid| *pid > 0 && is_meant()).ok_or_else(gone)?;
    // SAFETY: it only sends.
    let result = unsafe { libc::kill(named, signal) };
    if result == 0 { Ok(()) } else { Err(refused(pid, std::io::Error::last_os_error())) }
}

fn refused(pid: u32, error: std::io::Error) -> CommandError {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => CommandError::NotPermitted(format!(
            "process {pid} belongs to another user: run taskscope as that user, or with sudo"
        )),
        _ if error.raw_os_error() == Some(libc::ESRCH) => {
            CommandError::NotFound(format!("process {pid} has ended"))
        }
        _ => CommandError::NotPermitted(format!("cannot send process {pid} a signal: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, signal) in [
            ("TERM", libc::SIGTERM),
            ("SIGTERM", libc::SIGTERM),
            ("sigusr1", libc::SIGUSR1),
            ("9", libc::SIGKILL),
            #[cfg(target_os = "linux")]
            ("RTMIN+3", libc::SIGRTMIN() + 3),
            #[cfg(target_os = "linux")]
            ("SIGRTMAX-1", libc::SIGRTMAX() - 1),
        ] {
            assert_eq!(number(text), Some(signal), "{text}");
            assert_eq!(number(&name(signal)), Some(signal), "{text}");
        }
        for wrong in ["", "0", "-9", "+9", "SIG9", "TERMINATE", "99", "RTMIN+99", "RTMIN-1", "RTMAX+1", "SIG"]
        {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
