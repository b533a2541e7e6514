//! The lines of a scenario, read as facts. `at`, where a line gives none, is the World's now.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;
use taskscope_model::change::*;
use taskscope_model::codes::{
    Activity, CancelWay, Doing, DropKind, Flavor, HandleState, Origin, Outcome, TaskKind, TreeKind, WaitKind,
};
use taskscope_model::{
    At, ChainId, Fact, FrameId, LocationId, Nanos, RuntimeId, SlowPollId, TaskId, TreeId, Worker,
};

/// A line: its first word, the words without a key, and those with one.
struct Line<'a> {
    words: Vec<&'a str>,
    keys: HashMap<&'a str, &'a str>,
    now: At,
}

type Wrong = String;

/// The facts that a line tells.
pub(super) fn facts(line: &str, now: At) -> Result<Vec<Fact>, Wrong> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut words = Vec::new();
    let mut keys = HashMap::new();
    for token in tokens(rest) {
        match token.split_once('=').filter(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        {
            Some((key, value)) => drop(keys.insert(key, value.trim_matches('"'))),
            None => words.push(token.trim_matches('"')),
        }
    }
    let mut line = Line { words, keys, now };
    let facts = line.facts(verb)?;
    match line.keys.keys().next() {
        Some(key) => Err(format!("`{verb}` has no `{key}`")),
        None => Ok(facts),
    }
}

/// Words between blanks; a quotation is one word, also behind a `key=`.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let between = move |c: char| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    };
    text.split(between).filter(|token| !token.is_empty())
}

impl<'a> Line<'a> {
    fn facts(&mut self, verb: &str) -> Result<Vec<Fact>, Wrong> {
        Ok(match verb {
            "at" => vec![Tick { at: span(self.word(0)?).map(|span| At(span.0))? }.into()],
            "complete" => vec![Complete { subscription: 1 }.into()],
            "goodbye" => vec![Goodbye { at: self.now, reason: String::new() }.into()],
            "place" => vec![self.location()?],
            "runtime" => vec![self.runtime()?],
            "spawn" => self.spawned()?,
            "poll" => vec![self.polled()?],
            "name" => vec![self.described()?],
            "boxed" => vec![Boxed { task: self.task()?, original_size: self.count("from")? }.into()],
            "handle" => vec![self.handled()?],
            "end" => vec![self.ended()?],
            "fail" => vec![self.failure()?],
            "ask" => vec![self.asked()?],
            "wake" => vec![self.woken()?],
            "waits" => self.awaits()?,
            "awaits" => self.seen_awaits()?,
            "look" => vec![self.looked()?],
            "holds" => vec![self.holds()?],
            "forget" => vec![Forgotten { task: self.task()? }.into()],
            "observed" => vec![self.observed()?],
            "half_way" => vec![self.half_way()?],
            "outcomes" => vec![self.outcomes()?],
            "load" => vec![self.load()?],
            "call" => vec![self.frame()?],
            "slow" => vec![self.slow_poll()?],
            "pool" => vec![self.pool_full()?],
            "limits" => {
                vec![Limits { mode: "on".to_owned(), slow_poll: self.span("slow_poll")? }.into()]
            }
            _ => return Err("no such verb".to_owned()),
        })
    }

    fn word(&self, at: usize) -> Result<&'a str, Wrong> {
        self.words.get(at).copied().ok_or_else(|| format!("there is no word {at}"))
    }

    fn read<T: FromStr>(text: &str) -> Result<T, Wrong>
    where
        T::Err: Display,
    {
        text.parse().map_err(|error| format!("{text}: {error}"))
    }

    /// A value that need not be given.
    fn key<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, Wrong>
    where
        T::Err: Display,
    {
        self.keys.remove(key).map(Self::read).transpose()
    }

    fn count(&mut self, key: &str) -> Result<u64, Wrong> {
        Ok(self.key(key)?.unwrap_or(0))
    }

    fn text(&mut self, key: &str) -> String {
        self.keys.remove(key).unwrap_or_default().to_owned()
    }

    fn span(&mut self, key: &str) -> Result<Option<Nanos>, Wrong> {
        self.keys.remove(key).map(span).transpose()
    }

    fn moment(&mut self, key: &str) -> Result<Option<At>, Wrong> {
        Ok(self.span(key)?.map(|span| At(span.0)))
    }

    fn when(&mut self) -> Result<At, Wrong> {
        Ok(self.moment("at")?.unwrap_or(self.now))
    }

    fn location_id(&mut self, key: &str) -> Result<Option<LocationId>, Wrong> {
        Ok(self.key(key)?.map(LocationId))
    }

    fn counts(&mut self, key: &str) -> Result<Vec<u32>, Wrong> {
        self.keys.remove(key).unwrap_or_default().split(',').map(Self::read).collect()
    }

    fn task(&self) -> Result<TaskId, Wrong> {
        Self::read(self.word(0)?)
    }

    fn place(&self) -> Result<LocationId, Wrong> {
        Self::read(self.word(0)?).map(LocationId)
    }

    /// `place 1 src/main.rs:12`
    fn location(&self) -> Result<Fact, Wrong> {
        let (file, line) = self.word(1)?.rsplit_once(':').ok_or("a place has a line")?;
        Ok(Location { id: self.place()?, file: file.to_owned(), line: Self::read(line)?, column: 5 }.into())
    }

    /// `runtime 0 at=1s`
    fn runtime(&mut self) -> Result<Fact, Wrong> {
        let (id, at) = (RuntimeId(Self::read(self.word(0)?)?), self.when()?);
        Ok(Runtime { id, name: format!("runtime-{id}"), flavor: Flavor::MULTI_THREAD, workers: 2, at }.into())
    }

    /// `spawn 7 place=1 by=main kind=async at=1s`; `spawn 7..12` for 7 to 11
    fn spawned(&mut self) -> Result<Vec<Fact>, Wrong> {
        let (location, parent, at) = (self.location_id("place")?, self.key("by")?, Some(self.when()?));
        let kind = self.keys.remove("kind").map_or(Some(TaskKind::ASYNC), TaskKind::from_name);
        let kind = kind.ok_or("no such kind")?;
        let spawned =
            |task| Spawned { task, kind, runtime: None, parent, location, chain: None::<ChainId>, at }.into();
        Ok(match self.word(0)?.split_once("..") {
            Some((from, to)) => {
                (Self::read(from)?..Self::read(to)?).map(|task| spawned(TaskId(task))).collect()
            }
            None => vec![spawned(self.task()?)],
        })
    }

    /// `poll 7 polls=3 busy=5ms running=1s last=900ms`
    fn polled(&mut self) -> Result<Fact, Wrong> {
        let (busy, max_poll) = (self.span("busy")?.unwrap_or_default(), Nanos(0));
        let (running_since, last_poll) = (self.moment("running")?, self.moment("last")?);
        let (task, polls, worker, long_polls) =
            (self.task()?, self.count("polls")?, None::<Worker>, Vec::new());
        Ok(Polled { task, polls, busy, max_poll, running_since, last_poll, worker, long_polls }.into())
    }

    /// `name 7 mailer future=app::mailer size=20000`
    fn described(&mut self) -> Result<Fact, Wrong> {
        let (name, future) = (self.word(1).unwrap_or_default().to_owned(), self.text("future"));
        Ok(Described { task: self.task()?, name, future, size: self.key("size")? }.into())
    }

    /// `handle 7 dropped`
    fn handled(&mut self) -> Result<Fact, Wrong> {
        let handle = self.words.get(1..).unwrap_or_default().join(" ");
        let handle = HandleState::from_name(&handle).ok_or("no such state of a handle")?;
        Ok(Handled { task: self.task()?, handle, at: self.when()? }.into())
    }

    /// `end 7 panicked at=5s`
    fn ended(&mut self) -> Result<Fact, Wrong> {
        let outcome = match self.words.get(1..).unwrap_or_default().join(" ").as_str() {
            "unknown" => Outcome::UNKNOWN,
            "shut down" => Outcome::SHUT_DOWN,
            other => Outcome::from_name(other).ok_or("no such outcome")?,
        };
        Ok(Ended { task: self.task()?, at: self.when()?, outcome }.into())
    }

    /// `fail 7 "index out of bounds" place=2`
    fn failure(&mut self) -> Result<Fact, Wrong> {
        let message = self.word(1)?.replace("\\n", "\n");
        Ok(Failure { task: self.task()?, at: self.when()?, message, location: self.location_id("place")? }
            .into())
    }

    /// `ask 7 abort by=12 place=3 set=4`; ways: `abort`, `abort of its JoinSet`, `drop of its JoinSet`, `taskscope`
    fn asked(&mut self) -> Result<Fact, Wrong> {
        let way = self.words.get(1..).unwrap_or_default().join(" ");
        let way = CancelWay::from_name(&way).ok_or("no such way to cancel")?;
        let (task, at, by) = (self.task()?, self.when()?, self.key("by")?);
        let (location, set) = (self.location_id("place")?, self.location_id("set")?);
        Ok(CancelAsked { task, at, way, by, location, set }.into())
    }

    /// `wake 7 wakes=200 self=150 wakers=0 since=3s last=3s`
    fn woken(&mut self) -> Result<Fact, Wrong> {
        let (wakes, self_wakes, wakers) = (self.count("wakes")?, self.count("self")?, self.key("wakers")?);
        let (woken_since, last_wake) = (self.moment("since")?, self.moment("last")?);
        let (task, scheduled) = (self.task()?, self.span("scheduled")?);
        Ok(Woken { task, wakes, self_wakes, wakers, scheduled, woken_since, last_wake }.into())
    }

    /// `waits 7 task=12`, `waits 7 for=socket`
    fn awaits(&mut self) -> Result<Vec<Fact>, Wrong> {
        let (task, at, waits_for) = (self.task()?, self.when()?, self.key("task")?);
        let what = if waits_for.is_some() { "task".to_owned() } else { self.text("for") };
        let what = WaitKind::from_name(&what).ok_or("nothing one can wait for")?;
        let tree = TreeId(1);
        let wait =
            Wait { what, text: String::new(), task: waits_for, address: None, until: self.moment("until")? };
        let awaits = Awaits { task, at, kind: TreeKind::OBSERVED, tree, since: vec![], waits: vec![wait] };
        Ok(vec![Tree { id: tree, nodes: vec![] }.into(), awaits.into()])
    }

    /// `awaits 7 lock=16 semaphore=17 task=8 sleep=1h place=2`: as seen in memory, all of it at once
    fn seen_awaits(&mut self) -> Result<Vec<Fact>, Wrong> {
        let (task, at, place) = (self.task()?, self.when()?, self.location_id("place")?);
        let wait = |what, text: String| Wait { what, text, task: None, address: None, until: None };
        let mut waits = Vec::new();
        for (key, what, name) in
            [("lock", WaitKind::LOCK, "mutex"), ("semaphore", WaitKind::SEMAPHORE, "semaphore")]
        {
            let address: Option<u64> = self.key(key)?;
            let of =
                |address: u64| Wait { address: Some(address), ..wait(what, format!("{name} {address:#x}")) };
            waits.extend(address.map(of));
        }
        let other: Option<TaskId> = self.key("task")?;
        waits.extend(other.map(|other| Wait { task: Some(other), ..wait(WaitKind::TASK, String::new()) }));
        let until = self.span("sleep")?.map(|span| At(self.now.0.saturating_add(span.0)));
        waits.extend(until.map(|at| Wait { until: Some(at), ..wait(WaitKind::SLEEP, "sleep".to_owned()) }));
        let id = TreeId(100 + place.map_or(0, |place| place.0));
        let (function, detail) = ("app::work".to_owned(), String::new());
        let nodes = vec![TreeNode { depth: 0, function, location: place, detail }];
        let awaits = Awaits { task, at, kind: TreeKind::MEMORY, tree: id, since: vec![], waits };
        Ok(vec![Tree { id, nodes }.into(), awaits.into()])
    }

    /// `look 7 idle again still=3s at=1s`
    fn looked(&mut self) -> Result<Fact, Wrong> {
        let (task, at) = (self.task()?, self.when()?);
        let activity = Activity::from_name(self.word(1)?).ok_or("no such activity")?;
        let (again, still) = (self.words.contains(&"again"), self.moment("still")?.unwrap_or(at));
        Ok(Looked { task, activity, cancelled: false, at, again, still }.into())
    }

    /// `holds 7 lock 16 place=2 aside granted`; `holds 7` nothing any more
    fn holds(&mut self) -> Result<Fact, Wrong> {
        let (task, location) = (self.task()?, self.location_id("place")?);
        let mut held = Vec::new();
        if let Ok(what) = self.word(1) {
            let what = WaitKind::from_name(what).ok_or("nothing one can hold")?;
            let text = if what == WaitKind::LOCK { "mutex".to_owned() } else { what.to_string() };
            let (granted, aside) = (self.words.contains(&"granted"), self.words.contains(&"aside"));
            held.push(Held { what, text, address: Self::read(self.word(2)?)?, location, granted, aside });
        }
        Ok(Holds { task, held }.into())
    }

    /// `observed 1 save_order made=3 polled=0 completed=0 unpolled=3 forgotten=3 by=7 half_way=0 last=5s`
    fn observed(&mut self) -> Result<Fact, Wrong> {
        let (made, polled, completed) =
            (self.count("made")?, self.count("polled")?, self.count("completed")?);
        let (unpolled, forgotten, half_way) =
            (self.count("unpolled")?, self.count("forgotten")?, self.count("half_way")?);
        let (forgotten_by, last) = (self.key("by")?, self.moment("last")?);
        let last_forgotten = last.or((forgotten > 0).then_some(self.now));
        let (location, label) = (self.place()?, self.word(1)?.to_owned());
        Ok(Observed {
            location,
            label,
            made,
            polled,
            completed,
            unpolled,
            forgotten,
            last_forgotten,
            forgotten_by,
            half_way,
        }
        .into())
    }

    /// `half_way 1 "POST /orders" request after=2.1s waiting=2 for=read task=7`
    fn half_way(&mut self) -> Result<Fact, Wrong> {
        let kind = DropKind::from_name(self.word(2)?).ok_or("no such kind of future")?;
        let (location, label, task) = (self.place()?, self.word(1)?.to_owned(), self.key("task")?);
        let (at, after) = (self.when()?, self.span("after")?.unwrap_or_default());
        let (waiting_at, waiting_for) = (self.location_id("waiting")?, self.text("for"));
        Ok(HalfWay { location, label, kind, task, at, after, waiting_at, waiting_for }.into())
    }

    /// `outcomes 1 completed=5 panicked=3 panics_unseen=3`
    fn outcomes(&mut self) -> Result<Fact, Wrong> {
        Ok(Outcomes {
            location: self.place()?,
            completed: self.count("completed")?,
            failed: self.count("failed")?,
            cancelled: self.count("cancelled")?,
            panicked: self.count("panicked")?,
            shut_down: self.count("shut_down")?,
            errors_unseen: self.count("errors_unseen")?,
            panics_unseen: self.count("panics_unseen")?,
        }
        .into())
    }

    /// `load 1 every=10s least=0,10,20 most=50,60,70 spawned=50,50,50`
    fn load(&mut self) -> Result<Fact, Wrong> {
        let (location, until) = (self.place()?, self.when()?);
        let every = self.span("every")?.ok_or("how long is a span?")?;
        let (least, most, spawned) = (self.counts("least")?, self.counts("most")?, self.counts("spawned")?);
        Ok(Load { location, every, until, least, most, spawned }.into())
    }

    /// `call 1 std std::thread::sleep`, `call 2 user app::wait place=2`: frame 1 and 2 of stacks
    fn frame(&mut self) -> Result<Fact, Wrong> {
        let id = FrameId(Self::read(self.word(0)?)?);
        let origin = Origin::from_name(self.word(1)?).ok_or("no such origin")?;
        let function = self.words.get(2..).unwrap_or_default().join(" ");
        let calls = vec![Call { function, location: self.location_id("place")?, origin }];
        let (module, build_id) = ("/bin/app".to_owned(), String::new());
        Ok(Frame { id, address: 0, module, build_id, offset: 16, calls }.into())
    }

    /// `slow 1 7 at=1s length=3s count=2 place=2 spawned=1 waiting=3 stack=1,2 doing=running call=futex`: poll 1, of
    /// task 7; without a length it lasts
    fn slow_poll(&mut self) -> Result<Fact, Wrong> {
        let (at, length, count) = (self.when()?, self.span("length")?, self.key("count")?.unwrap_or(1));
        let doing =
            self.keys.remove("doing").map_or(Some(Doing::IN_CALL), Doing::from_name).ok_or("doing what?")?;
        let call = self.text("call");
        let frames = if self.keys.contains_key("stack") { self.counts("stack")? } else { Vec::new() };
        let frames: Vec<_> = frames.into_iter().map(FrameId).collect();
        let none = frames.is_empty();
        let stack = Stack { doing, call, approximate: false, complete: true, frames };
        let sample = Sample { after: Nanos(101_000_000), stack };
        Ok(SlowPoll {
            id: SlowPollId(Self::read(self.word(0)?)?),
            place: self.location_id("place")?,
            spawned_at: self.location_id("spawned")?,
            count,
            more: self.count("more")?,
            since: self.moment("since")?.unwrap_or(at),
            longest: length.unwrap_or_default(),
            limit: Nanos(100_000_000),
            task: Self::read(self.word(1)?)?,
            runtime: None,
            worker: self.key("worker")?.map(Worker),
            tid: 1,
            at,
            length,
            waiting: self.key("waiting")?,
            samples: if none { Vec::new() } else { vec![sample] },
        }
        .into())
    }

    /// `pool 0 since=1s queued=3 threads=512`
    fn pool_full(&mut self) -> Result<Fact, Wrong> {
        let (queued, threads) = (self.count("queued")?, self.count("threads")?);
        Ok(PoolFull {
            runtime: RuntimeId(Self::read(self.word(0)?)?),
            since: self.moment("since")?,
            queued,
            threads,
        }
        .into())
    }
}

fn span(text: &str) -> Result<Nanos, Wrong> {
    if text == "0" { Ok(Nanos(0)) } else { Nanos::parse(text).map_err(|error| format!("{text}: {error}")) }
}
