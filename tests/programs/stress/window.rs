//! Calls that a signal interrupts whatever its flags, begun as often as can be: what is left of the moment between the
//! look at a thread and the signal's arrival.

use super::own;
use super::{now, say};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::scope;
use std::time::Duration;
use taskscope_model::codes::Doing;

/// Few, for who has no processor is not sent a signal.
const THREADS: usize = 6;
/// They run for about so long, then call: the agent sends a signal to who has just run for a tick of the timer.
const RUNS: Duration = Duration::from_millis(6);
const WAITS: rustix::event::Timespec = rustix::event::Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

static OVER: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static INTERRUPTED: AtomicU64 = AtomicU64::new(0);

/// Takes stacks for so many seconds, and says how many calls were interrupted.
pub(crate) fn window(seconds: u64) -> ExitCode {
    let (runtime, address) = own::runtime(2, |builder| builder);
    let (mut taken, mut by_signal) = (0, 0);
    scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(call)));
        let mut client = own::attach(address);
        let (begun, mut number) = (now(), 0);
        while begun.elapsed() < Duration::from_secs(seconds) {
            number += 1;
            own::take_stacks(&mut client, number);
            taken += client.world().threads().count();
            let signalled = |doing: Doing| doing == Doing::RUNNING;
            by_signal += client.world().threads().filter(|thread| signalled(thread.id.stack.doing)).count();
        }
        OVER.store(true, Ordering::Relaxed);
    });
    drop(runtime);
    let (calls, interrupted) = (CALLS.load(Ordering::Relaxed), INTERRUPTED.load(Ordering::Relaxed));
    say(&format!(
        "{taken} stacks were taken, {by_signal} of them by signal; of {calls} calls {interrupted} were interrupted"
    ));
    ExitCode::SUCCESS
}

fn call() {
    while !OVER.load(Ordering::Relaxed) {
        let begun = now();
        while begun.elapsed() < RUNS {}
        let interrupted = rustix::event::poll(&mut [], Some(&WAITS)) == Err(rustix::io::Errno::INTR);
        CALLS.fetch_add(1, Ordering::Relaxed);
        INTERRUPTED.fetch_add(u64::from(interrupted), Ordering::Relaxed);
    }
}
