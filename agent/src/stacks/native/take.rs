//! The stack of a thread, taken with as little disturbance as will do.
//!
//! A thread that is in a system call is not touched: the kernel tells where its stack is, and the copy is good
//! if it tells the same afterwards. Only a thread that runs, or waits in a call that goes on by itself and
//! whose stack cannot be followed otherwise, gets the signal.

use super::calls;
use super::lines::resolved;
use super::memory::{self, MOST_STACK};
use super::proc::{self, Scheduled, Triage};
use super::registers::Registers;
use super::signal::{Answer, Messenger};
use super::unwind::{Stack, Unwinder, Unwound};
use crate::stacks::Choice;
use crate::stacks::taken::Taken;
use std::time::Duration;
use taskscope_model::Nanos;
use taskscope_model::codes::Doing;

/// A running thread may enter a system call before the signal comes, and leave it: so often it is tried.
const ATTEMPTS: usize = 3;

/// A thread that runs is looked at so often, for the kernel counts its time at every tick of a timer only: 4 ms
/// mostly, 10 ms at the most.
const MOST_LOOKS: usize = 12;
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(1);
/// Whoever has run for so long is out of the system call in which it was woken.
const A_MOMENT: Nanos = Nanos(50_000);

/// A thread that runs, as it was when that was found.
pub(crate) struct Watched {
    slept: u64,
    before: Scheduled,
}

/// What came of a look at a thread.
pub(crate) enum Look {
    Taken(Taken),
    /// It runs, and has to be looked at again.
    Runs(Watched),
    /// The thread went on meanwhile: the next look may do better.
    Moved,
    /// It is gone, may not be asked, gets no processor to answer on, or the system does not let us.
    InVain,
}

/// Takes stacks. There is one a process.
pub(crate) struct Taker {
    messenger: Messenger,
    unwinder: Unwinder,
    copied: Vec<u8>,
    /// Whether the kernel lets us copy our own memory.
    possible: bool,
}

impl Taker {
    pub(crate) fn new(choice: Choice) -> Self {
        Self {
            messenger: Messenger::new(choice),
            unwinder: Unwinder::new(),
            copied: vec![0; MOST_STACK],
            possible: memory::can_be_copied(),
        }
    }

    /// Why some stacks, or all, cannot be taken.
    pub(crate) fn complaint(&self) -> Option<&'static str> {
        if self.possible {
            self.messenger.complaint()
        } else {
            Some("the system does not let the agent copy stacks")
        }
    }

    /// Whether any stacks can be taken.
    pub(crate) fn is_possible(&self) -> bool {
        self.possible
    }

    /// The stack of a thread of this process; `None` if it cannot be had.
    pub(crate) fn take(&mut self, tid: u32) -> Option<Taken> {
        let (mut watched, mut attempts, mut looks) = (None, 1, 0);
        loop {
            watched = match self.look(tid, watched) {
                Look::Taken(taken) => return Some(taken),
                Look::Runs(watched) if looks < MOST_LOOKS => {
                    looks += 1;
                    std::thread::sleep(BETWEEN_LOOKS);
                    Some(watched)
                }
                Look::Moved if attempts < ATTEMPTS => {
                    (attempts, looks) = (attempts + 1, 0);
                    None
                }
                Look::Runs(_) | Look::Moved | Look::InVain => return None,
            }
        }
    }

    /// One look at a thread; `watched` if the one before found that it runs. Between the two some time has to pass.
    pub(crate) fn look(&mut self, tid: u32, watched: Option<Watched>) -> Look {
        if !self.possible {
            return Look::InVain;
        }
        match watched {
            Some(watched) => self.look_again(tid, watched),
            None => self.first_look(tid),
        }
    }

    fn first_look(&mut self, tid: u32) -> Look {
        let Some(triage) = proc::triage(tid) else { return Look::InVain };
        let (stack, pc) = match triage {
            Triage::Running => {
                let (Some(slept), Some(before)) = (proc::slept(tid), proc::scheduled(tid)) else {
                    return Look::InVain;
                };
                return Look::Runs(Watched { slept, before });
            }
            Triage::Call { stack, pc, .. } | Triage::Fault { stack, pc } => (stack, pc),
        };
        let length = memory::copy(stack, &mut self.copied);
        if length == 0 || proc::triage(tid) != Some(triage) {
            return Look::Moved;
        }
        let Some(bytes) = self.copied.get(..length) else { return Look::InVain };
        let unwound = self.unwinder.unwind(Registers::of_waiting(pc, stack), &Stack { start: stack, bytes });
        if (!unwound.complete || unwound.guessed)
            && calls::goes_on_after_a_signal(&triage)
            && let Look::Taken(exact) = self.interrupt(tid, &triage, || proc::triage(tid) == Some(triage))
        {
            return Look::Taken(exact);
        }
        Look::Taken(self.taken(&triage, unwound, true))
    }

    /// A thread that was woken within a system call, and waits for a processor to return from it, passes for one that
    /// runs, and a signal would interrupt that call all the same. So it is watched until it has run for a moment
    /// without going to sleep: then it is out of the call.
    fn look_again(&mut self, tid: u32, watched: Watched) -> Look {
        let Some(now) = proc::scheduled(tid) else { return Look::InVain };
        let still = || proc::slept(tid) == Some(watched.slept) && proc::triage(tid) == Some(Triage::Running);
        if !still() {
            return Look::Moved;
        }
        if now.ran - watched.before.ran < A_MOMENT {
            return Look::Runs(watched);
        }
        self.interrupt(tid, &Triage::Running, still)
    }

    fn interrupt(&mut self, tid: u32, triage: &Triage, still: impl FnOnce() -> bool) -> Look {
        let copy = match self.messenger.ask(tid, still) {
            Answer::Copy(copy) => copy,
            Answer::Moved => return Look::Moved,
            Answer::None => return Look::InVain,
        };
        let Some(start) = copy.registers.get(super::registers::STACK) else { return Look::InVain };
        let unwound = self.unwinder.unwind(copy.registers, &Stack { start, bytes: &copy.stack });
        Look::Taken(self.taken(triage, unwound, false))
    }

    fn taken(&self, triage: &Triage, unwound: Unwound, approximate: bool) -> Taken {
        let (doing, call) = match triage {
            Triage::Running => (Doing::RUNNING, ""),
            Triage::Call { number, .. } => (Doing::IN_CALL, calls::name(*number)),
            Triage::Fault { .. } => (Doing::IN_FAULT, ""),
        };
        let addresses =
            unwound.addresses.iter().map(|address| resolved(&self.unwinder.modules, *address)).collect();
        Taken { doing, call, approximate, complete: unwound.complete, addresses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::native::{look_up, look_up_in_module};
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    /// A return address into this function, whose frame is as small as they come.
    #[inline(never)]
    fn small() -> u64 {
        black_box(own_address())
    }

    #[inline(never)]
    fn own_address() -> u64 {
        let addresses = crate::own_stack::trace(8).into_iter();
        let is_small =
            |address: &usize| look_up(*address).iter().any(|named| named.function.ends_with("tests::small"));
        addresses.into_iter().find(is_small).expect("it was called from there") as u64
    }

    /// Leaves an address all over the stack below.
    #[inline(never)]
    fn leave_below(address: u64) {
        black_box(&mut [address; 1024]);
    }

    #[inline(never)]
    fn sleeps(until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    #[test]
    fn who_sleeps_was_called_by_who_called_it() {
        static DONE: AtomicBool = AtomicBool::new(false);
        let (tell, told) = mpsc::channel();
        let sleeper = std::thread::spawn(move || {
            let address = small();
            tell.send(crate::threads::tid()).expect("the test waits for it");
            leave_below(address);
            sleeps(&DONE);
        });
        let tid = told.recv().expect("the thread says");
        let mut taker = Taker::new(Choice::Off);
        let functions = loop {
            let Some(taken) = taker.take(tid).filter(|taken| taken.call == "clock_nanosleep") else {
                continue;
            };
            assert!(taken.complete);
            let named = taken.addresses.iter().flat_map(look_up_in_module);
            break named.map(|named| named.function).collect::<Vec<_>>();
        };
        DONE.store(true, Ordering::Relaxed);
        sleeper.join().expect("it only sleeps");
        let inner = functions.iter().rposition(|function| function.ends_with("::sleep"));
        let inner = inner.unwrap_or_else(|| panic!("{functions:#?}"));
        assert!(functions[inner + 1].ends_with("tests::sleeps"), "{functions:#?}");
    }
}
