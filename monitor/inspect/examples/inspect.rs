//! Prints the tasks of a running tokio program, or of the dump of one: `inspect PID` or `inspect FILE`.
//! `--times` says instead how long that takes; `--cost`, what a look a second adds to the program's own time.

use std::process::ExitCode;
use taskscope_inspect::{Node, Snapshot, Target, Wait};

#[expect(clippy::print_stderr, reason = "what goes wrong is said there")]
fn main() -> ExitCode {
    let Some(program) = std::env::args().nth(1) else {
        eprintln!("usage: inspect PID|FILE [--times|--cost]");
        return ExitCode::from(2);
    };
    if std::env::args().any(|argument| argument == "--times") {
        return times(&program);
    }
    if let (true, Ok(pid)) = (std::env::args().any(|argument| argument == "--cost"), program.parse()) {
        return cost(pid);
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

/// The time that the program's threads ran, nanoseconds.
fn ran(pid: u32) -> u64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    let of_thread = |path: std::path::PathBuf| {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok()
    };
    threads.filter_map(|entry| of_thread(entry.ok()?.path())).sum()
}

/// In turn three seconds with a look each second and three without, for a program that always does the same, such as
/// `plain churn`. Medians, since other programs disturb it.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "this is what it is for")]
fn cost(pid: u32) -> ExitCode {
    const PAIRS: usize = 20;
    const LOOKS: u32 = 3;
    let Ok(mut target) = Target::attach(pid) else { return ExitCode::FAILURE };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        for (is_looked_at, times) in [(true, &mut with), (false, &mut without)] {
            let (before, begun) = (ran(pid), std::time::Instant::now());
            for _ in 0..LOOKS {
                if is_looked_at && target.snapshot().is_err() {
                    return ExitCode::FAILURE;
                }
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
            times.push((ran(pid) - before) as f64 / begun.elapsed().as_secs_f64());
        }
    }
    for (what, times) in [("with a look a second", &mut with), ("without", &mut without)] {
        times.sort_by(f64::total_cmp);
        let (low, middle, high) = (times[PAIRS / 4], times[PAIRS / 2], times[PAIRS * 3 / 4]);
        println!("{what}: {middle:.0} ns of its own a second, quartiles {low:.0} and {high:.0}");
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
