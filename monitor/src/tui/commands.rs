//! The one table of what can be typed behind `:`. A new command is a line here and a function in
//! [`effects`], or in a file beside it; help, completion and the list of docs/tui.md follow.

pub(super) mod calls;
mod complete;
mod effects;
mod replay;

use super::action::Effect;
use super::ui::Ui;
use taskscope_model::World;

/// What it does, with what stands behind its name.
///
/// # Errors
/// What is wrong with that, in a sentence for the person.
pub(super) type Run = fn(&mut Ui, &World, &str) -> Result<Effect, String>;

/// One command.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: &'static str,
    /// Short forms of it.
    pub(super) short: &'static [&'static str],
    /// What stands behind its name, as a person reads it; empty: nothing.
    pub(super) arguments: &'static str,
    /// What it does.
    pub(super) help: &'static str,
    /// What could stand behind its name.
    pub(super) complete: fn(&Ui, &World) -> Vec<String>,
    /// Does it.
    pub(super) run: Run,
}

impl Entry {
    /// Its name and what stands behind it.
    pub(super) fn usage(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }
}

const fn entry(
    name: &'static str,
    short: &'static [&'static str],
    arguments: &'static str,
    help: &'static str,
    complete: fn(&Ui, &World) -> Vec<String>,
    run: Run,
) -> Entry {
    Entry { name, short, arguments, help, complete, run }
}

/// Every command, in the order of the help screen.
pub(super) const COMMANDS: &[Entry] = &[
    entry(
        "where",
        &["w"],
        "TASK",
        "all about a task: where it comes from, where it waits",
        complete::tasks,
        effects::where_is,
    ),
    entry("cancel", &["ca"], "TASK...", "ask tasks to stop", complete::living, effects::cancel),
    entry(
        "trace",
        &[],
        "TASK",
        "poll a task once more for its stack of awaits",
        complete::living,
        effects::trace,
    ),
    entry(
        "stacktrace",
        &["st"],
        "",
        "the stacks of workers and blocking threads",
        complete::nothing,
        effects::stacktrace,
    ),
    entry("mode", &[], "on|log|debug", "switch what the agent does", complete::modes, effects::mode),
    entry(
        "limit",
        &["slow-poll"],
        "DURATION|off",
        "from this length on a poll is slow",
        complete::limits,
        effects::limit,
    ),
    entry(
        "call",
        &[],
        "NAME [ARGUMENTS]",
        "run a command that the program offers; its name alone does it too",
        calls::commands,
        calls::call,
    ),
    entry(
        "values",
        &[],
        "[NAME...]",
        "the values that the program offers",
        calls::value_names,
        calls::values,
    ),
    entry("signal", &[], "NAME", "send the program a signal", calls::signals, calls::signal),
    entry("filter", &["f"], "[QUERY]", "show only the tasks that match", complete::keys, effects::filter),
    entry("sort", &[], "KEY [reverse]", "order the tasks", complete::keys, effects::sort),
    entry(
        "tree",
        &[],
        "spawner|waits|off",
        "each task below the one that spawned it, or that it waits for",
        complete::trees,
        effects::tree,
    ),
    entry(
        "group",
        &[],
        "location|stack|off",
        "a line for all tasks that have this in common",
        complete::groups,
        effects::group,
    ),
    entry("ended", &[], "on|off", "ended tasks in the table too", complete::on_off, effects::ended),
    entry("pin", &[], "TASK...", "keep tasks at the top of the table", complete::tasks, effects::pin),
    entry("unpin", &[], "[TASK...]", "let go of them, or of all", complete::pinned, effects::unpin),
    entry("show", &[], "SCREEN", "bring a screen in front", complete::screens, effects::show),
    entry(
        "record",
        &[],
        "FILE|stop",
        "write what the program does to a file, from now on",
        replay::stop,
        replay::record,
    ),
    entry("play", &[], "", "play the recording, or go on", complete::nothing, replay::play),
    entry("pause", &[], "", "stand still in the recording", complete::nothing, replay::pause),
    entry("speed", &[], "NUMBER", "how fast to play: 0.5, 2, 60", replay::speeds, replay::speed),
    entry(
        "seek",
        &[],
        "TIME|+TIME|-TIME|start|end",
        "go to a moment of the recording, from its start or from here",
        replay::seeks,
        replay::seek,
    ),
    entry("finding", &[], "next|previous", "go to where something was found", replay::ways, replay::finding),
    entry("write", &[], "[FILE]", "write the rows to a file, as JSON", complete::nothing, effects::write),
    entry(
        "attach",
        &["a"],
        "PROGRAM|PID",
        "look at another process, with the same view",
        complete::processes,
        effects::attach,
    ),
    entry("processes", &["ls"], "", "choose another process", complete::nothing, effects::processes),
    entry(
        "theme",
        &[],
        "dark|light|16|none|ascii|unicode",
        "colours and signs",
        complete::themes,
        effects::theme,
    ),
    entry(
        "freeze",
        &[],
        "",
        "what is on the screen stays as it is, or goes on",
        complete::nothing,
        effects::freeze,
    ),
    entry("help", &["h"], "", "keys, commands and filters", complete::nothing, effects::help),
    entry("quit", &["q"], "", "quit", complete::nothing, effects::quit),
];

/// The command of that name or short form.
pub(super) fn named(name: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| entry.name == name || entry.short.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_means_two_things() {
        let mut seen = HashSet::new();
        for entry in COMMANDS {
            assert!(seen.insert(entry.name), "{}", entry.name);
            entry.short.iter().for_each(|short| assert!(seen.insert(short), "{short}"));
        }
    }
}
