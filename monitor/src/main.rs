//! The program people run: it shows what a running tokio program is doing.

mod below;
mod cli;
mod clock;
mod commands;
#[cfg(feature = "demo")]
mod demo;
mod exit;
#[cfg(test)]
mod fake;
mod print;
mod record;
mod replay;
mod rows;
mod session;
mod signals;
mod source;
mod target;
mod tui;

use clap::Parser as _;
use cli::{Cli, Command};
use exit::{CommandError, Exit};
use print::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(told())
}

fn told() -> u8 {
    match commands::answer_a_shell() {
        Ok(false) => {}
        answered => return ended(answered.map(|_| Exit::Done.code()).map_err(anyhow::Error::from)),
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            return ended(error.print().map(|()| 0).map_err(anyhow::Error::from));
        }
        Err(error) => return ended(Err(CommandError::WrongUse(cli::in_one_line(&error)).into())),
    };
    let mut out = match cli.command {
        Some(Command::Run(_)) => Output::standard_error(),
        _ => Output::standard(),
    };
    ended(run(cli, &mut out))
}

/// Does what the command line says, and gives the exit code.
fn run(cli: Cli, out: &mut Output) -> anyhow::Result<u8> {
    match cli.command {
        None => commands::attach(&cli.target)?,
        Some(Command::Attach(target)) => commands::attach(&target)?,
        Some(Command::Ls(options)) => commands::ls(&options, out)?,
        Some(Command::Ps(options)) => commands::ps(&options, out)?,
        Some(Command::Runtime(options)) => commands::runtime(&options, out)?,
        Some(Command::Stacktrace(options)) => commands::stacktrace(&options, out)?,
        Some(Command::Where(options)) => commands::where_is(&options, out)?,
        Some(Command::Cancel(options)) => return Ok(commands::cancel(&options, out)?.code()),
        Some(Command::Findings(options)) => commands::findings(&options, out)?,
        Some(Command::Check(options)) => return Ok(commands::check(&options, out)?.code()),
        Some(Command::Run(options)) => return commands::run(&options, out),
        Some(Command::Resources(options)) => commands::resources(&options, out)?,
        Some(Command::Resource(options)) => commands::resource(&options, out)?,
        Some(Command::Commands(options)) => commands::commands(&options, out)?,
        Some(Command::Call(options)) => return Ok(commands::call(&options, out)?.code()),
        Some(Command::Values(options)) => return Ok(commands::values(&options, out)?.code()),
        Some(Command::Signal(options)) => commands::signal(&options, out)?,
        Some(Command::Record(options)) => commands::record(&options, out)?,
        Some(Command::Replay(options)) => commands::replay(&options)?,
        Some(Command::Mode(options)) => commands::mode(&options, out)?,
        Some(Command::SlowPoll(options)) => commands::slow_poll(&options, out)?,
        Some(Command::Doctor(options)) => commands::doctor(&options, out)?,
        #[cfg(feature = "demo")]
        Some(Command::Demo(options)) => commands::demo(&options)?,
        Some(Command::Completions { shell }) => commands::completions(shell, out)?,
        Some(Command::Man(options)) => commands::man(&options, out)?,
    }
    Ok(Exit::Done.code())
}

/// The one place where errors are printed.
#[expect(clippy::print_stderr, reason = "the one place where errors are printed")]
fn ended(result: anyhow::Result<u8>) -> u8 {
    let error = match result {
        Ok(code) => return code,
        Err(error) => error,
    };
    let exit = exit::code_of(&error);
    if exit != Exit::Done {
        eprintln!("taskscope: {}", source::one_line(&format!("{error:#}")));
    }
    exit.code()
}
