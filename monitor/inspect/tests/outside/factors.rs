//! One factor of the build after the other: what can be seen is seen, and what cannot be is not made up.
//!
//! Each is a build of its own, so all but two run only with `--include-ignored`.

use crate::outside::expected::Expected;
use crate::outside::fixture::{Build, Running};
use crate::outside::truth::{differences, look, spawned};
use taskscope_inspect::{Snapshot, Sure, Target, Task};
use taskscope_model::TaskId;
use taskscope_model::codes::TaskKind;

/// What a build shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// All that the markers say.
    Everything,
    /// Names, and on which line an `async fn` begins.
    Beginnings,
    /// Names.
    Names,
    /// Ids and states.
    Tasks,
}

#[track_caller]
fn check(build: &Build, arguments: &[&str], shows: Shows) -> Snapshot {
    check_running(build.start(arguments), shows)
}

/// The same of one that was started.
#[track_caller]
pub(crate) fn check_running(mut running: Running, shows: Shows) -> Snapshot {
    let expected = Expected::of("plain");
    let spawned = spawned(&mut running, &expected);
    let mut target = Target::attach(running.pid()).expect("it can be read");
    look(&mut target, |snapshot| match shows {
        Shows::Everything => differences(&expected, &spawned, snapshot),
        _ => less(&expected, &spawned, snapshot, shows),
    })
}

/// Where the debug information is not enough for trees: they are missing, and so is all that would be a guess.
fn less(
    expected: &Expected,
    spawned: &[(String, Option<TaskId>)],
    snapshot: &Snapshot,
    shows: Shows,
) -> Result<(), String> {
    for (label, id) in spawned {
        let task = snapshot.tasks.iter().find(|task| Some(task.id) == *id);
        let task = task.ok_or_else(|| format!("{label} ({id:?}) is not seen"))?;
        let is_right = task.awaits.is_none() && name_is_right(&expected.name(label), task, shows);
        let begins = task.defined_at.as_ref().map(|place| (place.file.to_string(), place.line));
        let is_coroutine = !label.starts_with("blocking") && label != "in_a_box";
        if !is_right || (shows == Shows::Beginnings && is_coroutine) != begins.is_some() {
            return Err(format!("{label}: {task:?}"));
        }
    }
    let is_spawned = |task: &&Task| spawned.iter().any(|(_, id)| *id == Some(task.id));
    // Without names a runtime's workers cannot be told from other blocking tasks.
    let is_extra = |task: &&Task| !is_spawned(task) && !task.id.is_root();
    let mut extra = snapshot.tasks.iter().filter(is_extra);
    let wrong = extra.find(|task| shows != Shows::Tasks || task.kind != Some(TaskKind::BLOCKING));
    wrong.map_or(Ok(()), |task| Err(format!("there is no {task:?}")))
}

fn name_is_right(expected: &str, task: &Task, shows: Shows) -> bool {
    match &task.future {
        None => shows == Shows::Tasks,
        // Symbols call the state of an `async fn` a closure.
        Some(name) => {
            let plain =
                |text: &str| text.replace("{async block#", "{closure#").replace("{async fn#", "{closure#");
            let text = plain(&name.text);
            let text = text.strip_suffix("::{closure#0}").unwrap_or(&text);
            let should = plain(expected);
            let should = should.strip_suffix("::{closure#0}").unwrap_or(&should);
            // The compiler may have made one function of the two: that is why the name is only inferred.
            let twins = text.contains("::twin_") && should.contains("::twin_");
            shows != Shows::Tasks
                && name.sure == Sure::Inferred
                && (text == should || twins || should.contains('<'))
        }
    }
}

#[test]
fn one_thread() {
    check(&Build::BASE, &["current_thread"], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn dev() {
    check(&Build { profile: "dev", ..Build::BASE }, &[], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn limited_debug_information() {
    check(&Build { profile: "debug-1", ..Build::BASE }, &[], Shows::Beginnings);
}

#[test]
#[ignore = "a build of its own"]
fn line_tables() {
    check(&Build { profile: "line-tables", ..Build::BASE }, &[], Shows::Names);
}

#[test]
#[ignore = "a build of its own"]
fn symbols() {
    check(&Build { profile: "symbols", ..Build::BASE }, &[], Shows::Tasks);
}

#[test]
#[ignore = "a build of its own"]
fn symbols_that_spell_types_out() {
    let rustflags = "-Csymbol-mangling-version=v0";
    check(&Build { profile: "symbols", rustflags, ..Build::BASE }, &[], Shows::Names);
}

#[test]
#[ignore = "a build of its own"]
fn stripped() {
    check(&Build { profile: "stripped", ..Build::BASE }, &[], Shows::Tasks);
}

#[test]
#[ignore = "a build of its own"]
fn optimized_as_a_whole() {
    check(&Build { profile: "fat", ..Build::BASE }, &[], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn tokio_1_38() {
    check(&Build { tokio: Some("1.38.0"), features: &[], ..Build::BASE }, &[], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn tokio_1_45() {
    check(&Build { tokio: Some("1.45.0"), ..Build::BASE }, &[], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn tokio_unstable() {
    let build = Build { rustflags: "--cfg tokio_unstable", ..Build::BASE };
    let snapshot = check(&build, &[], Shows::Everything);
    let tasks = || snapshot.tasks.iter().filter(|task| !task.id.is_root());
    assert!(
        tasks().all(|task| task.spawned_at.is_some()),
        "{:?}",
        tasks().find(|it| it.spawned_at.is_none())
    );
    let helper = tasks().filter_map(|task| task.spawned_at.as_ref());
    assert!(
        helper.clone().any(|spawn| spawn.file == "plain/src/main.rs"),
        "{:?}",
        helper.collect::<Vec<_>>()
    );
}

#[test]
#[ignore = "a build of its own"]
fn jemalloc() {
    check(&Build { features: &["ids", "jemalloc"], ..Build::BASE }, &[], Shows::Everything);
}

#[test]
#[ignore = "a build of its own"]
fn mimalloc() {
    check(&Build { features: &["ids", "mimalloc"], ..Build::BASE }, &[], Shows::Everything);
}
