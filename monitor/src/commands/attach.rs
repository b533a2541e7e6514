//! `taskscope [TARGET]`, `taskscope attach`

use crate::cli::Target;
use crate::exit::CommandError;
use crate::{target, tui};
use std::io::{self, IsTerminal as _};

/// Opens the TUI: on the program that is meant, or on the list of what there is.
pub(crate) fn attach(target: &Target) -> anyhow::Result<()> {
    let start = target::start(target)?;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let why = "the TUI needs a terminal; `taskscope ps` prints the tasks".to_owned();
        return Err(CommandError::WrongUse(why).into());
    }
    tui::run(start)
}
