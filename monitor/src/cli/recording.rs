//! The options of the commands that make recordings and show them.

use super::Target;
use clap::Args;
use std::path::PathBuf;
use taskscope_model::Nanos;

/// `record`.
#[derive(Args, Debug)]
pub(crate) struct Record {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The file to make
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// How long; left out: until Ctrl-C, or the program's end
    #[arg(long = "for", value_name = "DURATION", value_parser = Nanos::parse)]
    pub(crate) span: Option<Nanos>,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// At the end one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `replay`.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// A recording
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// `man`.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// A command of taskscope's; left out: taskscope itself
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}
