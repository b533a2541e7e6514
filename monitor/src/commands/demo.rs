//! `taskscope demo`

use super::attach::on_a_terminal;
use crate::cli::Demo;
use crate::demo;

/// Opens the TUI on a program of our own, or is that program.
pub(crate) fn demo(options: &Demo) -> anyhow::Result<()> {
    if options.program {
        return demo::program();
    }
    on_a_terminal()?;
    demo::run()
}
