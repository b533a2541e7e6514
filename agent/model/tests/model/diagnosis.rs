//! The findings over anything: they follow from the World alone, and events tell their course.

use super::arbitrary::{cases, change, fold};
use super::arbitrary_fates::stillness;
use super::outside;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use taskscope_model::change::{
    Awaits, Ended, Forgotten, Handled, Held, Holds, Location, Looked, Observed, Outcomes, Spawned, Tick, Wait,
};
use taskscope_model::codes::{Activity, HandleState, Outcome, TaskKind, TreeKind, WaitKind};
use taskscope_model::detect::Event;
use taskscope_model::finding::MOST_TASKS;
use taskscope_model::{
    At, Change, Diagnosis, Fact, Finding, Kind, LocationId, Severity, Source, TaskId, TreeId, World,
};

/// A World and what is wrong in it, altered together.
#[derive(Default)]
struct Watched {
    world: World,
    diagnosis: Diagnosis,
}

impl Watched {
    fn see(&mut self, change: &Change) {
        self.world.apply(change);
        self.diagnosis.see(&self.world, change);
    }

    fn tell(&mut self, fact: impl Into<Fact>) {
        self.see(&Change { source: Source::AGENT, fact: fact.into() });
    }

    fn found(&self) -> Vec<Finding> {
        self.diagnosis.findings().cloned().collect()
    }
}

/// Any Change, and those of tasks that wait for one another more often.
fn told() -> impl Strategy<Value = Change> {
    let still = stillness().prop_map(|fact| Change { source: Source::AGENT, fact });
    let knot = outside::knot().prop_map(|fact| Change { source: Source::OUTSIDE, fact });
    prop_oneof![2 => change(), 1 => still.boxed(), 1 => knot.boxed()]
}

fn found_in(world: &World) -> Vec<Finding> {
    Diagnosis::of(world).findings().cloned().collect()
}

/// The findings that events leave behind. Each is raised, then updated, then cleared.
#[derive(Default)]
struct Course(BTreeMap<(Kind, Option<(Source, LocationId)>), Finding>);

impl Course {
    fn take(&mut self, events: Vec<Event>) -> Result<(), TestCaseError> {
        for event in events {
            let finding = event.finding().clone();
            let name = (finding.kind, finding.location.map(|location| (location.source, location.id)));
            let before = match event {
                Event::Cleared(_) => self.0.remove(&name),
                _ => self.0.insert(name, finding),
            };
            prop_assert_eq!(before.is_none(), matches!(event, Event::Raised(_)), "{:?}", event);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn findings_follow_from_the_world_alone(changes in vec(told(), 0..160)) {
        let mut watched = Watched::default();
        changes.iter().for_each(|change| watched.see(change));
        watched.diagnosis.settle(&watched.world);
        prop_assert_eq!(watched.found(), found_in(&watched.world));
    }

    #[test]
    fn who_attaches_late_finds_the_same(changes in vec(told(), 0..160), moment in any::<Index>()) {
        let (before, after) = changes.split_at(moment.index(changes.len() + 1));
        let mut early = Watched::default();
        before.iter().for_each(|change| early.see(change));
        let mut late = Watched::default();
        early.world.snapshot().iter().for_each(|change| late.see(change));
        // Two Ticks: until the first one everything has been told.
        let end = [(); 2].map(|()| Change { source: Source::AGENT, fact: Tick { at: At(0) }.into() });
        for change in after.iter().chain(&end) {
            early.see(change);
            late.see(change);
        }
        prop_assert_eq!(early.found(), late.found());
        prop_assert_eq!(early.found(), found_in(&early.world));
    }

    #[test]
    fn events_tell_the_course_of_the_findings(changes in vec(told(), 0..160), every in 1..9usize) {
        let (mut watched, mut course) = (Watched::default(), Course::default());
        for (n, change) in changes.iter().enumerate() {
            watched.see(change);
            if n % every == 0 {
                course.take(watched.diagnosis.take_events())?;
            }
        }
        course.take(watched.diagnosis.take_events())?;
        let found: BTreeSet<_> = watched.found().iter().map(|finding| format!("{finding:?}")).collect();
        let told: BTreeSet<_> = course.0.values().map(|finding| format!("{finding:?}")).collect();
        prop_assert_eq!(told, found);
    }

    #[test]
    fn findings_are_short_and_in_order(changes in vec(told(), 0..160)) {
        let found = found_in(&fold(&changes));
        prop_assert!(found.is_sorted_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.kind)));
        for finding in found {
            prop_assert!(finding.count > 0 && finding.tasks.len() <= MOST_TASKS, "{:?}", finding);
            prop_assert!(finding.evidence.len() <= 16, "{:?}", finding);
            for line in finding.evidence.iter().chain([&finding.message, &finding.advice]) {
                prop_assert!(!line.is_empty() && !line.chars().any(char::is_control), "{:?}", finding);
                prop_assert!(line.chars().count() < 2_000, "{:?}", finding);
            }
        }
    }
}

/// Once found by chance, in 18,000 cases.
#[test]
fn who_waits_for_a_channel_waits_behind_who_has_its_permits() {
    let mut watched = Watched::default();
    let mut tell = |fact: Fact| watched.see(&Change { source: Source::OUTSIDE, fact });
    let still = |task| {
        let (activity, at) = (Activity::IDLE, At(0));
        Fact::from(Looked { task: TaskId(task), activity, cancelled: false, at, again: true, still: at })
    };
    let text = "semaphore".to_owned();
    let held =
        Held { what: WaitKind::SEMAPHORE, text, address: 7, location: None, granted: true, aside: true };
    let wait =
        Wait { what: WaitKind::CHANNEL, text: String::new(), task: None, address: Some(7), until: None };
    tell(still(2));
    tell(Holds { task: TaskId(1), held: vec![held] }.into());
    tell(still(1));
    tell(Tick { at: At(5_000_000_000) }.into());
    let (kind, tree) = (TreeKind::MEMORY, TreeId(0));
    tell(Awaits { task: TaskId(2), at: At(0), kind, tree, since: Vec::new(), waits: vec![wait] }.into());
    tell(Tick { at: At(5_000_000_000) }.into());
    assert_eq!(watched.found(), found_in(&watched.world));
    assert_eq!(watched.found().first().map(|finding| finding.kind), Some(Kind::Futurelock));
}

#[test]
fn chance_finds_every_kind() {
    let mut runner = TestRunner::deterministic();
    let mut missing: BTreeSet<_> = Kind::ALL.iter().copied().collect();
    for _ in 0..600 {
        if missing.is_empty() {
            break;
        }
        let changes = vec(told(), 160).new_tree(&mut runner).expect("there are changes").current();
        for finding in found_in(&fold(&changes)) {
            missing.remove(&finding.kind);
        }
    }
    assert!(missing.is_empty(), "the properties here say nothing of {missing:?}");
}

fn spawned(task: TaskId) -> Spawned {
    let (kind, location) = (TaskKind::ASYNC, Some(LocationId(1)));
    Spawned { task, kind, runtime: None, parent: None, location, chain: None, at: Some(At(0)) }
}

#[test]
fn a_hundred_thousand_of_one_line_are_one_finding() {
    const MANY: u64 = 100_000;
    let mut watched = Watched::default();
    watched.tell(Location { id: LocationId(1), file: "src/main.rs".to_owned(), line: 12, column: 5 });
    let (mut events, mut raised) = (0, 0);
    for n in 0..MANY {
        let (task, location, label) = (TaskId(n), LocationId(1), "save_order".to_owned());
        watched.tell(spawned(task));
        watched.tell(Handled { task, handle: HandleState::DROPPED, at: At(n) });
        watched.tell(Ended { task, at: At(n), outcome: Outcome::PANICKED });
        let made = n + 1;
        watched.tell(Observed {
            location,
            label,
            made,
            unpolled: made,
            forgotten: made,
            ..Observed::default()
        });
        if n % 10_000 == 0 {
            watched.tell(Tick { at: At(n) });
            let told = watched.diagnosis.take_events();
            events += told.len();
            raised += told.iter().filter(|event| matches!(event, Event::Raised(_))).count();
        }
    }
    watched.diagnosis.settle(&watched.world);
    let found = watched.found();
    let counts: Vec<_> = found.iter().map(|finding| (finding.kind, finding.count)).collect();
    assert_eq!(counts, [(Kind::PanicUnseen, MANY), (Kind::NeverAwaited, MANY)]);
    assert_eq!(found[0].tasks, (0..100).map(TaskId).collect::<Vec<_>>());
    assert_eq!(raised, 2, "each is raised once");
    assert!(events <= 20, "{events} events: nobody took them, so they are one each time");
}

#[test]
fn what_the_sums_tell_outlives_the_tasks() {
    let mut watched = Watched::default();
    let (task, location) = (TaskId(7), LocationId(1));
    watched.tell(spawned(task));
    watched.tell(Handled { task, handle: HandleState::DROPPED, at: At(5) });
    watched.tell(Ended { task, at: At(5), outcome: Outcome::PANICKED });
    watched.tell(Outcomes { location, panicked: 1, panics_unseen: 1, ..Outcomes::default() });
    drop(watched.diagnosis.take_events());
    watched.tell(Forgotten { task });
    watched.diagnosis.settle(&watched.world);
    let events = watched.diagnosis.take_events();
    assert!(matches!(&events[..], [Event::Updated(finding)] if finding.count == 1), "{events:?}");
}

#[test]
fn findings_are_settled_when_all_has_been_told() {
    let mut watched = Watched::default();
    watched.tell(Tick { at: At(0) });
    for n in 0..1_000 {
        let task = TaskId(n);
        watched.tell(spawned(task));
        watched.tell(Handled { task, handle: HandleState::DROPPED, at: At(0) });
        watched.tell(Ended { task, at: At(0), outcome: Outcome::FAILED });
    }
    let count = |watched: &Watched| watched.found()[0].count;
    assert!(count(&watched) < 1_000, "it is not judged a thousand times between two Ticks");
    watched.tell(Tick { at: At(1) });
    assert_eq!(count(&watched), 1_000);
}

#[test]
fn kinds_and_severities_are_found_by_their_names() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(*kind));
    }
    for severity in Severity::ALL {
        assert_eq!(Severity::from_name(severity.name()), Some(*severity));
    }
    assert_eq!((Kind::from_name("warning"), Severity::from_name("starved")), (None, None));
}
