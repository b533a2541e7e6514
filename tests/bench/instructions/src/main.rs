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
/// from 136 and 920, when the end of a poll was found to be told after the task was let go of.
const BOUNDS: [(Work, f64); 2] = [(Work::Poll, 150.0), (Work::Spawn, 980.0)];
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
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every bound holds.
fn compared() -> std::io::Result<bool> {
    println!("| instructions | bare | with the agent | added | bound |\n|---|--:|--:|--:|--:|");
    let mut all_hold = true;
    for (work, bound) in BOUNDS {
        let (bare, hooks) = (each(work, "bare")?, each(work, "agent")?);
        let added = hooks - bare;
        let holds = added <= bound;
        let verdict = if holds { "" } else { " **does not hold**" };
        println!("| {} | {bare:.1} | {hooks:.1} | {added:+.1} | {bound:.0}{verdict} |", work.name());
        all_hold &= holds;
    }
    Ok(all_hold)
}

/// Instructions an operation.
fn each(work: Work, agent: &str) -> std::io::Result<f64> {
    let count = |operations: u64| callgrind::count(&[work.name(), agent, &operations.to_string()]);
    Ok((count(LONG)? as f64 - count(SHORT)? as f64) / (LONG - SHORT) as f64)
}
