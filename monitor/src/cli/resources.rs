//! The options of the commands that show locks, semaphores, timers and channels.

use super::Target;
use clap::Args;
use std::path::PathBuf;

/// `resources`.
#[derive(Args, Debug)]
pub(crate) struct Resources {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Those that are only parts of others, too
    #[arg(long)]
    pub(crate) internal: bool,
    /// Dropped ones too, as far as they are remembered
    #[arg(long)]
    pub(crate) dropped: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `resource`.
#[derive(Args, Debug)]
pub(crate) struct Resource {
    /// The program as everywhere, and the resource's id
    #[arg(value_names = ["TARGET", "ID"], num_args = 1..=2, required = true)]
    pub(crate) words: Vec<String>,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
