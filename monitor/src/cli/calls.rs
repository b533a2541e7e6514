//! The options of the commands that reach into a program: its own commands and values, and signals.

use super::Target;
use clap::Args;
use std::path::PathBuf;
use taskscope_model::Nanos;

/// `call`.
#[derive(Args, Debug)]
pub(crate) struct Call {
    /// The program as everywhere, the command's name, and its arguments; with the name alone the only program
    #[arg(value_name = "NAME", required = true)]
    words: Vec<String>,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
    /// How long to wait for what it returns
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = Nanos::parse)]
    pub(crate) timeout: Nanos,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Call {
    /// With two words or more the first one is always the program.
    pub(crate) fn target_name_and_arguments(&self) -> (Target, &str, &[String]) {
        let (target, name, arguments) = match &self.words[..] {
            [target, name, arguments @ ..] => (Some(target.clone()), name.as_str(), arguments),
            [name] => (None, name.as_str(), &[][..]),
            [] => (None, "", &[][..]),
        };
        (Target { target, token_file: self.token_file.clone() }, name, arguments)
    }
}

/// `values`.
#[derive(Args, Debug)]
pub(crate) struct Values {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Only these; left out: all
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// How long to wait for each
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = Nanos::parse)]
    pub(crate) timeout: Nanos,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `signal`.
#[derive(Args, Debug)]
pub(crate) struct Signal {
    /// The program as everywhere; signals are not sent to one that is not named
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// A signal's name, such as TERM, SIGUSR1 or RTMIN+3, or its number
    #[arg(value_name = "NAME")]
    pub(crate) signal: String,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
