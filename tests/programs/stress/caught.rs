//! Slow polls one by one: when each is caught, and what that does to it.

use super::own;
use super::{now, say};
use std::process::ExitCode;
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

/// How long after the beginning of a poll its first stack is taken.
pub(crate) fn caught(rounds: u64) -> ExitCode {
    let (runtime, address) = own::runtime(2, |builder| builder);
    let mut client = own::attach(address);
    client.ask(Subscribe { number: 1, limit: 1, ..Subscribe::default() });
    let mut caught: [Vec<Nanos>; 2] = [Vec::new(), Vec::new()];
    for round in 0..2 * rounds {
        let computes = round % 2 == 0;
        let task = runtime.spawn(async move {
            if computes {
                let _: [Nanos; 2] = longest_gaps(LONG);
            } else {
                std::thread::sleep(LONG);
            }
        });
        let first = client.until("the stack of this round", |world, _| {
            let slow = world.slow_polls().max_by_key(|slow| slow.id.at).map(|slow| slow.id);
            let slow = slow.filter(|slow| slow.length.is_none() || round + 1 == slow.count);
            let sample = slow.filter(|slow| slow.length.is_none()).and_then(|slow| slow.samples.first());
            sample.map(|sample| sample.after).ok_or_else(|| format!("{slow:?}"))
        });
        caught[usize::from(!computes)].push(first);
        runtime.block_on(async { drop(task.await) });
        client.until("its end", |world, _| {
            let over = world.slow_polls().all(|slow| slow.id.length.is_some());
            if over { Ok(()) } else { Err("it lasts".to_owned()) }
        });
        std::thread::sleep(APART - LONG);
    }
    let [computing, sleeping] = caught;
    say(&format!("computing: {}", spread(computing)));
    say(&format!("sleeping: {}", spread(sleeping)));
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
    say("the longest gap between two looks at the clock, in a poll");
    say(&format!("before its stack is taken: {}", spread(before)));
    say(&format!("while it is: {}", spread(caught)));
    ExitCode::SUCCESS
}

/// Looks at the clock all the time; says the longest time for which it did not, before a stack may be taken and while.
fn longest_gaps(length: Duration) -> [Nanos; 2] {
    let begun = now();
    let mut longest = [Duration::ZERO; 2];
    let mut last = Duration::ZERO;
    while last < length {
        let at = begun.elapsed();
        let gap = at.saturating_sub(last);
        for (range, longest) in [BEFORE, CAUGHT].iter().zip(&mut longest) {
            if range.contains(&at) {
                *longest = gap.max(*longest);
            }
        }
        last = at;
    }
    longest.map(Nanos::from)
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
