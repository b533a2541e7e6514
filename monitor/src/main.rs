//! The program people run: it shows what a running tokio program is doing.

mod cli;
mod clock;
mod commands;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod print;
mod rows;
mod session;
mod source;
mod target;
mod tui;

use clap::Parser as _;
use cli::{Cli, Command};
use exit::{CommandError, Exit};
use print::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => return ended(error.print().map_err(anyhow::Error::from)),
        Err(error) => return ended(Err(CommandError::WrongUse(cli::in_one_line(&error)).into())),
    };
    ended(run(cli))
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let mut out = Output::standard();
    match cli.command {
        None => commands::attach(&cli.target)?,
        Some(Command::Attach(target)) => commands::attach(&target)?,
        Some(Command::Ls(options)) => commands::ls(&options, &mut out)?,
        Some(Command::Ps(options)) => commands::ps(&options, &mut out)?,
        Some(Command::Runtime(options)) => commands::runtime(&options, &mut out)?,
        Some(Command::Doctor(options)) => commands::doctor(&options, &mut out)?,
        #[cfg(feature = "demo")]
        Some(Command::Demo(options)) if options.program => demo::program()?,
        #[cfg(feature = "demo")]
        Some(Command::Demo(_)) => demo::run()?,
        Some(Command::Completions { shell }) => commands::completions(shell, &mut out)?,
    }
    Ok(())
}

/// The one place where errors are printed.
#[expect(clippy::print_stderr, reason = "the one place where errors are printed")]
fn ended(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return Exit::Done.into() };
    let exit = exit::code_of(&error);
    if exit != Exit::Done {
        eprintln!("taskscope: {}", source::one_line(&format!("{error:#}")));
    }
    exit.into()
}
