//! Catches polls that take too long, in the act.
//!
//! A thread of the agent's looks at all threads again and again, a tenth of the smallest limit apart: in which
//! poll is each, and since when? That stands in the threads' slots anyway, so polls pay nothing for it. While no
//! thread is in a poll it sleeps, and the next poll to begin rings (see [`crate::bell`]).
//!
//! A poll over its limit is seen with its stack, at once and again when it has lasted twice as long, four times as
//! long and so on. What counts is the time in which its thread ran or was blocked: not that in which it waited
//! for a processor, and not that in which the whole process was stopped, which shows in the watchdog itself
//! being late.

mod asked;
mod budget;
mod followed;
mod pools;
mod rhythm;
mod seat;
mod spent;
mod trust;

use crate::core::Core;
use crate::frames::InPoll;
use crate::stacks::Taker;
use crate::stacks::proc::{self, State};
use crate::stacks::slow_polls::Begun;
use crate::threads::Thread;
use budget::Budget;
use followed::Followed;
use pools::Pools;
use rhythm::Rhythm;
use seat::Seat;
use taskscope_model::change::Sample;
use taskscope_model::codes::Seen;
use taskscope_model::{At, LocationId, Nanos, TaskId};
use trust::Trust;

/// The period is this part of the smallest limit ...
const PARTS: u64 = 10;
/// ... but not less than this.
const SHORTEST_PERIOD: Nanos = Nanos(5_000_000);
/// So many times it looks in vain before it goes to sleep.
const LINGERS: u32 = 10;
/// What waits behind a long poll is counted this often.
const RECOUNT: Nanos = Nanos(250_000_000);

/// Starts the watchdog's thread. If that is not possible the coverage says so.
pub(crate) fn start(core: &'static Core) {
    let thread = std::thread::Builder::new().name("taskscope-watch".to_owned());
    let started = thread.spawn(move || {
        #[cfg(unix)]
        crate::signals::leave_to_the_program();
        Watchdog::new(core).run();
    });
    if let Err(error) = started {
        let why = format!("the watchdog's thread cannot be started: {error}");
        core.notes.say("stacks", Seen::NO, why, "");
    }
}

struct Watchdog {
    core: &'static Core,
    taker: Taker,
    complained: Option<&'static str>,
    budget: Budget,
    pools: Pools,
    /// By the number of the thread's slot.
    followed: Vec<Option<Box<Followed>>>,
    trust: Trust,
    rhythm: Rhythm,
    /// When it last woke.
    at: At,
}

impl Watchdog {
    fn new(core: &'static Core) -> Self {
        core.store.bell.sleeps_here();
        Self {
            core,
            taker: Taker::new(core.settings.signal),
            complained: None,
            budget: Budget::default(),
            pools: Pools::default(),
            followed: Vec::new(),
            trust: Trust::default(),
            rhythm: Rhythm::new(&core.store.clock),
            at: At(0),
        }
    }

    fn run(mut self) {
        self.complain();
        let mut quiet = 0;
        loop {
            if asked::answer(&mut self) {
                self.rhythm.begin(&self.core.store.clock);
            }
            let Some(smallest) = self.core.limits.smallest() else {
                self.forget_all();
                std::thread::park();
                self.rhythm.begin(&self.core.store.clock);
                continue;
            };
            let period = Nanos(smallest.0 / PARTS).max(SHORTEST_PERIOD);
            let last = quiet + 1 >= LINGERS;
            let busy = self.look(period) | self.pools.look(self.core, last);
            quiet = if busy { 0 } else { quiet + 1 };
            if quiet < LINGERS {
                self.pause(period);
            } else {
                self.sleep(period);
                quiet = 0;
            }
        }
    }

    /// Waits for one period, and takes note if all was stopped meanwhile.
    fn pause(&mut self, period: Nanos) {
        let stopped = self.rhythm.pause(&self.core.store.clock, period);
        if stopped > Nanos(0) {
            self.followed.iter_mut().flatten().for_each(|followed| followed.was_stopped(stopped));
        }
    }

    /// Sleeps until a poll begins, or somebody wants something.
    fn sleep(&mut self, period: Nanos) {
        let bell = &self.core.store.bell;
        bell.fall_asleep();
        self.core.store.next_epoch();
        self.pause(period);
        // A poll that began before the new epoch was seen everywhere.
        let busy = self.core.store.threads.all().into_iter().any(|thread| thread.in_poll().is_some());
        if !busy && bell.is_asleep() {
            std::thread::park();
            self.rhythm.begin(&self.core.store.clock);
        }
        bell.is_awake_now();
    }

    /// Looks at every thread; says whether any is in a poll.
    fn look(&mut self, period: Nanos) -> bool {
        let mut busy = false;
        self.at = self.core.store.clock.at(self.rhythm.now());
        // In a pass of its own: each slot is another line of memory, and so several are waited for at a time.
        let slots = self.core.store.threads.all().into_iter().map(|thread| (thread, thread.in_poll()));
        for (number, (thread, poll)) in slots.collect::<Vec<_>>().into_iter().enumerate() {
            busy |= poll.is_some();
            if self.followed.len() <= number {
                self.followed.resize_with(number + 1, || None);
            }
            let before = self.followed.get_mut(number).and_then(Option::take);
            let after = match (before, poll) {
                (Some(mut followed), Some(poll)) if followed.is(&poll) => {
                    self.advance(&mut followed, thread, poll, period);
                    Some(followed)
                }
                (before, poll) => {
                    before.into_iter().for_each(|followed| self.finish(*followed));
                    poll.map(|poll| Box::new(Followed::new(poll)))
                }
            };
            if let Some(place) = self.followed.get_mut(number) {
                *place = after;
            }
        }
        busy
    }

    /// A poll goes on.
    fn advance(&mut self, followed: &mut Followed, thread: &'static Thread, poll: InPoll, period: Nanos) {
        let (core, clock) = (self.core, &self.core.store.clock);
        let now = self.rhythm.now();
        let lasted = followed.lasted(clock, now);
        if lasted < period {
            return;
        }
        let Some(tid) = followed.tid(thread) else { return };
        let at = self.at;
        let trusted = *followed.trusted.get_or_insert_with(|| self.trust.includes(tid, at));
        if !trusted {
            followed.begin_to_count(clock, now, tid, period);
        }
        let Some(place) = followed.place(&core.store) else { return };
        let Some(limit) = core.limits.of(place, || core.store.places.text(place)) else { return };
        if lasted.0 >= limit.0 / 2 {
            core.stacks.prepare();
        }
        if followed.is_known() && followed.wants_recount(clock, now, RECOUNT) {
            self.recount(followed, thread, poll);
        }
        let due = followed.due(limit);
        if lasted < due || followed.is_ignored() || followed.counted(clock, now, tid) < due {
            return;
        }
        self.trust.extend(tid, at);
        if !self.budget.allows(at, place, followed.is_known()) {
            // Who is trusted had a worker a moment ago.
            if !trusted && Seat::is_left(core, thread, poll.record) {
                return followed.ignore();
            }
            return self.count(followed, poll, (tid, lasted, limit), place);
        }
        if proc::state(tid) == Some(State::Stopped) {
            followed.was_stopped(period);
            return;
        }
        let seat = Seat::of(core, thread, poll.record, &self.followed);
        if seat.has_left_its_worker {
            followed.ignore();
            return;
        }
        self.catch(followed, thread, poll, (tid, lasted, limit), (place, seat));
    }

    /// A poll has passed its limit, and its stack may not be taken.
    fn count(
        &mut self,
        followed: &mut Followed,
        poll: InPoll,
        (tid, lasted, limit): (u32, Nanos, Nanos),
        place: u32,
    ) {
        let begun = || self.begun(poll, (tid, limit), (place, Seat::default()));
        followed.begun.get_or_insert_with(begun);
        followed.passed(lasted, limit);
    }

    fn begun(&self, poll: InPoll, (tid, limit): (u32, Nanos), (place, seat): (u32, Seat)) -> Begun {
        Begun {
            task: TaskId(poll.id),
            spawned_at: Some(LocationId(place)),
            runtime: seat.runtime,
            worker: seat.worker,
            tid,
            at: self.core.store.clock.at(poll.start),
            limit,
            waiting: seat.waiting,
        }
    }

    /// A poll has passed its limit, or a multiple of it.
    fn catch(
        &mut self,
        followed: &mut Followed,
        thread: &'static Thread,
        poll: InPoll,
        (tid, lasted, limit): (u32, Nanos, Nanos),
        (place, seat): (u32, Seat),
    ) {
        let (core, clock) = (self.core, &self.core.store.clock);
        // Now that it is known where it runs, that is told even if the poll was only counted before.
        followed.begun = Some(self.begun(poll, (tid, limit), (place, seat)));
        let since = clock.raw();
        let taken = self.taker.take(tid);
        self.rhythm.caught(clock, since);
        self.complain();
        if taken.is_none() && self.taker.is_possible() && followed.again() {
            return;
        }
        followed.passed(lasted, limit);
        self.budget.spend(clock.now(), place, followed.entry.is_some());
        // What was seen is of this poll only if it has not ended meanwhile.
        let same = thread.in_poll().is_some_and(|now| followed.is(&now));
        if !same {
            return;
        }
        let stack = taken.map(|taken| core.stacks.intern(taken));
        let sample = stack.map(|stack| Sample { after: lasted, stack });
        let now = clock.now();
        core.stacks.slow_polls(|slow, version| match (followed.entry, sample, &followed.begun) {
            (Some(entry), Some(sample), _) => slow.add(entry, sample, version),
            (None, sample, Some(begun)) => {
                followed.entry = Some(slow.begin(begun.clone(), sample, now, version));
            }
            _ => {}
        });
    }

    fn recount(&mut self, followed: &mut Followed, thread: &'static Thread, poll: InPoll) {
        let seat = Seat::of(self.core, thread, poll.record, &self.followed);
        if let Some(entry) = followed.entry {
            self.core.stacks.slow_polls(|slow, version| slow.wait(entry, seat.waiting, version));
        }
    }

    /// A poll has ended.
    fn finish(&mut self, followed: Followed) {
        let Some(begun) = followed.begun.clone() else { return };
        let clock = &self.core.store.clock;
        let length = followed.length(clock);
        let now = clock.now();
        self.core.stacks.slow_polls(|slow, version| match followed.entry {
            Some(entry) => slow.end(entry, length, version),
            None => slow.count(begun, length, now, version),
        });
    }

    fn forget_all(&mut self) {
        let all = std::mem::take(&mut self.followed);
        all.into_iter().flatten().for_each(|followed| self.finish(*followed));
    }

    /// Says in the coverage what cannot be seen.
    fn complain(&mut self) {
        let complaint = self.taker.complaint();
        if complaint != self.complained {
            self.complained = complaint;
            let seen = if self.taker.is_possible() { Seen::PARTLY } else { Seen::NO };
            self.core.notes.say(
                "stacks",
                if complaint.is_none() { Seen::YES } else { seen },
                complaint.unwrap_or(""),
                "",
            );
        }
    }
}
