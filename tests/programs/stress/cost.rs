//! What the watchdog takes: of many slow polls, of none, of nothing at all.

use super::own;
use super::{now, say};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;
use taskscope_model::request::Subscribe;

/// As many as make more than 1,000 slow polls a second.
const WORKERS: usize = 128;
/// Longer than the usual limit and a period of the watchdog.
const SLOW: Duration = Duration::from_millis(114);
/// Stacks that are taken in a second at most.
const MOST_A_SECOND: u64 = 10;
/// Until what is loaded at the first slow poll has been loaded.
const WARM: Duration = Duration::from_secs(2);

static OVER: AtomicBool = AtomicBool::new(false);
static POLLS: AtomicU64 = AtomicU64::new(0);

/// More than 1,000 slow polls a second. Fails if more stacks are taken than allowed, or if polls are not counted.
pub(crate) fn slow(seconds: u64) -> ExitCode {
    let (runtime, address) = own::runtime(WORKERS, |builder| builder);
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            runtime.spawn(async {
                while !OVER.load(Ordering::Relaxed) {
                    sleep(SLOW);
                    POLLS.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let begun = now();
    sleep(WARM);
    measure(Duration::from_secs(seconds));
    OVER.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        for worker in workers {
            drop(worker.await);
        }
    });
    let elapsed = begun.elapsed();
    let polls = POLLS.load(Ordering::Relaxed);
    let mut client = own::attach(address);
    client.ask(Subscribe { number: 1, limit: 1, ..Subscribe::default() });
    let (stacks, counted) = client.until("the slow polls", |world, _| {
        let slow: Vec<_> = world.slow_polls().map(|slow| slow.id).collect();
        let over = !slow.is_empty() && slow.iter().all(|slow| slow.length.is_some());
        let stacks = slow.iter().map(|slow| slow.count).sum::<u64>();
        let counted = stacks + slow.iter().map(|slow| slow.more).sum::<u64>();
        if over { Ok((stacks, counted)) } else { Err(format!("{counted} counted")) }
    });
    drop(runtime);
    let a_second = polls as f64 / elapsed.as_secs_f64();
    say(&format!("{polls} slow polls, {a_second:.0} a second; {counted} counted, {stacks} with a stack"));
    let allowed = MOST_A_SECOND * (elapsed.as_secs() + 2);
    // On a busy machine the watchdog comes too late for some.
    let good = stacks <= allowed && stacks > 0 && counted <= polls && counted >= polls / 2;
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Polls that are not slow, on both workers, at the usual limit.
pub(crate) fn quick(seconds: u64) -> ExitCode {
    let (runtime, _) = own::runtime(2, |builder| builder);
    for _ in 0..64 {
        runtime.spawn(async {
            loop {
                std::hint::black_box((0..1_000).fold(0_u64, |sum, it| std::hint::black_box(sum ^ it)));
                tokio::task::yield_now().await;
            }
        });
    }
    sleep(WARM);
    measure(Duration::from_secs(seconds));
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

/// Nothing to do: the agent's threads are not to wake. Fails if one does.
pub(crate) fn idle(seconds: u64) -> ExitCode {
    let (runtime, _) = own::runtime(2, |builder| builder);
    runtime.block_on(async { drop(tokio::spawn(async {}).await) });
    sleep(WARM);
    let before = own::agents_threads();
    measure(Duration::from_secs(seconds));
    let after = own::agents_threads();
    let woken = after.iter().any(|(name, used)| before.get(name).is_none_or(|it| it.slept != used.slept));
    if woken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn measure(span: Duration) {
    let (before, begun) = (own::agents_threads(), now());
    sleep(span);
    own::report(&before, begun.elapsed());
}
