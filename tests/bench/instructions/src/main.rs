//! Counts the instructions that the agent adds to a poll and to a spawn + join, and fails if they are more
//! than their bound. The counts do not depend on how busy or how fast the machine is. Needs valgrind.
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml -p taskscope-bench-instructions
//! ```
//! It runs itself below callgrind, which counts only what the measured function does on
//! its thread. Each count is taken at two lengths of the same work: the difference is free of what comes once.
//!
//! callgrind is driven directly: our bound is on the difference between two runs, with and without the agent;
//! gungraun knows limits of one run's own counts, and would bind them to tokio's version.

mod allocations;
mod callgrind;
mod measured;

use measured::Work;
use std::process::ExitCode;

/// The most instructions that the agent may add to each operation, some per cent above what was counted. They only ever go
/// down; but they went up once, from 136 a poll, when the end of a poll was found to be told after the task was let go of.
const BOUNDS: [(Work, f64); 5] = [
    (Work::Poll, 100.0),
    (Work::WrappedPoll, 142.0),
    (Work::ObservedPoll, 173.0),
    (Work::Spawn, 870.0),
    (Work::WrappedSpawn, 1_690.0),
];
/// Allocations that the agent may add to an operation: what grows with the number of tasks ever spawned, pages of ids.
const MOST_ALLOCATIONS: f64 = 0.02;
/// Lengths of the work, in operations of each kind.
const SHORT: u64 = 6_400;
const LONG: u64 = 19_200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [work, agent, operations] = &arguments[..] {
        measured::run(work, agent, operations);
        return ExitCode::SUCCESS;
    }
    match compared() {
        Ok(broken) => {
            broken.iter().for_each(|broken| eprintln!("{broken}"));
            if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("the instructions cannot be counted: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is wrong, a sentence for each bound that does not hold.
fn compared() -> std::io::Result<Vec<String>> {
    println!("| instructions | bare | with the agent | added | bound | allocations added |");
    println!("|---|--:|--:|--:|--:|--:|");
    let mut broken = Vec::new();
    for (work, bound) in BOUNDS {
        let (bare, hooks) = (each(work, "bare")?, each(work, "agent")?);
        let allocations = hooks.1 - bare.1;
        let (bare, hooks) = (bare.0, hooks.0);
        let added = hooks - bare;
        let holds = added <= bound;
        let verdict = if holds { "" } else { " **does not hold**" };
        let row = format!("{bare:.1} | {hooks:.1} | {added:+.1} | {bound:.0}{verdict} | {allocations:.2}");
        println!("| {} | {row} |", work.name());
        if allocations > MOST_ALLOCATIONS {
            broken.push(format!("{} allocates with the agent, {allocations:.2} times each", work.name()));
        }
        if !holds {
            broken.push(format!(
                "{} takes {added:.1} instructions more with the agent than without, and may take {bound:.0}: look \
                 at what has changed in {}. The bounds are in tests/bench/{} and are not raised.",
                work.name(),
                work.where_it_is(),
                file!(),
            ));
        }
    }
    Ok(broken)
}

/// Instructions and allocations an operation.
fn each(work: Work, agent: &str) -> std::io::Result<(f64, f64)> {
    let count = |operations: u64| callgrind::count(&[work.name(), agent, &operations.to_string()]);
    let (long, short) = (count(LONG)?, count(SHORT)?);
    let each = |long: u64, short: u64| (long as f64 - short as f64) / (LONG - SHORT) as f64;
    Ok((each(long.instructions, short.instructions), each(long.allocations, short.allocations)))
}
