//! The shape of the JSON of every command that has one: scripts rely on it.

use super::{code, fake, run};
use crate::cli::Cli;
use crate::fake::{FakeAgent, Script};
use crate::print::{Look, Output};
use clap::CommandFactory as _;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names and types, a line each; of a list what its items have in common, each name as often as it differs.
fn shape(json: &Value) -> String {
    let mut lines = BTreeMap::new();
    describe(json, "", &mut lines);
    let lines =
        lines.into_iter().map(|(path, types): (String, Vec<&str>)| format!("{path}: {}", types.join(" or ")));
    lines.collect::<Vec<_>>().join("\n")
}

fn describe(json: &Value, path: &str, lines: &mut BTreeMap<String, Vec<&'static str>>) {
    let kind = match json {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(items) => {
            items.iter().for_each(|item| describe(item, &format!("{path}[]"), lines));
            "list"
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                // Which topics there are is the program's affair.
                let name = if path == ".coverage" { "TOPIC" } else { name };
                describe(field, &format!("{path}.{name}"), lines);
            }
            "object"
        }
    };
    let kinds = lines.entry(path.to_owned()).or_default();
    if !kinds.contains(&kind) {
        kinds.push(kind);
        kinds.sort_unstable();
    }
}

/// The JSON that a command prints, whatever its exit code.
fn json(words: &[&str]) -> Value {
    let text = Output::collect(Look::default(), |out| {
        code(words, out).unwrap_or_else(|error| panic!("{words:?}: {error:?}"));
    });
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
}

/// Commands of which a test elsewhere pins it: what they print depends on the system.
const ELSEWHERE: &[&str] = &["ls", "signal"];

#[test]
fn every_json_has_its_shape() {
    let echo = FakeAgent::start(Script::Serve(Box::new(fake::hello()), fake::offers()));
    let orders = FakeAgent::order_server(taskscope_model::hello::Rights::ALL);
    let locks = FakeAgent::start(Script::Serve(Box::new(fake::hello()), fake::locks()));
    let ends = FakeAgent::start(Script::ServeAndEnd { goodbye: true });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording");
    let (echo, orders, locks, file) = (echo.path(), orders.path(), locks.path(), file.to_str().unwrap());
    let all: &[&[&str]] = &[
        &["ps", orders, "--ended"],
        &["ps", orders, "--group"],
        &["ps", orders, "--group=stack"],
        &["where", orders, "20"],
        &["where", orders, "33"],
        &["cancel", orders, "20"],
        &["findings", orders],
        &["check", orders, "--for", "1ms"],
        &["stacktrace", echo],
        &["runtime", echo],
        &["resources", locks, "--internal", "--dropped"],
        &["resource", locks, "7"],
        &["commands", echo],
        &["call", echo, "flush"],
        &["values", echo],
        &["record", ends.path(), "-o", file],
        &["mode", echo, "debug"],
        &["slow-poll", echo, "20ms"],
        &["doctor", echo],
    ];
    let mut text = String::new();
    for words in all {
        let told = json(&[words, &["--json"][..]].concat());
        let options = words[1..].iter().filter(|word| word.starts_with("--g") || word.parse::<u32>().is_ok());
        let name: Vec<_> = [words[0]].into_iter().chain(options.copied()).collect();
        text.push_str(&format!("{}\n{}\n\n", name.join(" "), shape(&told)));
    }
    insta::assert_snapshot!("shapes", text);

    let command = Cli::command();
    let has_json = |it: &&clap::Command| it.get_arguments().any(|arg| arg.get_long() == Some("json"));
    for command in command.get_subcommands().filter(has_json) {
        let name = command.get_name();
        let here = all.iter().any(|words| words[0] == name);
        assert!(here || ELSEWHERE.contains(&name), "nothing pins the JSON of `{name}`");
    }
}

#[test]
fn a_programs_own_commands_and_values_as_text() {
    let agent = FakeAgent::start(Script::Serve(Box::new(fake::hello()), fake::offers()));
    for words in
        [&["commands", agent.path()][..], &["call", agent.path(), "flush"], &["values", agent.path()]]
    {
        let text = run(words);
        assert!(
            ["write caches", "flushed 3 caches", "7 of 10"].iter().any(|part| text.contains(part)),
            "{text}"
        );
    }
}
