//! `taskscope completions SHELL`, and what a shell asks for then each time that Tab is pressed: programs, their tasks
//! and what they offer, as they are at that moment.

use super::fetch::Attached;
use crate::cli::{Cli, Target};
use crate::exit::CommandError;
use crate::print::{Output, words};
use crate::session::Session;
use crate::signals;
use crate::source::discover;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::{CompleteEnv, Shells};
use std::ffi::{OsStr, OsString};
use taskscope_model::codes::OfferKind;
use taskscope_model::query::KEYS;
use taskscope_model::request::Subscribe;
use taskscope_model::world::Names as _;
use taskscope_model::{Task, World};

/// A shell that asks sets this.
const ASKED: &str = "TASKSCOPE_COMPLETE";
/// More tasks than a person picks from.
const MOST: u32 = 200;

/// Prints the script that a shell wants.
pub(crate) fn completions(shell: Shell, out: &mut Output) -> Result<(), CommandError> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let shell = shells
        .completer(&name)
        .ok_or_else(|| CommandError::WrongUse(format!("there are no completions for {name}")))?;
    let (mut script, taskscope) = (Vec::new(), "taskscope");
    shell.write_registration(ASKED, taskscope, taskscope, taskscope, &mut script)?;
    Ok(out.text(&String::from_utf8_lossy(&script))?)
}

/// Answers a shell; `false` if none has asked.
///
/// # Errors
/// It asks what makes no sense, or does not listen.
pub(crate) fn answer_a_shell() -> Result<bool, clap::Error> {
    CompleteEnv::with_factory(command).var(ASKED).try_complete(std::env::args_os(), None)
}

/// The command line, with what can be said of its values.
fn command() -> Command {
    Cli::command().mut_args(|arg| completed("", arg)).mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(|arg| completed(&name, arg))
    })
}

fn completed(command: &str, arg: Arg) -> Arg {
    match (command, arg.get_id().as_str()) {
        ("completions", _) => arg,
        ("man", _) => arg.add(ArgValueCompleter::new(commands)),
        (_, "target") => arg.add(ArgValueCompleter::new(targets)),
        (_, "file" | "token_file" | "output") => arg.add(ArgValueCompleter::new(PathCompleter::file())),
        (_, "sort") => arg.add(ArgValueCompleter::new(|typed: &OsStr| keys(typed, ""))),
        (_, "filter") => arg.add(ArgValueCompleter::new(|typed: &OsStr| keys(typed, ":"))),
        ("signal", "signal") => arg.add(ArgValueCompleter::new(signal_names)),
        ("values", "names") => {
            arg.add(ArgValueCompleter::new(|typed: &OsStr| offered(typed, OfferKind::VALUE)))
        }
        (_, "words") => arg.add(ArgValueCompleter::new(Words(command.to_owned()))),
        _ => arg,
    }
}

/// The words of a command that takes a program and something in it: with one word it may be either.
struct Words(String);

impl ValueCompleter for Words {
    fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let at = typed_before().len();
        let mut candidates = match self.0.as_str() {
            "where" | "cancel" => tasks(typed),
            "resource" => resources(typed),
            "call" if at <= 1 => offered(typed, OfferKind::COMMAND),
            "mode" => among(["on", "log", "debug"], typed),
            "slow-poll" => among(["10ms", "50ms", "100ms", "1s", "off"], typed),
            _ => Vec::new(),
        };
        if at == 0 {
            candidates.extend(targets(typed));
        }
        candidates
    }
}

fn among<T: Into<OsString>>(all: impl IntoIterator<Item = T>, typed: &OsStr) -> Vec<CompletionCandidate> {
    let all = all.into_iter().map(CompletionCandidate::new);
    all.filter(|candidate| begins_with(candidate.get_value(), typed)).collect()
}

fn begins_with(text: &OsStr, typed: &OsStr) -> bool {
    text.as_encoded_bytes().starts_with(typed.as_encoded_bytes())
}

fn commands(typed: &OsStr) -> Vec<CompletionCandidate> {
    among(Cli::command().get_subcommands().map(|command| command.get_name().to_owned()), typed)
}

fn keys(typed: &OsStr, behind: &str) -> Vec<CompletionCandidate> {
    among(KEYS.iter().map(|key| format!("{}{behind}", key.name)), typed)
}

fn signal_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    among(signals::names(), typed)
}

/// Live programs by name and number; a path leads to sockets and recordings.
fn targets(typed: &OsStr) -> Vec<CompletionCandidate> {
    if typed.as_encoded_bytes().contains(&b'/') {
        return PathCompleter::file().complete(typed);
    }
    let processes = discover::processes();
    let tasks = |tasks: Option<u64>| tasks.map_or_else(String::new, |tasks| words::count(tasks, "task"));
    let pids = processes.iter().map(|it| {
        let help = format!("{} {}", words::harmless(&it.program), tasks(it.tasks));
        CompletionCandidate::new(it.pid.to_string()).help(Some(help.into()))
    });
    let names = processes.iter().filter(|it| !it.is_outside() && it.program == words::harmless(&it.program));
    let names = names.map(|it| CompletionCandidate::new(&it.program).help(Some(tasks(it.tasks).into())));
    names.chain(pids).filter(|candidate| begins_with(candidate.get_value(), typed)).collect()
}

/// The program that is meant, asked for this; `None` if it is not to be had.
fn asked(subscribe: Subscribe) -> Option<Session> {
    // With several words the first one is always the program.
    let target = typed_before().into_iter().next();
    let mut attached = Attached::to(&Target { target, token_file: None }).ok()?;
    attached.fetch(Subscribe { once: true, ..subscribe }).ok()?;
    Some(attached.session)
}

/// The words behind the command, but for the one that is being typed.
fn typed_before() -> Vec<String> {
    let typed = std::env::args().skip_while(|word| word != "--").skip(2);
    let mut words: Vec<_> = typed.filter(|word| !word.starts_with('-')).skip(1).collect();
    words.pop();
    words
}

/// The busiest tasks, each with its name or where it was spawned.
fn tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    let busiest = Subscribe { sort: "busy".to_owned(), limit: MOST, ..Subscribe::default() };
    let Some(session) = asked(busiest) else { return Vec::new() };
    let world = session.world();
    let candidates = world
        .tasks()
        .filter(|task| task.ended().is_none())
        .map(|task| CompletionCandidate::new(task.id().to_string()).help(Some(called(task, world).into())));
    candidates.filter(|candidate| begins_with(candidate.get_value(), typed)).collect()
}

fn called(task: &Task, world: &World) -> String {
    let place = || task.location().and_then(|it| world.location(it)).map(ToString::to_string);
    words::harmless(&task.name().map(str::to_owned).or_else(place).unwrap_or_default())
}

fn resources(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(session) = asked(Subscribe::default()) else { return Vec::new() };
    among(session.world().resources().iter().map(|(of, _)| of.id.to_string()), typed)
}

/// The program's own commands or values.
fn offered(typed: &OsStr, kind: OfferKind) -> Vec<CompletionCandidate> {
    let Some(session) = asked(Subscribe { limit: 1, ..Subscribe::default() }) else { return Vec::new() };
    // A name that is no word would be another command line.
    let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let offers = session.world().offers().filter(|offer| offer.kind == kind && is_word(&offer.name));
    let candidates =
        offers.map(|it| CompletionCandidate::new(&it.name).help(Some(words::harmless(&it.help).into())));
    candidates.filter(|candidate| begins_with(candidate.get_value(), typed)).collect()
}
