//! `taskscope replay`

use super::attach::on_a_terminal;
use crate::cli::recording::Replay;
use crate::exit::CommandError;
use crate::source::Address;
use crate::tui;

/// Opens the TUI on a recording.
pub(crate) fn replay(options: &Replay) -> anyhow::Result<()> {
    let address = Address::Recording(options.file.clone());
    if options.file.is_dir() {
        let why = format!("{address} is a folder; `taskscope replay FILE` wants a recording");
        return Err(CommandError::WrongUse(why).into());
    }
    on_a_terminal()?;
    tui::run(Some(address))
}
