//! The record protocol under the model checker, with tiny nodes: one bit a level, two records a chunk.
//!
//! `RUSTFLAGS="--cfg taskscope_loom" cargo test -p taskscope-agent --lib --release loom`

use super::{Index, Inserted, Near, Record, Seed, Slab, Touched};
use crate::sync::Ordering;
use loom::sync::Arc;
use loom::thread;
use taskscope_model::codes::TaskKind;

/// Every interleaving with at most three forced switches, which is where nearly all errors of this kind show;
/// without a bound the index's tests do not end in an hour.
fn model(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 20_000;
    builder.check(test);
}

fn seed(id: u64) -> Seed {
    let (spawned, parent) = (id * 10, id * 10);
    Seed {
        id,
        kind: TaskKind::ASYNC,
        runtime: 0,
        location: id as u32,
        chain: 0,
        parent,
        spawned,
        extension: 0,
    }
}

fn record(slab: &Slab, id: u64) -> &'static Record {
    let mut free = Vec::new();
    slab.take(&mut free, 1);
    let record = free.pop().unwrap();
    record.fill(&seed(id), 0);
    record
}

/// (b): creation and end race; whoever comes second frees the record, exactly one of them.
#[test]
fn creation_and_end_meet_on_the_entry() {
    model(|| {
        let index = Arc::new(Index::new());
        let slab = Slab::new();
        let record = record(&slab, 1);
        let ending = {
            let index = Arc::clone(&index);
            thread::spawn(move || index.remove(1).is_some_and(Record::end))
        };
        let freed_here = match index.insert(&Near::new(), 1, record) {
            Inserted::Yes => false,
            Inserted::AlreadyEnded => record.end(),
            Inserted::Impossible => panic!("nothing else was inserted"),
        };
        let freed_there = ending.join().unwrap();
        assert!(freed_here != freed_there, "here {freed_here}, there {freed_there}");
        assert!(index.find(1).is_none());
        assert!(record.copy(1).is_none());
    });
}

/// (g): a leaf goes while another thread inserts into it, or looks one of its ids up.
#[test]
fn a_leaf_is_recycled_under_an_insert() {
    model(|| {
        let index = Arc::new(Index::new());
        let slab = Slab::new();
        let (first, late) = (record(&slab, 2), record(&slab, 3));
        let (newer, newest) = (record(&slab, 4), record(&slab, 5));
        assert_eq!(index.insert(&Near::new(), 2, first), Inserted::Yes);
        let other = {
            let index = Arc::clone(&index);
            // Makes the leaf of 2 and 3 passed, and empties it; its count stays with the thread until that comes to
            // another leaf.
            thread::spawn(move || {
                let near = Near::new();
                assert_eq!(index.insert(&near, 4, newer), Inserted::Yes);
                assert!(index.remove_known(&near, 2, first).is_some());
                assert_eq!(index.insert(&near, 5, newest), Inserted::Yes);
            })
        };
        let near = Near::new();
        // The leaf that is remembered here may be recycled a moment later.
        let _ = index.find_near(&near, 2);
        assert_eq!(index.insert(&near, 3, late), Inserted::Yes);
        assert!(std::ptr::eq(index.find_near(&near, 3).unwrap(), late));
        other.join().unwrap();
        assert!(std::ptr::eq(index.find_near(&near, 3).unwrap(), late));
        assert!(index.find_near(&near, 2).is_none());
        assert!(index.find(2).is_none());
        assert!(std::ptr::eq(index.find(3).unwrap(), late));
        assert!(std::ptr::eq(index.find(4).unwrap(), newer));
        assert!(std::ptr::eq(index.find(5).unwrap(), newest));
        assert!(index.remove(3).is_some());
        assert!(index.find(3).is_none());
    });
}

/// A thread fills an entry with the count of one that it has emptied, while another empties its own: no leaf goes while
/// somebody counts on it, and what is found is right.
#[test]
fn a_count_is_used_again() {
    model(|| {
        let index = Arc::new(Index::new());
        let slab = Slab::new();
        let (first, second) = (record(&slab, 2), record(&slab, 3));
        assert_eq!(index.insert(&Near::new(), 2, first), Inserted::Yes);
        assert_eq!(index.insert(&Near::new(), 3, second), Inserted::Yes);
        let other = {
            let (index, newer) = (Arc::clone(&index), record(&slab, 4));
            thread::spawn(move || {
                let near = Near::new();
                assert!(index.remove_known(&near, 3, second).is_some());
                assert_eq!(index.insert(&near, 4, newer), Inserted::Yes);
            })
        };
        let near = Near::new();
        assert!(index.remove_known(&near, 2, first).is_some());
        // The leaf may be passed by now, and hold nothing but this thread's count.
        assert_eq!(index.insert(&near, 2, first), Inserted::Yes);
        assert!(std::ptr::eq(index.find(2).unwrap(), first));
        other.join().unwrap();
        assert!(std::ptr::eq(index.find(2).unwrap(), first));
        assert!(index.find(3).is_none() && index.find(4).is_some());
    });
}

/// (c): the end of a task that was never created leaves nothing that a later task could trip over.
#[test]
fn a_tombstone_goes_with_its_leaf() {
    model(|| {
        let index = Arc::new(Index::new());
        let slab = Slab::new();
        let (newer, last) = (record(&slab, 4), record(&slab, 6));
        let stray = {
            let index = Arc::clone(&index);
            thread::spawn(move || assert!(index.remove(3).is_none()))
        };
        assert_eq!(index.insert(&Near::new(), 4, newer), Inserted::Yes);
        assert_eq!(index.insert(&Near::new(), 6, last), Inserted::Yes);
        stray.join().unwrap();
        assert!(std::ptr::eq(index.find(4).unwrap(), newer));
        assert!(std::ptr::eq(index.find(6).unwrap(), last));
    });
}

/// A reader copies while the task ends and its record becomes another task's: it sees the one or the other
/// whole, or nothing.
#[test]
fn a_copy_is_of_one_task() {
    model(|| {
        let slab = Slab::new();
        let record = record(&slab, 1);
        let writer = thread::spawn(move || {
            assert!(record.end());
            record.fill(&seed(2), 0);
        });
        // Two fields are enough for a tear; the choices of each relaxed load multiply.
        let fields = |record: &Record| {
            (record.id.load(Ordering::Relaxed), record.rest().parent.load(Ordering::Relaxed))
        };
        if let Some((id, parent)) = record.read(fields) {
            assert!(id == 1 || id == 2);
            assert_eq!(parent, id * 10);
        }
        writer.join().unwrap();
        assert_eq!(record.copy(1).unwrap().seed, seed(2));
    });
}

/// (e): a touched record is seen by the collector with what was written before it was listed, and a task
/// that ends while it is taken off the list is freed by exactly one side.
#[test]
fn a_touched_record_is_seen_and_freed_once() {
    model(|| {
        let slab = Arc::new(Slab::new());
        let touched = Arc::new(Touched::new());
        let record = record(&slab, 1);
        let task = {
            let touched = Arc::clone(&touched);
            thread::spawn(move || {
                record.polls.store(1, Ordering::Relaxed);
                touched.push(record);
                touched.push(record);
                record.end()
            })
        };
        let (mut seen, mut freed) = (0, 0);
        touched.drain(
            &slab,
            |record| {
                seen += 1;
                assert_eq!(record.polls.load(Ordering::Relaxed), 1);
            },
            |_| freed += 1,
        );
        let freed_there = task.join().unwrap();
        touched.drain(&slab, |_| seen += 1, |_| freed += 1);
        assert!(seen + freed <= 2);
        assert_eq!(freed + u32::from(freed_there), 1, "freed by exactly one side");
        assert!(record.copy(1).is_none());
    });
}

/// Two threads take and give records at once: nobody gets one twice.
#[test]
fn records_are_handed_out_once() {
    model(|| {
        let slab = Arc::new(Slab::new());
        let take = |slab: &Slab| {
            let mut free = Vec::new();
            slab.take(&mut free, 1);
            free.pop().map(Record::slot)
        };
        let other = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || take(&slab))
        };
        let here = take(&slab);
        let there = other.join().unwrap();
        assert_ne!(here, there);
    });
}
