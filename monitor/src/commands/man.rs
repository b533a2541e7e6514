//! `taskscope man`

use crate::cli::Cli;
use crate::cli::recording::Man;
use crate::exit::CommandError;
use crate::print::Output;
use clap::CommandFactory as _;
use clap_mangen::Man as Page;

/// Prints the manual page of a command, or that of all.
pub(crate) fn man(options: &Man, out: &mut Output) -> Result<(), CommandError> {
    let mut cli = Cli::command();
    cli.build();
    let command = match &options.command {
        None => cli,
        Some(name) => cli.find_subcommand(name).cloned().ok_or_else(|| {
            CommandError::WrongUse(format!(
                "there is no command `{name}`; `taskscope --help` lists what there is"
            ))
        })?,
    };
    let mut page = Vec::new();
    Page::new(command).render(&mut page)?;
    Ok(out.text(&String::from_utf8_lossy(&page))?)
}
