//! What the kernel tells of a thread of this process, without disturbing it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use taskscope_model::Nanos;

/// What a thread does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Triage {
    /// It runs, or could.
    Running,
    /// It waits within a system call.
    Call { number: i64, arguments: [u64; 6], stack: u64, pc: u64 },
    /// It waits for a page of memory.
    Fault { stack: u64, pc: u64 },
}

/// What a thread does; `None` if it is gone or the kernel does not tell.
pub(super) fn triage(tid: u32) -> Option<Triage> {
    let mut bytes = [0_u8; 512];
    parse(read(tid, "syscall", &mut bytes)?)
}

fn parse(text: &str) -> Option<Triage> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    if first == "running" {
        return Some(Triage::Running);
    }
    let number: i64 = first.parse().ok()?;
    let mut hexadecimal = words.map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok());
    let mut next = || hexadecimal.next().flatten();
    if number < 0 {
        return Some(Triage::Fault { stack: next()?, pc: next()? });
    }
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = next()?;
    }
    Some(Triage::Call { number, arguments, stack: next()?, pc: next()? })
}

/// What the scheduler has counted of a thread since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// Time on a processor; up to a timer tick behind while it is on one.
    pub(crate) ran: Nanos,
    /// Time ready to run, waiting for a processor. A wait that goes on is counted when it ends.
    pub(crate) waited: Nanos,
}

/// What the scheduler has counted; `None` if the kernel does not count.
pub(crate) fn scheduled(tid: u32) -> Option<Scheduled> {
    let mut bytes = [0_u8; 128];
    parse_scheduled(read(tid, "schedstat", &mut bytes)?)
}

/// The same of one thread, asked again and again.
pub(crate) struct Account(Option<File>);

impl Account {
    /// That of a thread.
    pub(crate) fn of(tid: u32) -> Self {
        Self(File::open(format!("/proc/self/task/{tid}/schedstat")).ok())
    }

    /// What the scheduler has counted by now; zeros if it does not count.
    pub(crate) fn now(&self) -> Scheduled {
        let mut bytes = [0_u8; 128];
        let length = self.0.as_ref().and_then(|file| file.read_at(&mut bytes, 0).ok());
        let text = length.and_then(|length| std::str::from_utf8(bytes.get(..length)?).ok());
        text.and_then(parse_scheduled).unwrap_or_default()
    }
}

fn parse_scheduled(text: &str) -> Option<Scheduled> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse().ok().map(Nanos));
    let mut next = || words.next().flatten();
    // A thread that is there has run: zeros are those of a kernel that does not count.
    let ran = next()?;
    let waited = next()?;
    (ran > Nanos(0)).then_some(Scheduled { ran, waited })
}

/// What a thread is about, as the scheduler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs, or waits for a processor.
    Ready,
    /// It waits for something else.
    Waits,
    /// Somebody has stopped it: a signal, or a debugger.
    Stopped,
}

/// What a thread is about; `None` if it is gone.
pub(crate) fn state(tid: u32) -> Option<State> {
    let mut bytes = [0_u8; 512];
    // The name may hold blanks and parentheses: the state stands behind the last of these.
    let letter = read(tid, "stat", &mut bytes)?.rsplit_once(')')?.1.trim_start().chars().next()?;
    Some(match letter {
        'R' => State::Ready,
        'T' | 't' => State::Stopped,
        _ => State::Waits,
    })
}

/// Whether a thread lets a signal through now.
pub(super) fn lets_through(tid: u32, signal: i32) -> bool {
    let mut bytes = [0_u8; 4096];
    let blocked = status(tid, "SigBlk:", &mut bytes).and_then(|mask| u64::from_str_radix(mask, 16).ok());
    blocked.is_some_and(|mask| mask & 1 << (signal - 1) == 0)
}

/// How often a thread has gone to sleep by itself; `None` if it is gone.
pub(super) fn slept(tid: u32) -> Option<u64> {
    let mut bytes = [0_u8; 4096];
    status(tid, "voluntary_ctxt_switches:", &mut bytes)?.parse().ok()
}

/// A line of what the kernel tells of a thread.
fn status<'a>(tid: u32, line: &str, bytes: &'a mut [u8]) -> Option<&'a str> {
    let lines = read(tid, "status", bytes)?.lines();
    lines.filter_map(|text| text.strip_prefix(line)).map(str::trim).next()
}

/// The name of a thread; empty if it is gone.
pub(crate) fn name(tid: u32) -> String {
    let mut bytes = [0_u8; 64];
    read(tid, "comm", &mut bytes).unwrap_or_default().trim_end().to_owned()
}

/// The threads of the process.
pub(crate) fn threads() -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Reads the beginning of a file of the thread's. The kernel makes such a file when it is read, and gives all that there
/// is room for at once.
fn read<'a>(tid: u32, file: &str, into: &'a mut [u8]) -> Option<&'a str> {
    let filled = File::open(format!("/proc/self/task/{tid}/{file}")).ok()?.read(into).ok()?;
    std::str::from_utf8(into.get(..filled)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes() {
        let call = "202 0x1 0x80 0x0 0x0 0x0 0xffffffff 0x7ffd1000 0x7f0010\n";
        let arguments = [1, 0x80, 0, 0, 0, 0xffff_ffff];
        let expected = Triage::Call { number: 202, arguments, stack: 0x7ffd_1000, pc: 0x7f_0010 };
        assert_eq!(parse(call), Some(expected));
        assert_eq!(parse("running\n"), Some(Triage::Running));
        assert_eq!(
            parse("-1 0x7ffd1000 0x7f0010\n"),
            Some(Triage::Fault { stack: 0x7ffd_1000, pc: 0x7f_0010 })
        );
        let scheduled = Scheduled { ran: Nanos(5), waited: Nanos(7) };
        assert_eq!(parse_scheduled("5 7 3\n"), Some(scheduled));
        assert_eq!((parse_scheduled("0 0 0\n"), parse_scheduled("5")), (None, None));
        for wrong in ["", "x", "202 0x1", "-1 0x7ffd1000", "202 1 2 3 4 5 6 g h"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn knows_a_thread_of_this_process() {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let waiting = std::thread::spawn(move || {
            tell.send(crate::threads::tid()).unwrap();
            let _ = ends.recv();
        });
        let tid = told.recv().unwrap();
        while matches!(triage(tid), Some(Triage::Running)) {
            std::thread::yield_now();
        }
        assert!(matches!(triage(tid), Some(Triage::Call { .. })));
        assert!(scheduled(tid).is_some() && lets_through(tid, 40) && slept(tid).is_some());
        // It may have been woken by the look at it, for a moment.
        while state(tid) != Some(State::Waits) {
            std::thread::yield_now();
        }
        assert!(threads().contains(&tid));
        drop(end);
        waiting.join().unwrap();
    }
}
