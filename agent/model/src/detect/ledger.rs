//! What is kept for one detector: the tasks that are cases, those that will be when nothing happens, and the
//! places of which something new is to be said.

use super::bonds::{Bonds, Subject};
use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::ids::TaskId;
use crate::task::Task;
use crate::time::At;
use crate::world::World;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A task about which something was told; without it when it was forgotten.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) id: TaskId,
    pub(super) task: Option<&'a Task>,
}

/// The state of one detector's findings.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    cases: HashMap<TaskId, Case>,
    /// Those that do not count yet, by when they will.
    waiting: BTreeSet<(At, TaskId)>,
    /// Those that count.
    ripe: HashMap<Place, Cases>,
    bonds: Bonds,
    /// Places that have a finding.
    raised: HashSet<Place>,
    /// Places to be judged now, and those of which there is only something else to say: at the next Tick.
    open: BTreeSet<Place>,
    later: BTreeSet<Place>,
    /// Whether everything is to be looked at anew at the next Tick.
    unsettled: bool,
}

impl Ledger {
    /// A fact that the detector heeds was told of a task.
    pub(super) fn reconsider(&mut self, detector: &dyn Detector, world: &World, about: About<'_>, until: At) {
        self.ask(detector, world, about, until);
        for subject in self.bonds.on(about.id) {
            match subject {
                Subject::Task(id) => self.ask(detector, world, About { id, task: world.task(id) }, until),
                Subject::Place(place) => self.touch(place),
            }
        }
    }

    fn ask(&mut self, detector: &dyn Detector, world: &World, about: About<'_>, until: At) {
        let About { id, task } = about;
        let mut scene = Scene::new(world);
        let case = task.and_then(|task| detector.case(task, &mut scene));
        self.bonds.set(Subject::Task(id), scene.into_looked_at());
        let before = self.cases.get(&id).copied();
        match case {
            // What is said of it may be another thing though it is the same case.
            Some(case) if before == Some(case) => {
                if !self.waiting.contains(&(case.due, id)) {
                    self.touch(case.place);
                }
            }
            _ => {
                before.inspect(|case| self.remove(id, case));
                case.inspect(|case| self.insert(id, *case, until));
            }
        }
    }

    fn remove(&mut self, id: TaskId, case: &Case) {
        self.cases.remove(&id);
        if self.waiting.remove(&(case.due, id)) {
            return;
        }
        self.touch(case.place);
        if let Some(ripe) = self.ripe.get_mut(&case.place) {
            ripe.remove(id, case);
            if ripe.count() == 0 {
                self.ripe.remove(&case.place);
            }
        }
    }

    fn insert(&mut self, id: TaskId, case: Case, until: At) {
        self.cases.insert(id, case);
        if case.due > until {
            self.waiting.insert((case.due, id));
        } else {
            self.count(id, case);
        }
    }

    fn count(&mut self, id: TaskId, case: Case) {
        self.touch(case.place);
        self.ripe.entry(case.place).or_default().insert(id, &case);
    }

    /// What was going on then goes on still: nothing else was told until now.
    fn ripen(&mut self, until: At) {
        while let Some((due, id)) = self.waiting.first().copied().filter(|(due, _)| *due <= until) {
            self.waiting.remove(&(due, id));
            if let Some(case) = self.cases.get(&id).copied() {
                self.count(id, case);
            }
        }
    }

    /// Something may have to be said anew of a place.
    pub(super) fn touch(&mut self, place: Place) {
        if self.raised.contains(&place) {
            self.later.insert(place);
        } else {
            self.open.insert(place);
        }
    }

    /// Everything is to be looked at anew at the next Tick.
    pub(super) fn unsettle(&mut self) {
        self.unsettled = true;
    }

    /// A Tick: opens what was put off, what counts from now on, and what is said anew.
    pub(super) fn tick(&mut self, detector: &dyn Detector, world: &World, until: At, say_anew: bool) {
        if std::mem::take(&mut self.unsettled) {
            let (tasks, places) = detector.concern(world);
            let tasks: BTreeSet<_> = tasks.into_iter().chain(self.cases.keys().copied()).collect();
            for id in tasks {
                self.ask(detector, world, About { id, task: world.task(id) }, until);
            }
            self.open.extend(places.iter().chain(&self.raised));
        }
        self.ripen(until);
        self.open.append(&mut self.later);
        if say_anew {
            self.open.extend(&self.raised);
        }
    }

    /// The places to be judged now.
    pub(super) fn take_open(&mut self) -> BTreeSet<Place> {
        std::mem::take(&mut self.open)
    }

    /// What the detector says of a place.
    pub(super) fn judge(
        &mut self,
        detector: &dyn Detector,
        world: &World,
        place: Place,
    ) -> Option<Judgement> {
        let none = Cases::default();
        let mut scene = Scene::new(world);
        let mut judgement = detector.judge(place, self.ripe.get(&place).unwrap_or(&none), &mut scene);
        if let Some(judgement) = &mut judgement {
            judgement.since.get_or_insert_with(|| scene.start());
        }
        self.bonds.set(Subject::Place(place), scene.into_looked_at());
        match judgement {
            Some(_) => self.raised.insert(place),
            None => self.raised.remove(&place),
        };
        judgement
    }
}
