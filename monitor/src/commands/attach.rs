//! `taskscope [TARGET]`, `taskscope attach`

use crate::cli::Target;
use crate::exit::CommandError;
use crate::{target, tui};
use std::io::{self, IsTerminal as _};

/// Opens the TUI: on the program that is meant, or on the list of what there is.
pub(crate) fn attach(target: &Target) -> anyhow::Result<()> {
    let start = target::start(target)?;
    on_a_terminal()?;
    tui::run(start)
}

/// Says so where there is no terminal to show the TUI on.
pub(super) fn on_a_terminal() -> Result<(), CommandError> {
    if io::stdout().is_terminal() {
        return Ok(());
    }
    let why = "the TUI needs a terminal; `taskscope ps` prints the tasks";
    Err(CommandError::WrongUse(why.to_owned()))
}
