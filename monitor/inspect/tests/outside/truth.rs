//! Every task of `plain` and every line on which one awaits, as its marker comments have them.

use crate::outside::expected::Expected;
use crate::outside::fixture::{Build, DEADLINE, Running};
use crate::outside::text;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;
use taskscope_inspect::{Node, Snapshot, Target, Task, Wait};
use taskscope_model::TaskId;
use taskscope_model::codes::TaskKind;

/// Label and id of each task that the program says it has spawned.
pub(crate) fn spawned(running: &mut Running, expected: &Expected) -> Vec<(String, TaskId)> {
    // There is one of each, but for two of these and three of those.
    let labels = expected.trees.keys().filter(|label| *label != "many");
    let all = labels.count() + 1 + 2;
    running.wait_for(|lines| lines.iter().filter(|line| line.starts_with("task ")).count() >= all);
    let pair = |line: &str| {
        let (id, label) = line.split_once(' ').expect("an id and a label");
        (label.to_owned(), id.parse().expect("an id"))
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
fn differences(expected: &Expected, spawned: &[(String, TaskId)], snapshot: &Snapshot) -> Result<(), String> {
    let mut seen: BTreeMap<TaskId, &Task> = snapshot.tasks.iter().map(|task| (task.id, task)).collect();
    let mut wrong = Vec::new();
    for (label, id) in spawned {
        let Some(task) = seen.remove(id) else {
            wrong.push(format!("{label} ({id}) is not seen"));
            continue;
        };
        let (tree, should) = (text::tree(expected, task.awaits.as_ref()), &expected.trees[label]);
        if tree != *should {
            wrong.push(format!("{label}: {tree}, should be {should}"));
        }
        let name = task.future.as_ref().map_or("", |name| &name.text);
        if name != expected.name(label) {
            wrong.push(format!("{label} is called {name}"));
        }
    }
    let (roots, others): (Vec<_>, Vec<_>) = seen.into_values().partition(|task| task.id.is_root());
    wrong.extend(others.iter().map(|task| format!("there is no {task:?}")));
    let mut roots: Vec<_> = roots.iter().map(|root| text::tree(expected, root.awaits.as_ref())).collect();
    roots.sort();
    let mut should: Vec<_> = expected.roots.values().cloned().collect();
    should.sort();
    if roots != should {
        wrong.push(format!("threads in block_on: {roots:?}, should be {should:?}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

#[test]
fn every_task_and_every_await_line_is_seen() {
    let expected = Expected::of("plain");
    let mut running = Build::BASE.start(&[]);
    let spawned = spawned(&mut running, &expected);
    let mut target = Target::attach(running.pid()).expect("it can be read");
    let snapshot = look(&mut target, |snapshot| differences(&expected, &spawned, snapshot));

    let of = |label: &str| {
        let ids = spawned.iter().filter(|(other, _)| other == label).map(|(_, id)| id);
        let tasks = ids.filter_map(|id| snapshot.tasks.iter().find(|task| task.id == *id));
        tasks.collect::<Vec<_>>()
    };
    let wait = |task: &Task| waits(task.awaits.as_ref().expect("it has a tree")).pop().expect("it waits");
    let said = |word: &str| running.said(word).next().expect("it says so").parse::<SocketAddr>().unwrap();

    assert_eq!(wait(of("awaits_task")[0]), Wait::Task { id: Some(of("awaited")[0].id) });
    assert_eq!(wait(of("locker")[0]), wait(of("locker")[1]), "they wait for the same lock");
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
fn waits(node: &Node) -> Vec<Wait> {
    node.waits_for.iter().cloned().chain(node.children.iter().flat_map(waits)).collect()
}
