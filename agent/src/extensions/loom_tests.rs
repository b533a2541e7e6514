//! The extension protocol under the model checker.
//!
//! `RUSTFLAGS="--cfg taskscope_loom" cargo test -p taskscope-agent --lib --release loom`

use super::deposit::{Deposit, Found};
use super::extension::mark;
use super::{Description, Extension, Extensions, FutureType, Grip, Handled, Hold};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use taskscope_model::codes::{HandleState, Outcome};

fn model(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 20_000;
    builder.check(test);
}

fn description(place: u32) -> Description {
    let handled = Handled { state: HandleState::HELD, at: 8 };
    Description { future: FutureType::of::<()>(), handled, record: place, place, set: None }
}

fn filled(all: &Extensions) -> Grip {
    let mut free = Vec::new();
    all.take(&mut free, 1);
    free.pop().unwrap().fill(&description(1))
}

/// A value of which there is to be one less when it is dropped.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A deposit is filled by who has the handle, looked at by a guest, and both and the task let go: the last one drops what is
/// in it, once.
#[test]
fn a_deposit_keeps_nothing() {
    model(|| {
        let all = Extensions::new();
        let grip = filled(&all);
        let count = Arc::new(AtomicUsize::new(0));
        let deposit = Arc::new(Deposit::empty());
        let spawner = {
            let (deposit, value) = (Arc::clone(&deposit), Counted::new(&count));
            thread::spawn(move || {
                deposit.leave(value);
                if !grip.go_first(Hold::Handle) && grip.let_go_last(Hold::Handle) {
                    deposit.clear();
                }
            })
        };
        let server = {
            let deposit = Arc::clone(&deposit);
            thread::spawn(move || {
                let Some(guest) = grip.visit() else { return };
                drop(deposit.get());
                if guest.leave() {
                    deposit.clear();
                }
            })
        };
        if !grip.go_first(Hold::Task) && grip.let_go(Hold::Task) {
            deposit.clear();
        }
        spawner.join().unwrap();
        server.join().unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 0);
    });
}

/// Task and handle let go at once: one of them is the last, knows what the other has written, and gives it back.
#[test]
fn the_last_one_knows_both_sides() {
    model(|| {
        let all = Extensions::new();
        let grip = filled(&all);
        let last = |grip: Grip, hold| {
            if grip.go_first(hold) {
                return 0;
            }
            assert_eq!(grip.extension.outcome(), Outcome::PANICKED);
            assert_eq!(grip.extension.handled().state, HandleState::DROPPED);
            let last = if hold == Hold::Handle { grip.let_go_last(hold) } else { grip.let_go(hold) };
            assert!(last, "nobody else is there");
            1
        };
        let handle = thread::spawn(move || {
            grip.extension.set_handled(Handled { state: HandleState::DROPPED, at: 16 });
            last(grip, Hold::Handle)
        });
        grip.extension.set_outcome(Outcome::PANICKED);
        let here = last(grip, Hold::Task);
        assert_eq!(here + handle.join().unwrap(), 1);
    });
}

/// A guest comes while the others go: the extension is given back once, and not while the guest is there.
#[test]
fn a_guest_keeps_the_extension() {
    model(|| {
        let all = Extensions::new();
        let grip = filled(&all);
        let given_back = Arc::new(AtomicUsize::new(0));
        let guest = {
            let given_back = Arc::clone(&given_back);
            thread::spawn(move || {
                let Some(guest) = grip.visit() else { return };
                assert_eq!(given_back.load(Ordering::Relaxed), 0);
                assert_eq!(grip.extension.place(), 1);
                if guest.leave() {
                    given_back.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        assert!(grip.go_first(Hold::Task));
        assert!(!grip.go_first(Hold::Handle));
        if grip.let_go_last(Hold::Handle) {
            given_back.fetch_add(1, Ordering::Relaxed);
        }
        guest.join().unwrap();
        assert_eq!(given_back.load(Ordering::Relaxed), 1);
        assert!(grip.visit().is_none());
    });
}

/// A reader without a hold sees one task's fields or nothing.
#[test]
fn what_is_read_is_of_one_task() {
    model(|| {
        let all = Extensions::new();
        let grip = filled(&all);
        let writer = thread::spawn(move || {
            assert!(grip.go_first(Hold::Handle) && !grip.go_first(Hold::Task));
            assert!(grip.let_go(Hold::Task));
            grip.extension.fill(&description(2));
        });
        if let Some((place, record)) = grip.read(|extension| (extension.place(), extension.record())) {
            assert_eq!((place, record), (1, 1));
        }
        writer.join().unwrap();
        assert!(grip.read(Extension::place).is_none());
        assert_eq!(grip.extension.grip().read(Extension::place), Some(2));
    });
}

/// The wrapper is dropped while its spawner binds the record: one of them ends it.
#[test]
fn a_kept_record_is_ended_once() {
    model(|| {
        let all = Extensions::new();
        let grip = filled(&all);
        let wrapper = thread::spawn(move || {
            let before = grip.extension.mark(mark::DROPPED);
            usize::from(before & mark::KEPT != 0)
        });
        let before = grip.extension.mark(mark::KEPT);
        let here = usize::from(before & mark::DROPPED != 0);
        assert_eq!(here + wrapper.join().unwrap(), 1);
    });
}

/// The server wants to abort while the spawner leaves the abort handle: one of them does.
#[test]
fn an_abort_is_not_lost() {
    model(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let deposit = Arc::new(Deposit::empty());
        let spawner = {
            let (deposit, value) = (Arc::clone(&deposit), Counted::new(&count));
            thread::spawn(move || deposit.leave(value))
        };
        let found = deposit.get();
        let wanted = spawner.join().unwrap();
        assert_eq!(matches!(found, Found::Wanted), wanted);
        assert_eq!(matches!(found, Found::Value(_)), !wanted);
        drop(found);
        assert_eq!(count.load(Ordering::Relaxed), 1);
        deposit.clear();
        assert_eq!(count.load(Ordering::Relaxed), 0);
    });
}
