//! How the program did over the last minutes: samples of its World, a second apart. Nothing else remembers them.

use super::view::AT_ONCE;
use std::collections::VecDeque;
use taskscope_model::codes::Counter;
use taskscope_model::task::By;
use taskscope_model::{At, Nanos, RuntimeId, State, Task, TaskId, World};

/// Time between two samples.
const EVERY: Nanos = Nanos(1_000_000_000);
/// Samples that are kept: five minutes.
const MOST: usize = 300;

/// The samples, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    samples: VecDeque<Sample>,
    /// One that is being taken, and the task with which that goes on: of very many tasks some are looked at each time.
    begun: Option<(Sample, TaskId)>,
}

/// How things stood at a moment. Times and counts are totals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample {
    at: At,
    live: u64,
    ended: Option<u64>,
    /// Tasks that are told of, by state, in the order of [`State::ALL`].
    states: [u64; 4],
    /// Polls of all workers.
    polls: Option<u64>,
    /// Of each runtime, the busy time of each of its workers.
    workers: Vec<(By<RuntimeId>, Vec<Nanos>)>,
    /// Time between wake and poll, and wakes, of the tasks that are told of.
    delays: Option<(Nanos, u64)>,
}

impl Sample {
    /// Without what has to be gathered from the tasks.
    fn of(world: &World) -> Self {
        let figures = || world.runtimes().filter_map(|(key, view)| Some((key, view.figures.as_ref()?)));
        let workers = || figures().flat_map(|(_, figures)| &figures.workers);
        let polls = workers().filter_map(|worker| worker.polls).reduce(u64::saturating_add);
        let busy = |(key, figures): (_, &taskscope_model::change::Figures)| {
            (key, figures.workers.iter().map(|worker| worker.busy).collect())
        };
        let live = (world.len() - world.ended_len()) as u64;
        Self {
            at: world.now(),
            live: world.counted(Counter::LIVE).unwrap_or(live),
            ended: world.counted(Counter::ENDED),
            states: [0; 4],
            polls,
            workers: figures().map(busy).collect(),
            delays: None,
        }
    }

    fn add(&mut self, task: &Task) {
        let at = task.state().and_then(|state| State::ALL.iter().position(|it| *it == state));
        if let Some(count) = at.and_then(|at| self.states.get_mut(at)) {
            *count += 1;
        }
        if let Some((delay, wakes)) = delay(task) {
            let (sum, all) = self.delays.unwrap_or_default();
            self.delays = Some((sum + delay, all.saturating_add(wakes)));
        }
    }
}

fn delay(task: &Task) -> Option<(Nanos, u64)> {
    let woken = task.woken()?;
    Some((woken.scheduled?, woken.wakes))
}

impl History {
    /// Takes a sample if one is due, or goes on with it.
    pub(super) fn note(&mut self, world: &World) {
        let last = self.samples.back().map(|sample| sample.at);
        let is_due = world.now() != At::default() && last.is_none_or(|last| world.now().since(last) >= EVERY);
        let begin = || is_due.then(|| (Sample::of(world), TaskId(0)));
        let Some((mut sample, next)) = self.begun.take().or_else(begin) else { return };
        let mut tasks = world.tasks_from(next);
        tasks.by_ref().take(AT_ONCE).for_each(|task| sample.add(task));
        if let Some(next) = tasks.next() {
            self.begun = Some((sample, next.id()));
            return;
        }
        if self.samples.len() == MOST {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Whether a sample is being taken.
    pub(super) fn is_looking(&self) -> bool {
        self.begun.is_some()
    }

    /// Time from the first to the last sample.
    pub(super) fn span(&self) -> Nanos {
        let ends = self.samples.front().zip(self.samples.back());
        ends.map_or(Nanos(0), |(first, last)| last.at.since(first.at))
    }

    /// How many of the tasks that are told of do what, as of the last sample.
    pub(super) fn states(&self) -> impl Iterator<Item = (State, u64)> {
        let states = self.samples.back().map(|sample| sample.states).unwrap_or_default();
        State::ALL.into_iter().zip(states)
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> Option<usize> {
        let all = self.samples.back()?.workers.iter().map(|(_, workers)| workers.len()).sum();
        Some(all).filter(|all| *all > 0)
    }

    /// Whether the time between wake and poll is measured.
    pub(super) fn has_delays(&self) -> bool {
        self.samples.back().is_some_and(|sample| sample.delays.is_some())
    }

    /// Tasks alive, the oldest first.
    pub(super) fn live(&self) -> Vec<Option<u64>> {
        self.samples.iter().map(|sample| Some(sample.live)).collect()
    }

    /// Tasks that ended, a second.
    pub(super) fn ended(&self) -> Vec<Option<u64>> {
        self.between(|a, b| per_second(b.ended?.checked_sub(a.ended?)?, b.at.since(a.at)))
    }

    /// Polls a second.
    pub(super) fn polls(&self) -> Vec<Option<u64>> {
        self.between(|a, b| per_second(b.polls?.checked_sub(a.polls?)?, b.at.since(a.at)))
    }

    /// The mean time between wake and poll, nanoseconds.
    pub(super) fn delays(&self) -> Vec<Option<u64>> {
        self.between(|a, b| {
            let ((before, wakes_before), (after, wakes)) = (a.delays?, b.delays?);
            let wakes = wakes.checked_sub(wakes_before)?;
            if wakes == 0 { Some(0) } else { after.0.checked_sub(before.0)?.checked_div(wakes) }
        })
    }

    /// Busy workers, thousandths of one.
    pub(super) fn busy(&self) -> Vec<Option<u64>> {
        self.between(|a, b| {
            let all = b.workers.iter().flat_map(|(key, after)| {
                let before = a.workers.iter().find(|(of, _)| of == key).map(|(_, before)| before);
                let both = before.into_iter().flatten().zip(after);
                both.map(|(before, after)| share(*before, *after, b.at.since(a.at)))
            });
            all.reduce(u64::saturating_add)
        })
    }

    /// How busy one worker was, in thousandths.
    pub(super) fn worker(&self, runtime: By<RuntimeId>, worker: usize) -> Vec<Option<u64>> {
        let busy = |sample: &Sample| {
            let of = sample.workers.iter().find(|(key, _)| *key == runtime)?;
            of.1.get(worker).copied()
        };
        self.between(|a, b| Some(share(busy(a)?, busy(b)?, b.at.since(a.at)).min(1_000)))
    }

    fn between(&self, get: impl Fn(&Sample, &Sample) -> Option<u64>) -> Vec<Option<u64>> {
        self.samples.iter().zip(self.samples.iter().skip(1)).map(|(a, b)| get(a, b)).collect()
    }
}

/// How one task did since somebody looks at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TaskHistory {
    /// When, its polls, its busy time.
    samples: VecDeque<(At, u64, Nanos)>,
}

impl TaskHistory {
    /// Takes a sample if one is due.
    pub(super) fn note(&mut self, task: &Task, now: At) {
        let is_due = self.samples.back().is_none_or(|last| now.since(last.0) >= EVERY);
        if let (true, Some(polls), Some(busy)) = (is_due, task.polls(), task.busy(now)) {
            if self.samples.len() == MOST {
                self.samples.pop_front();
            }
            self.samples.push_back((now, polls, busy));
        }
    }

    /// Its polls a second.
    pub(super) fn polls(&self) -> Vec<Option<u64>> {
        let both = self.samples.iter().zip(self.samples.iter().skip(1));
        both.map(|(a, b)| per_second(b.1.checked_sub(a.1)?, b.0.since(a.0))).collect()
    }

    /// How much of the time it was in a poll, in thousandths.
    pub(super) fn busy(&self) -> Vec<Option<u64>> {
        let both = self.samples.iter().zip(self.samples.iter().skip(1));
        both.map(|(a, b)| Some(share(a.2, b.2, b.0.since(a.0)).min(1_000))).collect()
    }
}

fn per_second(count: u64, span: Nanos) -> Option<u64> {
    let per_second = u128::from(count) * 1_000_000_000 / u128::from(span.0.max(1));
    u64::try_from(per_second).ok()
}

fn share(before: Nanos, after: Nanos, span: Nanos) -> u64 {
    let thousandths = u128::from((after - before).0) * 1_000 / u128::from(span.0.max(1));
    u64::try_from(thousandths).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_model::change::{Counted, Figures, Tick, WorkerFigures};
    use taskscope_model::{Change, Fact, Source};

    const S: u64 = 1_000_000_000;

    fn at(second: u64, busy: u64, polls: u64) -> World {
        let mut world = World::default();
        let busy = Nanos(busy * S / 10);
        let worker = WorkerFigures {
            busy,
            parks: 0,
            polls: Some(polls),
            steals: None,
            local_queue: None,
            running: None,
        };
        let figures = Figures {
            runtime: RuntimeId(0),
            at: At(second * S),
            live_tasks: 1,
            global_queue: 0,
            blocking_queue: None,
            blocking_threads: None,
            idle_blocking_threads: None,
            forced_yields: None,
            io_ready: None,
            remote_schedules: None,
            workers: vec![worker],
        };
        let live = Counted { counter: Counter::LIVE, count: second };
        for fact in [Fact::from(Tick { at: At(second * S) }), figures.into(), live.into()] {
            world.apply(&Change { source: Source::AGENT, fact });
        }
        world
    }

    #[test]
    fn rates_are_those_between_two_samples() {
        let mut history = History::default();
        for (second, busy, polls) in [(1, 0, 0), (2, 5, 100), (2, 9, 900), (4, 5, 300)] {
            history.note(&at(second, busy, polls));
        }
        assert_eq!(history.span(), Nanos(3 * S));
        assert_eq!(history.live(), [Some(1), Some(2), Some(4)]);
        assert_eq!(history.polls(), [Some(100), Some(100)]);
        assert_eq!(history.busy(), [Some(500), Some(0)]);
        assert_eq!(history.worker(By { source: Source::AGENT, id: RuntimeId(0) }, 0), [Some(500), Some(0)]);
        assert_eq!(history.delays(), [None, None], "it was not measured");
        (5..1_000).for_each(|second| history.note(&at(second, 0, 0)));
        assert_eq!(history.live().len(), MOST);
    }
}
