//! This program below callgrind.

use std::io;
use std::process::Command;

/// Not counted, though the measured function calls them. What the allocator takes depends on how the heap lies, not on
/// who asks: how often it is asked is counted instead. And a poll counts as a long one because valgrind is slow.
const LEFT_OUT: [&str; 7] =
    ["malloc", "free", "calloc", "realloc", "posix_memalign", "aligned_alloc", "*Record*count_long*"];

/// What one run of the measured function took.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub instructions: u64,
    pub allocations: u64,
}

/// Instructions and allocations of the measured function, run with these arguments.
pub fn count(arguments: &[&str]) -> io::Result<Counted> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=taskscope_bench_measured",
        ])
        .args(LEFT_OUT.map(|function| format!("--toggle-collect={function}")))
        .arg(std::env::current_exe()?)
        .args(arguments)
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("valgrind: {error}")))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = || told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    let allocations = String::from_utf8_lossy(&output.stdout).trim().parse();
    match (collected(), allocations) {
        (Some(instructions), Ok(allocations)) if output.status.success() && instructions > 0 => {
            Ok(Counted { instructions, allocations })
        }
        _ => Err(io::Error::other(format!("valgrind counts nothing:\n{told}"))),
    }
}
