//! Scenarios as text: Changes in, findings out. One file for each detector, in `tests/scenarios/`.
//!
//! ```text
//! == what this shows
//! place 1 src/main.rs:12          names a location
//! at 5s                           time moves on
//! by console                      who tells what follows; the agent, if nothing is said
//! spawn 7 place=1                 a fact about task 7; see `facts.rs` for all of them
//! finds                           the findings then, all of them
//! > panic_unseen error x1 src/main.rs:12 since 5s tasks 7
//! > the message
//! >   - a line of evidence: given for all findings of the block, or for none
//! finds nothing
//! ```

use super::facts::facts;
use std::fmt::Write;
use std::path::Path;
use taskscope_model::world::Names;
use taskscope_model::{Change, Diagnosis, Finding, Source, World};

/// One of a file: what it shows, and its lines with their numbers.
struct Scenario<'a> {
    file: &'a str,
    title: &'a str,
    lines: Vec<(usize, &'a str)>,
}

#[test]
fn each_scenario_finds_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut wrong = Vec::new();
    let mut shown = 0;
    for entry in std::fs::read_dir(folder).expect("there are scenarios") {
        let path = entry.expect("the folder can be read").path();
        let text = std::fs::read_to_string(&path).expect("a scenario can be read");
        let file = path.file_name().expect("it is a file").to_string_lossy();
        for scenario in scenarios(&file, &text) {
            shown += 1;
            wrong.extend(play(&scenario));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(shown > 0);
}

fn scenarios<'a>(file: &'a str, text: &'a str) -> Vec<Scenario<'a>> {
    let mut all: Vec<Scenario<'a>> = Vec::new();
    for (number, line) in
        (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        match (line.strip_prefix("== "), all.last_mut()) {
            (Some(title), _) => all.push(Scenario { file, title, lines: Vec::new() }),
            (None, Some(scenario)) => scenario.lines.push((number, line)),
            (None, None) => panic!("{file}:{number}: stands before the first scenario"),
        }
    }
    all
}

/// What is wrong with it.
fn play(scenario: &Scenario<'_>) -> Vec<String> {
    let (mut world, mut diagnosis, mut wrong, mut looked) =
        (World::default(), Diagnosis::default(), vec![], false);
    let mut source = Source::AGENT;
    for (at, (number, line)) in scenario.lines.iter().enumerate() {
        let place = format!("{}:{number}: {}", scenario.file, scenario.title);
        if line.starts_with('>') {
            continue;
        }
        if let Some(name) = line.strip_prefix("by ") {
            source = teller(name).unwrap_or_else(|| panic!("{place}: {line}: nobody is called that"));
            continue;
        }
        let Some(rest) = line.strip_prefix("finds") else {
            for fact in facts(line, world.now()).unwrap_or_else(|error| panic!("{place}: {line}: {error}")) {
                let change = Change { source, fact };
                world.apply(&change);
                diagnosis.see(&world, &change);
            }
            continue;
        };
        looked = true;
        let expected = scenario.lines[at + 1..].iter().map_while(|(_, line)| line.strip_prefix('>'));
        let expected: String =
            expected.fold(String::new(), |text, line| text + line.strip_prefix(' ').unwrap_or(line) + "\n");
        assert_eq!(rest == " nothing", expected.is_empty(), "{place}: what is found?");
        let with_evidence = expected.contains("\n  - ");
        diagnosis.settle(&world);
        let reversed: Vec<_> = world.snapshot().into_iter().rev().collect();
        for (who, found) in [
            ("who was there from the start", report(&world, diagnosis.findings(), with_evidence)),
            ("who attached late", report(&world, Diagnosis::of(&world).findings(), with_evidence)),
            ("who is told the other way round", report(&world, seen(&reversed).findings(), with_evidence)),
        ] {
            if found != expected {
                wrong.push(format!("{place}\n  {who} finds\n{found}  and not\n{expected}"));
            }
        }
    }
    assert!(looked, "{}: {}: it never looks at the findings", scenario.file, scenario.title);
    wrong
}

fn teller(name: &str) -> Option<Source> {
    [("agent", Source::AGENT), ("console", Source::CONSOLE), ("outside", Source::OUTSIDE)]
        .into_iter()
        .find_map(|(known, source)| (known == name).then_some(source))
}

/// What is found after these Changes.
fn seen(changes: &[Change]) -> Diagnosis {
    let (mut world, mut diagnosis) = (World::default(), Diagnosis::default());
    for change in changes {
        world.apply(change);
        diagnosis.see(&world, change);
    }
    diagnosis.settle(&world);
    diagnosis
}

fn report<'a>(world: &World, findings: impl Iterator<Item = &'a Finding>, with_evidence: bool) -> String {
    let mut text = String::new();
    for finding in findings {
        for sentence in [&finding.message, &finding.advice] {
            assert!(!sentence.is_empty() && !sentence.ends_with('.'), "{sentence:?}");
        }
        let Finding { kind, severity, count, since, .. } = finding;
        let place = finding.location.and_then(|place| world.location(place));
        let place = place.map_or("nowhere".to_owned(), |place| format!("{}:{}", place.file, place.line));
        let tasks: String = finding.tasks.iter().map(|task| format!(" {task}")).collect();
        let tasks = if tasks.is_empty() { tasks } else { format!(" tasks{tasks}") };
        let head = format!("{kind} {severity} x{count} {place} since {}s{tasks}", since.0 as f64 / 1e9);
        writeln!(text, "{head}\n{}", finding.message).expect("a text takes all");
        for line in finding.evidence.iter().filter(|_| with_evidence) {
            writeln!(text, "  - {line}").expect("a text takes all");
        }
    }
    text
}
