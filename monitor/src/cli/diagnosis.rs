//! The options of the commands that say what is wrong.

use super::Target;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use taskscope_model::{Kind, Nanos, Severity};

/// `findings`.
#[derive(Args, Debug)]
pub(crate) struct Findings {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Only findings that are at least so bad
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severities())]
    pub(crate) min: Severity,
    /// Go on and say what changes until the program ends
    #[arg(long)]
    pub(crate) follow: bool,
    /// One JSON object; with --follow one a line, each time something has changed
    #[arg(long)]
    pub(crate) json: bool,
}

/// `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// A pid, a program's name, a socket path, tcp://HOST:PORT, or a recording
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// How long to watch
    #[arg(long = "for", value_name = "DURATION", default_value = "10s", value_parser = Nanos::parse)]
    pub(crate) span: Nanos,
    #[command(flatten)]
    pub(crate) fail: Fail,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
    /// Exit with 1 if anything is wrong, else with the command's own code
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) fail: Fail,
    /// Open the TUI on the first program with an agent; leaving it ends the command
    #[arg(long)]
    pub(crate) attach: bool,
}

/// What counts as wrong.
#[derive(Args, Clone, Debug)]
pub(crate) struct Fail {
    /// Findings at least so bad count
    #[arg(long = "fail-on", value_name = "SEVERITY", default_value = "warning", value_parser = severities())]
    pub(crate) on: Severity,
    /// Findings of this kind count, however bad; may be given several times
    #[arg(long = "fail-on-kind", value_name = "KIND", value_parser = kinds(), value_delimiter = ',')]
    pub(crate) on_kind: Vec<Kind>,
}

impl Fail {
    /// Whether a finding counts.
    pub(crate) fn counts(&self, severity: Severity, kind: Kind) -> bool {
        severity >= self.on || self.on_kind.contains(&kind)
    }
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    let names = Severity::ALL.iter().map(|severity| severity.name());
    PossibleValuesParser::new(names).try_map(|name| Severity::from_name(&name).ok_or("no severity"))
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.iter().map(|kind| kind.name());
    PossibleValuesParser::new(names).try_map(|name| Kind::from_name(&name).ok_or("no kind"))
}
