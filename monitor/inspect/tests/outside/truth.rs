//! Every task of `plain` and every line on which one awaits, as its marker comments have them.

use crate::outside::expected::Expected;
use crate::outside::fixture::{Build, DEADLINE, Running};
use crate::outside::text;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;
use taskscope_inspect::{Node, ResourceKind, Snapshot, Target, Task, Wait};
use taskscope_model::TaskId;
use taskscope_model::codes::TaskKind;

/// Label and id of each task that the program says it has spawned; no id where its tokio does not tell it.
pub(crate) fn spawned(running: &mut Running, expected: &Expected) -> Vec<(String, Option<TaskId>)> {
    // There is one of each, but for two of these and three of those; and one does not run on a single thread.
    let labels = expected.trees.keys().filter(|label| !["many", "running"].contains(&label.as_str()));
    let all = labels.count() + 1 + 2;
    let is_other = |line: &&String| line.starts_with("task ") && !line.ends_with(" running");
    running.wait_for(|lines| lines.iter().filter(is_other).count() >= all);
    let pair = |line: &str| {
        let (id, label) = line.split_once(' ').expect("an id and a label");
        (label.to_owned(), id.parse().ok())
    };
    running.said("task").map(pair).collect()
}

/// Looks until everything is as expected, or for long enough.
#[expect(clippy::disallowed_methods, reason = "a deadline")]
pub(crate) fn look(target: &mut Target, good: impl Fn(&Snapshot) -> Result<(), String>) -> Snapshot {
    let begun = Instant::now();
    loop {
        let snapshot = target.snapshot().expect("it can be read");
        match good(&snapshot) {
            Ok(()) => return snapshot,
            Err(why) if begun.elapsed() > DEADLINE / 3 => panic!("{why}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// What is seen differently from what the markers say.
pub(crate) fn differences(
    expected: &Expected,
    spawned: &[(String, Option<TaskId>)],
    snapshot: &Snapshot,
) -> Result<(), String> {
    let text = |id: Option<TaskId>, name: &str, tree: &str| {
        let id = id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        format!("{id} {name}: {tree}")
    };
    let should = spawned.iter().map(|(label, id)| text(*id, &expected.name(label), &expected.trees[label]));
    let tells_ids = spawned.iter().all(|(_, id)| id.is_some());
    let (roots, tasks): (Vec<_>, Vec<_>) = snapshot.tasks.iter().partition(|task| task.id.is_root());
    let is = tasks.iter().map(|task| {
        let name = task.future.as_ref().map_or("", |name| &name.text);
        text(tells_ids.then_some(task.id), name, &text::tree(expected, task.awaits.as_ref()))
    });
    let roots = roots.iter().map(|root| text::tree(expected, root.awaits.as_ref()));
    let roots_should = expected.roots.values().cloned();
    let wrong = [compare(is, should), compare(roots, roots_should)].concat();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// What is in only one of two collections.
pub(crate) fn compare(is: impl Iterator<Item = String>, should: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    is.for_each(|text| *counts.entry(text).or_default() += 1);
    should.for_each(|text| *counts.entry(text).or_default() -= 1);
    let differ = counts.into_iter().filter(|(_, count)| *count != 0);
    differ.map(|(text, count)| format!("{} {text}", if count > 0 { "seen:  " } else { "should:" })).collect()
}

#[test]
fn every_task_and_every_await_line_is_seen() {
    let expected = Expected::of("plain");
    let mut running = Build::BASE.start(&[]);
    let spawned = spawned(&mut running, &expected);
    let mut target = Target::attach(running.pid()).expect("it can be read");
    let snapshot = look(&mut target, |snapshot| differences(&expected, &spawned, snapshot));

    let of = |label: &str| {
        let ids = spawned.iter().filter(|(other, _)| other == label).filter_map(|(_, id)| *id);
        let tasks = ids.filter_map(|id| snapshot.tasks.iter().find(|task| task.id == id));
        tasks.collect::<Vec<_>>()
    };
    let wait = |task: &Task| waits(task.awaits.as_ref().expect("it has a tree")).pop().expect("it waits");
    let said = |word: &str| running.said(word).next().expect("it says so").parse::<SocketAddr>().unwrap();

    assert_eq!(wait(of("awaits_task")[0]), Wait::Task { id: Some(of("awaited")[0].id) });
    assert_eq!(wait(of("locker")[0]), wait(of("locker")[1]), "they wait for the same lock");
    let holds =
        |label: &str| of(label)[0].holds.iter().map(|held| (held.kind, held.address)).collect::<Vec<_>>();
    let waits_for = |label: &str| match wait(of(label)[0]) {
        Wait::Resource { address, .. } => address,
        other => panic!("{label} waits for {other:?}"),
    };
    assert_eq!(holds("holder"), [(ResourceKind::Mutex, waits_for("locker"))]);
    assert_eq!(holds("writer"), [(ResourceKind::RwLockWrite, waits_for("reader"))]);
    assert_eq!(snapshot.tasks.iter().filter(|task| !task.holds.is_empty()).count(), 2);
    assert_eq!(wait(of("set_owner")[0]), Wait::Tasks { count: 3 });
    let Wait::Io { socket: Some(socket), .. } = wait(of("socket")[0]) else {
        panic!("it waits for a socket")
    };
    assert_eq!(socket.peer, Some(said("silent")));
    let Wait::Io { socket: Some(socket), .. } = wait(of("acceptor")[0]) else {
        panic!("it waits for a socket")
    };
    assert_eq!((socket.local, socket.peer), (Some(said("address")), None));
    let Wait::Time { deadline } = wait(of("holder")[0]) else { panic!("it sleeps") };
    let left = deadline.since(snapshot.at.expect("it lives")).0 / 1_000_000_000;
    assert!((86_000..=86_400).contains(&left), "{left} s to go");
    assert_eq!(of("blocking")[0].kind, Some(TaskKind::BLOCKING));
    assert_eq!(of("local")[0].kind, Some(TaskKind::LOCAL));
    assert_ne!(of("local")[0].owner, of("holder")[0].owner);
}

/// All that is waited for below a node.
pub(crate) fn waits(node: &Node) -> Vec<Wait> {
    node.waits_for.iter().cloned().chain(node.children.iter().flat_map(waits)).collect()
}
