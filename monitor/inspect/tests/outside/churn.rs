//! Tasks that come and go while others are read: the others are always there, and no others than there are.

use crate::outside::expected::Expected;
use crate::outside::fixture::{Build, DEADLINE};
use crate::outside::text;
use crate::outside::truth::spawned;
use std::collections::BTreeSet;
use std::time::Instant;
use taskscope_inspect::{Target, Task};
use taskscope_model::TaskId;

const READS: usize = 100;
/// The program keeps this many alive at once, and spawns the next ones when all of them have ended. So what lives
/// at one moment has ids that are near each other; the span leaves room for the moment in which they are read.
const ALIVE: usize = 100;
const SPAN: u64 = 1_000;

#[test]
#[expect(clippy::disallowed_methods, reason = "a deadline")]
fn long_lived_tasks_are_in_every_read_and_ended_ones_in_none() {
    let expected = Expected::of("plain");
    let mut running = Build::BASE.start(&["churn"]);
    let spawned = spawned(&mut running, &expected);
    let mut target = Target::attach(running.pid()).expect("it can be read");
    let (mut seen, mut last) = (BTreeSet::new(), 0);
    let begun = Instant::now();
    for read in 0.. {
        // On a busy machine the program may not get far meanwhile.
        if read >= READS && (seen.len() > READS || begun.elapsed() > DEADLINE) {
            break;
        }
        let snapshot = target.snapshot().expect("it can be read");
        let (short, others): (Vec<&Task>, Vec<&Task>) =
            snapshot.tasks.iter().filter(|task| !task.id.is_root()).partition(|task| is_short(task));
        let others: Vec<_> = others.iter().map(|task| describe(&expected, task)).collect();
        let should = spawned.iter().filter_map(|(label, id)| {
            Some((id.as_ref()?.0, expected.name(label), expected.trees.get(label)?.clone()))
        });
        let mut should: Vec<_> = should.collect();
        should.sort();
        assert_eq!(others, should, "read {read}");

        let ids: Vec<u64> = short.iter().map(|task| task.id.0).collect();
        let (first, newest) = (ids.iter().min().copied(), ids.iter().max().copied());
        assert!(ids.len() <= ALIVE, "read {read}: {} at once", ids.len());
        assert!(newest.unwrap_or(0) - first.unwrap_or(0) < SPAN, "read {read}: {first:?} to {newest:?}");
        assert!(newest.is_none_or(|newest| newest + SPAN > last), "read {read}: {newest:?} after {last}");
        last = last.max(newest.unwrap_or(0));
        seen.extend(ids);
    }
    assert!(seen.len() > READS, "they come and go: {}", seen.len());
}

fn is_short(task: &Task) -> bool {
    task.future.as_ref().is_some_and(|name| &*name.text == "plain::churn::short")
}

fn describe(expected: &Expected, task: &Task) -> (u64, String, String) {
    let TaskId(id) = task.id;
    let name = task.future.as_ref().map_or(String::new(), |name| name.text.to_string());
    (id, name, text::tree(expected, task.awaits.as_ref()))
}
