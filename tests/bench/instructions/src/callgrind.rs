//! This program below callgrind.

use std::io;
use std::process::Command;

/// Instructions of the measured function, run with these arguments.
pub fn count(arguments: &[&str]) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=taskscope_bench_measured",
        ])
        .arg(std::env::current_exe()?)
        .args(arguments)
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("valgrind: {error}")))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = || told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    match collected() {
        Some(count) if output.status.success() && count > 0 => Ok(count),
        _ => Err(io::Error::other(format!("valgrind counts nothing:\n{told}"))),
    }
}
