//! The command line.

pub(crate) mod calls;
pub(crate) mod diagnosis;
mod examples;
pub(crate) mod recording;
pub(crate) mod resources;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use taskscope_model::TaskId;
use taskscope_model::ids::NotATaskId;

/// See what a running tokio program is doing.
#[derive(Debug, Parser)]
#[command(name = "taskscope", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
#[command(after_help = examples::of(""))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Which program.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Target {
    /// A pid, a program's name, a socket path, tcp://HOST:PORT, http://HOST:PORT, unix:PATH or vsock:CID:PORT (a
    /// program that runs console-subscriber), or a recording; left out: the only live program with an agent
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
    #[command(after_help = examples::of("attach"))]
    Attach(Target),
    /// List the live tokio programs
    #[command(after_help = examples::of("ls"))]
    Ls(Ls),
    /// List a program's tasks
    #[command(after_help = examples::of("ps"))]
    Ps(Ps),
    /// Say where a task comes from, where it waits, and what became of it
    #[command(override_usage = "taskscope where [OPTIONS] [TARGET] <TASK>")]
    #[command(after_help = examples::of("where"))]
    Where(Where),
    /// Ask tasks to stop, wait a moment, and say what became of each
    #[command(override_usage = "taskscope cancel [OPTIONS] [TARGET] <TASK>...")]
    #[command(after_help = examples::of("cancel"))]
    Cancel(Cancel),
    /// Say what is wrong in a program, worst first
    #[command(after_help = examples::of("findings"))]
    Findings(diagnosis::Findings),
    /// Watch a program for a while, and exit with 1 if anything is wrong
    #[command(after_help = examples::of("check"))]
    Check(diagnosis::Check),
    /// Start a program in debug mode, follow it and its children, and say at its end what is wrong
    #[command(override_usage = "taskscope run [OPTIONS] -- <COMMAND>...")]
    #[command(after_help = examples::of("run"))]
    Run(diagnosis::Run),
    /// Show what every worker and blocking thread does now: its task and its native stack
    #[command(after_help = examples::of("stacktrace"))]
    Stacktrace(Reading),
    /// Show a program's runtimes: workers, queues, blocking threads
    #[command(after_help = examples::of("runtime"))]
    Runtime(Reading),
    /// List a program's locks, semaphores, timers and channels, and who waits for each
    #[command(after_help = examples::of("resources"))]
    Resources(resources::Resources),
    /// Show one of them, and what is done to it
    #[command(override_usage = "taskscope resource [OPTIONS] [TARGET] <ID>")]
    #[command(after_help = examples::of("resource"))]
    Resource(resources::Resource),
    /// List the commands that a program offers
    #[command(after_help = examples::of("commands"))]
    Commands(Reading),
    /// Have a program run a command of its own, and show what it returns
    #[command(override_usage = "taskscope call [OPTIONS] [TARGET] <NAME> [-- ARGUMENTS]...")]
    #[command(after_help = examples::of("call"))]
    Call(calls::Call),
    /// Show the values that a program offers
    #[command(after_help = examples::of("values"))]
    Values(calls::Values),
    /// Send a program a signal
    #[command(after_help = examples::of("signal"))]
    Signal(calls::Signal),
    /// Write what a program does to a file, to look at it later
    #[command(after_help = examples::of("record"))]
    Record(recording::Record),
    /// Open the TUI on a recording; every command that reads takes one as TARGET too
    #[command(after_help = examples::of("replay"))]
    Replay(recording::Replay),
    /// Have a program's agent go on in another mode: on, log or debug
    #[command(override_usage = "taskscope mode [OPTIONS] [TARGET] <MODE>")]
    #[command(after_help = examples::of("mode"))]
    Mode(Set),
    /// Set from which length on a poll is slow: a duration such as 50ms, or off
    #[command(override_usage = "taskscope slow-poll [OPTIONS] [TARGET] <DURATION>")]
    #[command(after_help = examples::of("slow-poll"))]
    SlowPoll(Set),
    /// Say what can and cannot be seen in a program, and the one line that changes each
    #[command(after_help = examples::of("doctor"))]
    Doctor(Reading),
    /// Start a small program with something of everything, and the TUI on it
    #[cfg(feature = "demo")]
    #[command(after_help = examples::of("demo"))]
    Demo(Demo),
    /// Print completions for a shell
    #[command(after_help = examples::of("completions"))]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = examples::of("man"))]
    Man(recording::Man),
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

/// The tasks that are meant, and the program they are in.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// A task's id; in front of it the program, as everywhere: needed where several run
    #[arg(value_name = "TASK", required = true)]
    words: Vec<String>,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
}

impl Named {
    /// With two words or more the first one is always the program.
    pub(crate) fn target_and_tasks(&self) -> Result<(Target, Vec<TaskId>), NotATaskId> {
        let (target, tasks) = match &self.words[..] {
            [target, tasks @ ..] if !tasks.is_empty() => (Some(target.clone()), tasks),
            tasks => (None, tasks),
        };
        let tasks = tasks.iter().map(|task| task.parse()).collect::<Result<_, _>>()?;
        Ok((Target { target, token_file: self.token_file.clone() }, tasks))
    }
}

/// `where`.
#[derive(Args, Debug)]
pub(crate) struct Where {
    #[command(flatten)]
    pub(crate) named: Named,
    /// Poll the task once more for its native stack of awaits, also where its tree is known otherwise
    #[arg(long)]
    pub(crate) stack: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `mode` and `slow-poll`.
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The program as everywhere, and the new value
    #[arg(value_names = ["TARGET", "VALUE"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// File with the token that a TCP listener wants
    #[arg(long, value_name = "FILE", env = "TASKSCOPE_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Set {
    /// With two words the first one is the program.
    pub(crate) fn target_and_value(&self) -> (Target, &str) {
        let (target, value) = match &self.words[..] {
            [target, value, ..] => (Some(target.clone()), value.as_str()),
            [value] => (None, value.as_str()),
            [] => (None, ""),
        };
        (Target { target, token_file: self.token_file.clone() }, value)
    }
}

/// `cancel`.
#[derive(Args, Debug)]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) named: Named,
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
