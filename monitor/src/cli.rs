//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// See what a running tokio program is doing.
#[derive(Debug, Parser)]
#[command(name = "taskscope", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Which program.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Target {
    /// A pid, a program's name, a socket path, tcp://HOST:PORT, or a recording; left out: the only live
    /// program with an agent
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the TUI on a program (what `taskscope TARGET` does too)
    Attach(Target),
    /// List the live tokio programs
    Ls(Ls),
    /// List a program's tasks
    Ps(Ps),
    /// Show a program's runtimes: workers, queues, blocking threads
    Runtime(Reading),
    /// Say what can and cannot be seen in a program, and the one line that changes each
    Doctor(Reading),
    /// Start a small program with something of everything, and the TUI on it
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `ls`.
#[derive(Args, Debug)]
pub(crate) struct Ls {
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// A command that reads, with no options of its own.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) target: Target,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `demo`.
#[cfg(feature = "demo")]
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Be the program itself, without the TUI
    #[arg(long, hide = true)]
    pub(crate) program: bool,
}

/// `ps`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Ps {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Only tasks that match: words, or KEY:VALUE, KEY>VALUE; `-` in front negates
    #[arg(
        long,
        short,
        value_name = "QUERY",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) filter: String,
    /// Order by this key: numbers and durations the largest first
    #[arg(long, short, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub(crate) sort: String,
    /// Turn the order round
    #[arg(long, short)]
    pub(crate) reverse: bool,
    /// Show each task below the one that spawned it, or that it waits for
    #[arg(long, value_name = "BY", num_args = 0..=1, require_equals = true, default_missing_value = "spawner", conflicts_with = "group")]
    pub(crate) tree: Option<TreeBy>,
    /// One line for all tasks spawned at one place, or with the same await stack
    #[arg(long, value_name = "BY", num_args = 0..=1, require_equals = true, default_missing_value = "location")]
    pub(crate) group: Option<GroupBy>,
    /// Ended tasks too, as far as they are remembered
    #[arg(long)]
    pub(crate) ended: bool,
    /// Show it again and again until the program ends
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// At most N rows
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// One JSON object; with --watch one a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a tree's branches mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TreeBy {
    /// Who spawned whom
    Spawner,
    /// Who waits for whom
    Waits,
}

/// What the tasks of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// The place where they were spawned
    Location,
    /// The await stack
    Stack,
}

/// A wrong command line in one line, the way every other error reads.
pub(crate) fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let mut join = |skip: &str| {
        let paragraph = paragraphs.next().unwrap_or_default();
        let words = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        words.strip_prefix(skip).unwrap_or(&words).trim().to_owned()
    };
    let what = join("error:");
    let tip = join("tip:");
    if tip.is_empty() || tip.starts_with("Usage") || tip.starts_with("For more") {
        format!("{what}; `taskscope --help` lists what there is")
    } else {
        format!("{what}; {tip}")
    }
}
