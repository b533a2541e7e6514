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

mod callgrind;
mod measured;

use measured::Work;
use std::process::ExitCode;

/// The most instructions that the agent may add to each operation. They only ever go down; but they went up once,
/// from 136 a poll and 920 a spawn, when the end of a poll was found to be told after the task was let go of. Below callgrind the
/// polls of the task that spawns are so slow that some are counted as long ones: on a slow machine all, which is
/// 50 instructions more than with none. A spawn and its end were at 803 before tasks could be wrapped: since then each
/// spawn looks whether a wrapper waits for its record, and each end whether it has a fate, 927 in all.
const BOUNDS: [(Work, f64); 5] = [
    (Work::Poll, 100.0),
    (Work::WrappedPoll, 142.0),
    (Work::ObservedPoll, 173.0),
    (Work::Spawn, 950.0),
    (Work::WrappedSpawn, 1_900.0),
];
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
    println!("| instructions | bare | with the agent | added | bound |\n|---|--:|--:|--:|--:|");
    let mut broken = Vec::new();
    for (work, bound) in BOUNDS {
        let (bare, hooks) = (each(work, "bare")?, each(work, "agent")?);
        let added = hooks - bare;
        let holds = added <= bound;
        let verdict = if holds { "" } else { " **does not hold**" };
        println!("| {} | {bare:.1} | {hooks:.1} | {added:+.1} | {bound:.0}{verdict} |", work.name());
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

/// Instructions an operation.
fn each(work: Work, agent: &str) -> std::io::Result<f64> {
    let count = |operations: u64| callgrind::count(&[work.name(), agent, &operations.to_string()]);
    Ok((count(LONG)? as f64 - count(SHORT)? as f64) / (LONG - SHORT) as f64)
}
