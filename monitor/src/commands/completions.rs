//! `taskscope completions SHELL`

use crate::cli::Cli;
use crate::exit::CommandError;
use crate::print::Output;
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Prints the script that a shell wants.
pub(crate) fn completions(shell: Shell, out: &mut Output) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "taskscope", &mut script);
    Ok(out.text(&String::from_utf8_lossy(&script))?)
}
