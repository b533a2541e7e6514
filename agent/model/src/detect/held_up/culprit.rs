//! Which call blocks: the functions between the thread's innermost frame and the program's own line tell.

use crate::change::{Call, Stack};
use crate::codes::{Doing, Origin};

/// What blocks, as a verb to stand behind the task, and what to do.
pub(super) struct Culprit {
    pub(super) verb: String,
    pub(super) advice: &'static str,
}

/// A sort of blocking call: parts of the names of functions that do it.
struct Sort {
    functions: &'static [&'static str],
    verb: &'static str,
    advice: &'static str,
}

/// Looked through in order: what is more special comes first.
const SORTS: &[Sort] = &[
    Sort {
        functions: &[
            "std::thread::sleep",
            "std::thread::functions::sleep",
            "thread::sleep_ms",
            "clock_nanosleep",
            "usleep",
        ],
        verb: "waits in std::thread::sleep",
        advice: "use tokio::time::sleep(..).await there",
    },
    Sort {
        functions: &[
            "getaddrinfo",
            "net::ToSocketAddrs",
            "lookup_host",
            "LookupHost",
            "gethostbyname",
            "__res_",
        ],
        verb: "waits for the name service (DNS)",
        advice: "resolve the name with tokio::net::lookup_host, or give tokio's connect the name",
    },
    Sort {
        functions: &[
            "std::process::Child",
            "std::process::Command",
            "process::Child::wait",
            "::wait_with_output",
        ],
        verb: "waits for a child process",
        advice: "use tokio::process there",
    },
    Sort {
        functions: &[
            "JoinHandle<T>::join",
            "thread::JoinInner",
            "pthread_join",
            "Thread::join",
            "thread::join_handle",
        ],
        verb: "waits for a thread to end",
        advice: "run the work with tokio::task::spawn_blocking and await it, or let the thread send its result by a tokio channel",
    },
    Sort {
        functions: &["::block_on", "futures_executor::"],
        verb: "waits in block_on within async code",
        advice: "await the future instead: block_on keeps the worker until it is done",
    },
    Sort {
        functions: &[
            "std::sync::mpsc",
            "mpmc::",
            "crossbeam_channel::",
            "blocking_recv",
            "blocking_send",
            "flume::",
        ],
        verb: "waits for a blocking channel",
        advice: "use tokio::sync::mpsc and await it, or receive in spawn_blocking",
    },
    Sort {
        functions: &[
            "sync::Condvar",
            "condvar::Condvar",
            "Condvar::wait",
            "sync::Barrier",
            "barrier::Barrier",
        ],
        verb: "waits for a std::sync::Condvar",
        advice: "use tokio::sync::Notify there, or wait in spawn_blocking",
    },
    Sort {
        functions: &["RwLock", "rwlock::"],
        verb: "waits for a blocking RwLock",
        advice: "hold the lock for less and never across slow work, or use tokio::sync::RwLock",
    },
    Sort {
        functions: &["Mutex", "mutex::", "lock_contended", "pthread_mutex"],
        verb: "waits for a blocking Mutex",
        advice: "hold the lock for less and never across slow work, or use tokio::sync::Mutex",
    },
    Sort {
        functions: &["std::fs::", "sys::fs::", "fs::File", "std::sys::pal::unix::fs"],
        verb: "waits for the disk in std::fs",
        advice: "use tokio::fs, or do it in tokio::task::spawn_blocking",
    },
    Sort {
        functions: &[
            "std::net::",
            "net::connection::",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "UnixStream",
            "UnixDatagram",
        ],
        verb: "waits in a blocking socket",
        advice: "use tokio::net there",
    },
    Sort {
        functions: &["std::io::stdio", "io::stdio::", "Stdin", "Stdout", "Stderr"],
        verb: "waits for standard input or output",
        advice: "use tokio::io there, or do it in tokio::task::spawn_blocking",
    },
    Sort {
        functions: &["thread::park", "Parker::park"],
        verb: "waits to be unparked",
        advice: "use tokio::sync::Notify there",
    },
];

const DROPS: Sort = Sort {
    functions: &["drop_in_place", "drop_glue", "core::ops::drop::Drop", "::drop"],
    verb: "runs a long Drop",
    advice: "drop it in tokio::task::spawn_blocking, or in smaller parts",
};

/// System calls that are not made by a function with a name above.
const CALLS: &[(&[&str], &str, &str)] = &[
    (
        &[
            "read",
            "write",
            "pread",
            "pwrite",
            "readv",
            "writev",
            "preadv",
            "pwritev",
            "fsync",
            "fdatasync",
            "open",
            "stat",
        ],
        "waits for a file or pipe",
        "use tokio::fs or tokio::io, or do it in tokio::task::spawn_blocking",
    ),
    (
        &[
            "poll",
            "select",
            "epoll_wait",
            "recv",
            "recvmsg",
            "recvmmsg",
            "send",
            "sendmsg",
            "connect",
            "accept",
        ],
        "waits in a blocking call of the network",
        "use tokio::net there, or do it in tokio::task::spawn_blocking",
    ),
    (
        &["futex"],
        "waits for another thread",
        "use what tokio::sync has there, or wait in tokio::task::spawn_blocking",
    ),
    (&["wait"], "waits for a child process", "use tokio::process there"),
    (&["flock", "fcntl"], "waits for the lock of a file", "take the lock in tokio::task::spawn_blocking"),
];

impl Culprit {
    /// What blocks a thread with these calls, innermost first.
    pub(super) fn of(calls: &[&Call], stack: &Stack) -> Self {
        let own = calls.iter().position(|call| call.origin == Origin::USER);
        // Without a line of the program's own the poll's own machinery is among the calls: look at few.
        let inner = calls.get(..own.unwrap_or(calls.len().min(6))).unwrap_or_default();
        let found = SORTS.iter().find(|sort| sort.is_among(inner));
        let drops =
            DROPS.is_among(inner) || own.and_then(|own| calls.get(own)).is_some_and(|own| is_drop(own));
        match found {
            // What computes is not what waits: a lock that is free is no culprit.
            Some(sort) if stack.doing != Doing::RUNNING => Self::said(sort.verb, sort.advice),
            _ if drops => Self::said(DROPS.verb, DROPS.advice),
            _ if stack.doing == Doing::RUNNING => Self::running(),
            _ if stack.doing == Doing::IN_FAULT => Self::said(
                "waits for memory to be read from disk",
                "read the file in tokio::task::spawn_blocking first",
            ),
            _ => Self::by_call(&stack.call),
        }
    }

    fn running() -> Self {
        Self::said(
            "computes without yielding",
            "do long work in tokio::task::spawn_blocking, or yield in between: tokio::task::yield_now().await",
        )
    }

    fn by_call(call: &str) -> Self {
        match CALLS.iter().find(|(names, ..)| names.contains(&call)) {
            Some((_, verb, advice)) => Self::said(verb, advice),
            None => Self::said("waits in a system call", "do it in tokio::task::spawn_blocking"),
        }
    }

    fn said(verb: &str, advice: &'static str) -> Self {
        Self { verb: verb.to_owned(), advice }
    }
}

impl Sort {
    fn is_among(&self, calls: &[&Call]) -> bool {
        let names = |call: &Call| self.functions.iter().any(|part| call.function.contains(part));
        calls.iter().any(|call| names(call))
    }
}

fn is_drop(call: &Call) -> bool {
    call.function.ends_with(" as core::ops::drop::Drop>::drop") || call.function.ends_with("as Drop>::drop")
}
