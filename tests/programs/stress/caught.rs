//! Slow polls one by one: when each is caught, and what that does to it.

use super::own;
use super::{now, say};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use taskscope_model::request::Subscribe;
use taskscope_model::time::Nanos;

/// Of one place one stack a second is taken.
const APART: Duration = Duration::from_millis(1_100);
/// Longer than the usual limit and whatever the watchdog may need.
const LONG: Duration = Duration::from_millis(260);
/// In this time after its beginning a poll is caught for the first time, and not for the second ...
const CAUGHT: std::ops::Range<Duration> = Duration::from_millis(95)..Duration::from_millis(150);
/// ... and in this it is not.
const BEFORE: std::ops::Range<Duration> = Duration::from_millis(40)..Duration::from_millis(95);

/// The poll of this round may end.
static CAUGHT_IT: AtomicBool = AtomicBool::new(false);

/// How long after the beginning of a poll its first stack is taken.
pub(crate) fn caught(rounds: u64) -> ExitCode {
    let (runtime, address) = own::runtime(2, |builder| builder);
    let mut client = own::attach(address);
    client.ask(Subscribe { number: 1, limit: 1, ..Subscribe::default() });
    let mut caught: [Vec<Nanos>; 2] = [Vec::new(), Vec::new()];
    for round in 0..2 * rounds {
        let computes = round % 2 == 0;
        CAUGHT_IT.store(false, Ordering::Relaxed);
        let (release, released) = mpsc::channel::<()>();
        let task = runtime.spawn(async move {
            if computes {
                while !CAUGHT_IT.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            } else {
                // Nobody sends anything: it waits until nobody can any more.
                assert!(released.recv().is_err());
            }
        });
        let first = client.until("the stack of this round", |world, _| {
            let lasting = world.slow_polls().map(|slow| slow.id).find(|slow| slow.length.is_none());
            let sample = lasting.and_then(|slow| slow.samples.first());
            sample.map(|sample| sample.after).ok_or_else(|| format!("{lasting:?}"))
        });
        caught[usize::from(!computes)].push(first);
        CAUGHT_IT.store(true, Ordering::Relaxed);
        drop(release);
        runtime.block_on(async { drop(task.await) });
        client.until("its end", |world, _| {
            let over = world.slow_polls().all(|slow| slow.id.length.is_some());
            if over { Ok(()) } else { Err("it lasts".to_owned()) }
        });
        std::thread::sleep(APART);
    }
    let [computing, waiting] = caught;
    say(&format!("computing: {}", spread(computing)));
    say(&format!("waiting: {}", spread(waiting)));
    ExitCode::SUCCESS
}

/// How long a poll that computes is held up by the taking of its stack.
pub(crate) fn victim(rounds: u64) -> ExitCode {
    let (runtime, _) = own::runtime(2, |builder| builder);
    let (mut before, mut caught) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let task = runtime.spawn(async { longest_gaps(LONG) });
        if let Ok([quiet, held_up]) = runtime.block_on(task) {
            before.push(quiet);
            caught.push(held_up);
        }
        std::thread::sleep(APART - LONG);
    }
    say("the longest time of its own between two looks of a poll at the clock");
    say(&format!("before its stack is taken: {}", spread(before)));
    say(&format!("while it is: {}", spread(caught)));
    ExitCode::SUCCESS
}

/// Looks at its own time on a processor again and again; says the longest of it between two looks, before a stack may
/// be taken and while. That others have the processor does not count.
fn longest_gaps(length: Duration) -> [Nanos; 2] {
    let begun = now();
    let mut longest = [Nanos(0); 2];
    let mut last = own_time();
    let mut at = Duration::ZERO;
    while at < length {
        at = begun.elapsed();
        let time = own_time();
        for (range, longest) in [BEFORE, CAUGHT].iter().zip(&mut longest) {
            if range.contains(&at) {
                *longest = (time - last).max(*longest);
            }
        }
        last = time;
    }
    longest
}

fn own_time() -> Nanos {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Nanos(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

fn spread(mut all: Vec<Nanos>) -> String {
    all.sort_unstable();
    let at = |part: usize| all.get((all.len() * part / 100).min(all.len().saturating_sub(1)));
    let text = |nanos: Option<&Nanos>| nanos.map_or_else(|| "nothing".to_owned(), Nanos::to_string);
    let (half, most, last) = (text(at(50)), text(at(90)), text(all.last()));
    format!(
        "{} of {}, median {half}, nine of ten within {most}, at most {last}",
        text(all.first()),
        all.len()
    )
}
