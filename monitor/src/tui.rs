//! The TUI: not here yet.

/// Runs it until the user leaves.
pub(crate) fn run(_start: Option<crate::source::Address>) -> anyhow::Result<()> {
    anyhow::bail!("the TUI is not here yet")
}
