//! Programs that the examples do not show: chosen by the first argument, each says `ready` when it is in its
//! state, and stays there until it is killed.

mod blocked;
mod ending;
mod fates;
#[cfg(tokio_unstable)]
mod hooks;
mod interrupted;
mod kept_waiting;
mod nearly_slow;
mod nested;

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["blocked-workers"] => blocked::workers(),
        ["blocked-root"] => blocked::root(),
        ["panicking"] => ending::panicking(),
        ["ending", how] => ending::ending(how),
        ["fates", how] => fates::fates(how),
        ["kept-waiting", how] => kept_waiting::kept_waiting(how),
        ["interrupted"] => interrupted::interrupted(),
        ["nearly-slow", way] => nearly_slow::nearly_slow(way),
        ["nested"] => nested::nested(),
        #[cfg(tokio_unstable)]
        ["chained-hooks"] => hooks::chained(),
        #[cfg(tokio_unstable)]
        ["replaced-hook", which] => hooks::replaced(which),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

/// Prints a line that the test reads.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).expect("the test reads it");
}
