//! A bounded stress program: many tasks, many polls, many spawns; prints the memory it holds as it goes.
//!
//! ```text
//! stress tasks 1000000        that many idle tasks; prints `ready` and stays until its input ends
//! stress polls 1000000000     that many polls of 64 tasks that wake themselves
//! stress spawns 100000000     that many tasks that end at once, 1,000 of them survive
//! stress captures 100000      that many stacks, while threads come and go, processes are forked, libraries loaded,
//!                             runtimes shut down
//! stress slow 10              for so many seconds more than 1,000 slow polls a second; what the watchdog takes
//! stress quick 10             the same with polls that are not slow, at the usual limit
//! stress idle 10              the same with nothing to do
//! stress caught 30            so many slow polls: how long after their beginning each is caught
//! stress victim 30            the same: for how long a poll that computes is held up by that
//! stress window 60            for so many seconds calls that a signal interrupts, begun just when one may come
//! ```
//! `TASKSCOPE=off` runs the same without the agent. Fails if the memory after the last step is more than that
//! after the first and what grows with the program's age alone: the agent's history fills up.

#[path = "stress/captures.rs"]
mod captures;
#[path = "stress/caught.rs"]
mod caught;
#[path = "stress/cost.rs"]
mod cost;
#[path = "stress/own.rs"]
mod own;
#[path = "stress/window.rs"]
mod window;

use std::future::pending;
use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Lines printed on the way.
const STEPS: u64 = 10;
const SURVIVORS: u64 = 1_000;
const POLLED: u64 = 64;
/// The memory may grow by so much from the first step to the last, kB: survivors, pages of ids around them, and
/// luck with the allocator. A leak of one record a thousand spawns would be ten times as much.
const GROWTH: u64 = 24 * 1024;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (what, count) = match &args[..] {
        [what, count] => (what.as_str(), count.parse().unwrap_or(0)),
        _ => ("", 0),
    };
    match what {
        "tasks" | "polls" | "spawns" => tracked(what, count),
        "captures" => captures::captures(count),
        "slow" => cost::slow(count),
        "quick" => cost::quick(count),
        "idle" => cost::idle(count),
        "caught" => caught::caught(count),
        "victim" => caught::victim(count),
        "window" => window::window(count),
        _ => {
            say("usage: stress tasks|polls|spawns|captures|slow|quick|idle|caught|victim|window COUNT");
            ExitCode::from(2)
        }
    }
}

#[taskscope_agent::main]
async fn tracked(what: &str, count: u64) -> ExitCode {
    match what {
        "tasks" => tasks(count).await,
        "polls" => verdict(&polls(count).await),
        _ => verdict(&spawns(count).await),
    }
}

/// Whether the memory after each step stayed flat.
fn verdict(steps: &[u64]) -> ExitCode {
    let (first, last) = (steps.first().copied().unwrap_or(0), steps.last().copied().unwrap_or(0));
    if last > first + GROWTH {
        say(&format!("the memory grew from {first} kB to {last} kB"));
        return ExitCode::FAILURE;
    }
    say("the memory stayed flat");
    ExitCode::SUCCESS
}

async fn tasks(count: u64) -> ExitCode {
    for _ in 0..count {
        tokio::spawn(pending::<()>());
    }
    tokio::task::yield_now().await;
    report("tasks", count, Duration::ZERO);
    say("ready");
    let wait = || std::io::stdin().read_to_end(&mut Vec::new());
    if let Err(error) = tokio::task::spawn_blocking(wait).await {
        say(&error.to_string());
    }
    ExitCode::SUCCESS
}

/// The memory after each step, kB.
async fn polls(count: u64) -> Vec<u64> {
    let began = now();
    let mut steps = Vec::new();
    for step in 1..=STEPS {
        let each = count / STEPS / POLLED;
        let polled: Vec<_> = (0..POLLED)
            .map(|_| {
                tokio::spawn(async move {
                    for _ in 0..each {
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in polled {
            if let Err(error) = task.await {
                say(&error.to_string());
            }
        }
        steps.push(report("polls", step * each * POLLED, began.elapsed()));
    }
    steps
}

/// The memory after each step, kB.
async fn spawns(count: u64) -> Vec<u64> {
    let began = now();
    let mut steps = Vec::new();
    let every = (count / SURVIVORS).max(1);
    for number in 1..=count {
        if number % every == 0 {
            tokio::spawn(pending::<()>());
            continue;
        }
        let spawned = tokio::spawn(async {});
        // Waits for one now and then, so that few are alive at once.
        if number % 256 == 255
            && let Err(error) = spawned.await
        {
            say(&error.to_string());
        }
        if number % (count / STEPS).max(2) == 1 && number > 1 {
            steps.push(report("spawns", number, began.elapsed()));
        }
    }
    steps.push(report("spawns", count, began.elapsed()));
    steps
}

fn report(what: &str, count: u64, elapsed: Duration) -> u64 {
    let metrics = tokio::runtime::Handle::current().metrics();
    let alive = metrics.num_alive_tasks();
    let resident = resident();
    say(&format!(
        "{count} {what} after {:.1} s, {alive} alive, {resident} kB resident",
        elapsed.as_secs_f64()
    ));
    resident
}

/// Says what memory is held by now, kB.
fn report_memory(what: &str, count: u64) -> u64 {
    let resident = resident();
    say(&format!("{count} {what}, {resident} kB resident"));
    resident
}

/// Memory in RAM, kB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a program that measures itself")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
