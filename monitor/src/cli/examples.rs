//! Examples for the help of each command. A test parses every line of them.

use std::fmt::Write as _;

/// Of each command some lines, and what each is for. The nameless one is `taskscope` itself.
const ALL: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("taskscope", "the only live program, or a list to choose from"),
            ("taskscope my-server", "the one of that name"),
            ("taskscope ps my-server -s busy", "its tasks as text, the busiest first"),
            ("taskscope run --check -- cargo run", "start it, and fail if anything is wrong"),
        ],
    ),
    (
        "attach",
        &[
            ("taskscope attach 4711", "the process of that number"),
            ("taskscope attach tcp://10.0.0.7:6670", "one on another host"),
        ],
    ),
    ("ls", &[("taskscope ls", "what runs here"), ("taskscope ls --json", "the same for a script")]),
    (
        "ps",
        &[
            ("taskscope ps", "the live tasks of the only program"),
            ("taskscope ps my-server -s busy -n 10", "the ten that took the most time"),
            ("taskscope ps -f 'idle>30s -name:keeper'", "idle for long, but for some"),
            ("taskscope ps --tree", "who spawned whom"),
            ("taskscope ps --group=stack", "where how many of them wait"),
        ],
    ),
    (
        "where",
        &[
            ("taskscope where 42", "task 42 of the only program"),
            ("taskscope where my-server 42 --stack", "with its native stack of awaits"),
        ],
    ),
    (
        "cancel",
        &[
            ("taskscope cancel 42", "task 42 of the only program"),
            ("taskscope cancel my-server 42 43", "two tasks of that one"),
        ],
    ),
    (
        "findings",
        &[
            ("taskscope findings", "all that is worth knowing"),
            ("taskscope findings --min warning", "what is wrong"),
            ("taskscope findings my-server --follow", "what changes, until it ends"),
        ],
    ),
    (
        "check",
        &[
            ("taskscope check my-server --for 30s", "fails from a warning on"),
            ("taskscope check 4711 --fail-on error", "fails at errors alone"),
            ("taskscope check a.tsrec --fail-on-kind task_leak", "a recording, one kind too"),
        ],
    ),
    (
        "run",
        &[
            ("taskscope run -- cargo run", "what was wrong, when it has ended"),
            ("taskscope run --check -- ./my-tests", "fails if anything was"),
            ("taskscope run --attach -- ./my-server", "the TUI on it"),
        ],
    ),
    (
        "stacktrace",
        &[
            ("taskscope stacktrace", "of the only program"),
            ("taskscope stacktrace 4711 --json", "for a script"),
        ],
    ),
    (
        "runtime",
        &[
            ("taskscope runtime", "of the only program"),
            ("taskscope runtime my-server --json", "for a script"),
        ],
    ),
    (
        "resources",
        &[
            ("taskscope resources http://127.0.0.1:6669", "of a program with console-subscriber"),
            ("taskscope resources vsock:3:6669", "of one in the virtual machine 3"),
            ("taskscope resources my-server --dropped", "with those that are gone"),
        ],
    ),
    ("resource", &[("taskscope resource http://127.0.0.1:6669 7", "the resource 7, and who waits for it")]),
    ("commands", &[("taskscope commands my-server", "what can be given to `call`")]),
    (
        "call",
        &[
            ("taskscope call flush", "of the only program"),
            ("taskscope call my-server flush -- --now", "with an argument"),
        ],
    ),
    (
        "values",
        &[
            ("taskscope values", "all of the only program"),
            ("taskscope values my-server pool", "one of them"),
        ],
    ),
    (
        "signal",
        &[
            ("taskscope signal my-server TERM", "ask it to end"),
            ("taskscope signal 4711 SIGUSR1", "what it does then is its own affair"),
        ],
    ),
    (
        "record",
        &[
            ("taskscope record -o a.tsrec", "until Ctrl-C"),
            ("taskscope record my-server -o a.tsrec --for 30s", "for half a minute"),
        ],
    ),
    (
        "replay",
        &[
            ("taskscope replay a.tsrec", "on the screen"),
            ("taskscope ps ./a.tsrec", "how it stood at its end"),
        ],
    ),
    ("mode", &[("taskscope mode debug", "the only program"), ("taskscope mode my-server on", "and back")]),
    (
        "slow-poll",
        &[
            ("taskscope slow-poll 20ms", "of the only program"),
            ("taskscope slow-poll my-server off", "none is slow"),
        ],
    ),
    ("doctor", &[("taskscope doctor my-server", "what is missing, and how to get it")]),
    ("demo", &[("taskscope demo", "nothing else is needed")]),
    (
        "completions",
        &[
            ("taskscope completions fish > ~/.config/fish/completions/taskscope.fish", ""),
            ("taskscope completions bash > ~/.local/share/bash-completion/completions/taskscope", ""),
            ("taskscope completions zsh > ~/.zfunc/_taskscope", ""),
        ],
    ),
    ("man", &[("taskscope man ps | man -l -", "the page of one command")]),
];

/// The part of a command's help; empty if there are none.
pub(super) fn of(command: &str) -> String {
    let Some((_, examples)) = ALL.iter().find(|(name, _)| *name == command) else { return String::new() };
    let widest = examples.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
    let mut text = "Examples:".to_owned();
    for (line, what) in *examples {
        let row = format!("{line:widest$}  {what}");
        // Writing to a text cannot fail.
        let _ = write!(text, "\n  {}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::cli::Cli;
    use clap::{CommandFactory as _, Parser as _};

    /// As a shell reads it, up to where it goes to a file or another program.
    fn words(line: &str) -> Vec<&str> {
        let quoted = line.split('\'').enumerate();
        let words = quoted.flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        words.take_while(|word| !matches!(*word, ">" | "|")).collect()
    }

    #[test]
    fn every_command_has_examples_that_work() {
        let command = Cli::command();
        let of_all = command.get_subcommands().map(clap::Command::get_name);
        for name in of_all.chain([""]) {
            let (_, examples) =
                ALL.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("no examples of `{name}`"));
            let help = command.find_subcommand(name).unwrap_or(&command).get_after_help();
            let help = help.map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n  taskscope"), "{name}: {help}");
            for (line, what) in *examples {
                assert!(help.contains(line) && help.contains(what), "{name}: {help}");
                let parsed = Cli::try_parse_from(words(line));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                let leads_to = words(line).get(1).copied().unwrap_or_default();
                // A command may also tell of what goes with it.
                assert!(line.starts_with("taskscope") && (examples.len() > 1 || leads_to == name), "{line}");
            }
        }
        assert_eq!(ALL.len(), command.get_subcommands().count() + 1, "examples of what is no command");
    }
}
