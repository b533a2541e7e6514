//! A thread copies its own registers and stack, when a signal of ours tells it to.
//!
//! # The protocol
//! One request at a time, made by the one thread that holds the [`Messenger`]. `STATE` is
//! `sequence << 2 | stage`; each request has the next sequence.
//!
//! | stage | who moves it there | from | ordering |
//! |---|---|---|---|
//! | IDLE | the messenger: nobody came in time, or the copy has been read | ASKED, DONE | Acquire, by CAS |
//! | ASKED | the messenger, after it has stored `TARGET` | IDLE | Release |
//! | COPYING | the handler, on the target thread, if the signal carries this sequence | ASKED | AcqRel, by CAS |
//! | DONE | the same handler, after it has filled `AREA` | COPYING | Release |
//!
//! `AREA` belongs to the handler while the stage is COPYING, and to the messenger at any other time. A signal
//! that comes late carries an old sequence: its CAS fails and it does nothing. A thread that is stopped within
//! the copy leaves COPYING behind: until it goes on there are no further requests, and nobody waits for it.
//!
//! The handler allocates nothing and takes no lock; its system calls are two: which thread this is, and the copy
//! itself (by the kernel, so that no bounds of the stack have to be known). It wakes nobody: to wake a thread on
//! another processor costs more than all the rest where the machine is a virtual one, and the program would pay; so the
//! messenger looks again and again. It leaves errno as it was.

use super::memory::{self, MOST_STACK};
use super::proc;
use super::registers::{Registers, STACK};
use crate::stacks::Choice;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const STAGE: u32 = 0b11;
const IDLE: u32 = 0;
const ASKED: u32 = 1;
const COPYING: u32 = 2;
const DONE: u32 = 3;

/// The signal is the first free one from this far behind the first realtime signal.
const FIRST_CHOICE: i32 = 4;
/// The handler is put in place this often: whoever takes it from us twice wants it.
const MOST_INSTALLS: u32 = 3;
/// The messenger waits for so long before it looks for the first time, then twice as long each time ...
const FIRST_PAUSE: Duration = Duration::from_micros(20);
/// ... until it has waited for about 20 ms.
const PAUSES: u32 = 10;

static STATE: AtomicU32 = AtomicU32::new(IDLE);
static TARGET: AtomicU32 = AtomicU32::new(0);
static AREA: Shared = Shared(UnsafeCell::new(Area { registers: None, length: 0, stack: [0; MOST_STACK] }));

struct Area {
    registers: Option<Registers>,
    length: usize,
    stack: [u8; MOST_STACK],
}

struct Shared(UnsafeCell<Area>);

// SAFETY: the protocol above gives the area to one thread at a time.
unsafe impl Sync for Shared {}

/// What a thread has copied.
pub(super) struct Copy {
    pub(super) registers: Registers,
    pub(super) stack: Vec<u8>,
}

/// What became of a request.
pub(super) enum Answer {
    /// The copy.
    Copy(Box<Copy>),
    /// The thread does something else by now.
    Moved,
    /// It cannot be asked, or does not come in time.
    None,
}

/// Sends the signal. There is one a process.
pub(super) struct Messenger {
    choice: Choice,
    signal: Option<i32>,
    installs: u32,
}

/// What the kernel takes of a queued signal.
#[repr(C)]
struct Queued {
    signal: i32,
    errno: i32,
    code: i32,
    padding: i32,
    pid: i32,
    uid: u32,
    value: u64,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<Queued>() == size_of::<libc::siginfo_t>());

impl Messenger {
    pub(super) fn new(choice: Choice) -> Self {
        Self { choice, signal: None, installs: 0 }
    }

    /// Has a thread copy its stack, if it does still what allows to send it a signal: asked as late as possible, for
    /// what it begins between this and the signal's arrival may be interrupted.
    pub(super) fn ask(&mut self, tid: u32, still: impl FnOnce() -> bool) -> Answer {
        let Some(signal) = self.ready().filter(|signal| proc::lets_through(tid, *signal)) else {
            return Answer::None;
        };
        let before = STATE.load(Ordering::Acquire);
        if before & STAGE == COPYING {
            return Answer::None;
        }
        if !still() {
            return Answer::Moved;
        }
        let sequence = (before >> 2).wrapping_add(1) << 2;
        TARGET.store(tid, Ordering::Relaxed);
        STATE.store(sequence | ASKED, Ordering::Release);
        let copied = send(tid, signal, sequence) && comes(sequence);
        let copy = if copied { read_area() } else { None };
        let from = if copied { DONE } else { ASKED };
        // If the handler is at it just now it keeps the area until it is done.
        let idle =
            STATE.compare_exchange(sequence | from, sequence | IDLE, Ordering::Acquire, Ordering::Acquire);
        copy.filter(|_| idle.is_ok()).map_or(Answer::None, |copy| Answer::Copy(Box::new(copy)))
    }

    /// Why there is no signal, if there is none.
    pub(super) fn complaint(&self) -> Option<&'static str> {
        match self.choice {
            Choice::Off => Some("TASKSCOPE_SIGNAL=off: only threads in a system call show their stacks"),
            _ if self.signal.is_none() && self.installs > 0 => Some(
                "the program has taken the agent's signal: only threads in a system call show their stacks",
            ),
            _ => None,
        }
    }

    /// The signal, with our handler in place.
    fn ready(&mut self) -> Option<i32> {
        if let Some(signal) = self.signal {
            if is_ours(signal) {
                return Some(signal);
            }
            self.signal = None;
        }
        if self.installs < MOST_INSTALLS {
            self.installs += 1;
            self.signal = match self.choice {
                Choice::Off => None,
                Choice::Signal(signal) => Some(signal).filter(|signal| install(*signal)),
                Choice::Any => {
                    (libc::SIGRTMIN() + FIRST_CHOICE..=libc::SIGRTMAX()).find(|signal| install(*signal))
                }
            };
        }
        self.signal
    }
}

/// What is installed for a signal.
fn action(signal: i32) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action asks only; the old one is written into the place given.
    let answer = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed at least, which is a valid action.
    let action = unsafe { action.assume_init() };
    (answer == 0).then_some(action)
}

fn is_ours(signal: i32) -> bool {
    action(signal).is_some_and(|action| action.sa_sigaction == our_handler())
}

fn our_handler() -> libc::sighandler_t {
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
    handler as libc::sighandler_t
}

/// Puts the handler in place if the signal is free. True: it is ours.
fn install(signal: i32) -> bool {
    if action(signal).is_none_or(|action| action.sa_sigaction != libc::SIG_DFL) {
        return false;
    }
    let mut ours = MaybeUninit::<libc::sigaction>::zeroed();
    let place = ours.as_mut_ptr();
    // SAFETY: a zeroed action is valid, and the place is ours.
    let place = unsafe { &mut *place };
    place.sa_sigaction = our_handler();
    place.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: it writes the set that it is given.
    unsafe { libc::sigfillset(&raw mut place.sa_mask) };
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both actions are valid; the handler may run on any thread at any moment, see the protocol.
    if unsafe { libc::sigaction(signal, place, before.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: zeroed at least, and written by the call.
    let before = unsafe { before.assume_init() };
    if before.sa_sigaction != libc::SIG_DFL {
        // Somebody has installed theirs between the look and this: it is theirs.
        // SAFETY: it was valid before.
        unsafe { libc::sigaction(signal, &raw const before, ptr::null_mut()) };
        return false;
    }
    true
}

fn send(tid: u32, signal: i32, sequence: u32) -> bool {
    let pid = std::process::id() as i32;
    // SAFETY: it only asks.
    let uid = unsafe { libc::getuid() };
    let (code, value) = (libc::SI_QUEUE, u64::from(sequence));
    let queued = Queued { signal, errno: 0, code, padding: 0, pid, uid, value, rest: [0; 12] };
    // SAFETY: the kernel reads a siginfo of the right size; the signal goes to a thread of this process or to none.
    let sent = unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, tid, signal, &raw const queued) };
    sent == 0
}

/// Waits for the copy of a request.
fn comes(sequence: u32) -> bool {
    let is_done = || STATE.load(Ordering::Acquire) == sequence | DONE;
    (0..PAUSES).any(|pause| {
        std::thread::sleep(FIRST_PAUSE * (1 << pause));
        is_done()
    })
}

/// The area's content, while it is the messenger's.
fn read_area() -> Option<Copy> {
    // SAFETY: the stage is DONE and stays so until the messenger moves it: the handler does not touch the area.
    let area = unsafe { &*AREA.0.get() };
    let stack = area.stack.get(..area.length)?.to_vec();
    Some(Copy { registers: area.registers?, stack })
}

extern "C" fn on_signal(_: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: errno is the thread's own.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    copy_if_asked(info, context);
    // SAFETY: as above.
    unsafe { *errno = before };
}

fn copy_if_asked(info: *const libc::siginfo_t, context: *const libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel gives a valid one.
    let info = unsafe { &*info };
    if info.si_code != libc::SI_QUEUE {
        return;
    }
    // SAFETY: a queued signal has a value.
    let value = unsafe { info.si_value() };
    let sequence = value.sival_ptr.addr() as u32;
    let (asked, copying) = (sequence | ASKED, sequence | COPYING);
    if sequence & STAGE != 0 || TARGET.load(Ordering::Relaxed) != crate::threads::tid() {
        return;
    }
    if STATE.compare_exchange(asked, copying, Ordering::AcqRel, Ordering::Relaxed).is_err() {
        return;
    }
    // SAFETY: with SA_SIGINFO the kernel gives a valid one.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let registers = Registers::of_interrupted(context);
    // SAFETY: the stage is COPYING, by us: the area is ours until DONE.
    let area = unsafe { &mut *AREA.0.get() };
    area.length = memory::copy(registers.get(STACK).unwrap_or(0), &mut area.stack);
    area.registers = Some(registers);
    STATE.store(sequence | DONE, Ordering::Release);
}
