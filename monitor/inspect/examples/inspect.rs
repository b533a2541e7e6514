//! Prints the tasks of a running tokio program, or of the dump of one: `inspect PID` or `inspect FILE`.
//! `--times` says instead how long that takes.

use std::process::ExitCode;
use taskscope_inspect::{Node, Snapshot, Target, Wait};

#[expect(clippy::print_stderr, reason = "what goes wrong is said there")]
fn main() -> ExitCode {
    let Some(program) = std::env::args().nth(1) else {
        eprintln!("usage: inspect PID|FILE [--times]");
        return ExitCode::from(2);
    };
    if std::env::args().any(|argument| argument == "--times") {
        return times(&program);
    }
    let target = program.parse().map_or_else(|_| Target::core(&program), Target::attach);
    match target.and_then(|mut target| target.snapshot()) {
        Ok(snapshot) => print(&snapshot),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The first table, the debug information and all, then ten more.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "this is what it is for")]
fn times(program: &str) -> ExitCode {
    let begun = std::time::Instant::now();
    let target = program.parse().map_or_else(|_| Target::core(program), Target::attach);
    let first = target.and_then(|mut target| Ok((target.snapshot()?.tasks.len(), target)));
    let Ok((tasks, mut target)) = first else { return ExitCode::FAILURE };
    println!("{tasks} tasks, the first time in {:?}", begun.elapsed());
    for _ in 0..10 {
        let begun = std::time::Instant::now();
        let tasks = target.snapshot().map_or(0, |snapshot| snapshot.tasks.len());
        println!("{tasks} tasks again in {:?}", begun.elapsed());
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn print(snapshot: &Snapshot) {
    for task in &snapshot.tasks {
        let kind = task.kind.map_or_else(|| "?".to_owned(), |kind| kind.to_string());
        let name = task.future.as_ref().map_or("?", |name| &name.text);
        let cancelled = if task.cancelled { ", told to stop" } else { "" };
        println!("{} {kind} {:?}{cancelled} {name}", task.id, task.state);
        if let Some(spawn) = &task.spawned_at {
            println!("    spawned at {}:{}:{}", spawn.file, spawn.line, spawn.column);
        }
        for held in &task.holds {
            println!("    holds {} {:#x}", held.kind, held.address);
        }
        match (&task.awaits, &task.defined_at) {
            (Some(node), _) => print_node(snapshot, node, 2),
            (None, Some(defined)) => println!("    defined at {defined}"),
            (None, None) => {}
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn print_node(snapshot: &Snapshot, node: &Node, depth: usize) {
    let location = node.location.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
    let detail = node.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let wait = node.waits_for.as_ref().map(|wait| format!(": {}", words(snapshot, wait))).unwrap_or_default();
    println!("{:width$}{}{location}{detail}{wait}", "", node.function, width = depth * 2);
    for child in &node.children {
        print_node(snapshot, child, depth + 1);
    }
}

fn words(snapshot: &Snapshot, wait: &Wait) -> String {
    match wait {
        Wait::Time { deadline } => match snapshot.at {
            Some(now) if now < *deadline => format!("{} to go", deadline.since(now)),
            Some(now) => format!("due for {}", now.since(*deadline)),
            None => format!("until {}", deadline.0),
        },
        Wait::Resource { kind, address, granted } => {
            format!("{kind} {address:#x}{}", if *granted { ", granted" } else { "" })
        }
        Wait::Task { id: Some(id) } => format!("task {id}"),
        Wait::Io { descriptor: Some(descriptor), direction, socket } => {
            format!("descriptor {descriptor} {direction:?} {socket:?}")
        }
        other => format!("{other:?}"),
    }
}
