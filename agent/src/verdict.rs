//! What a test has left behind: the evidence of its own runtime, judged, in words.

mod blocked;

use crate::core::{self, Core};
use crate::observe::observer;
use crate::records::Copied;
use crate::runtime::Runtime;
use crate::tell::Teller;
use std::fmt::Write;
use std::time::Duration;
use taskscope_model::codes::TaskKind;
use taskscope_model::task::By;
use taskscope_model::world::Names;
use taskscope_model::{
    Change, Diagnosis, Fact, Finding, Kind, LocationId, RuntimeId, Severity, Source, TaskId, World,
};

/// A task that still does something is waited for so often, a millisecond each.
const MOST_TURNS: u32 = 5_000;
/// One that does nothing is pending after so many ...
const IDLE_TURNS: u32 = 100;
/// ... and so many where nobody can tell whether it does something.
const BLIND_TURNS: u32 = 1_000;

/// Kinds that fail a test; the others are news, not faults. Blocked workers do so too, though none is blocked any more
/// when a test is judged.
const FAIL: [Kind; 4] = [Kind::PendingAtShutdown, Kind::PanicUnseen, Kind::ErrorUnseen, Kind::NeverAwaited];

/// Ends a test's runtime, and says what the test has left behind; `None` if there is nothing but what is
/// allowed.
pub(crate) fn left_behind(runtime: Runtime, allowed: &[(Kind, Option<&str>)]) -> Option<String> {
    let (Some(core), Some(number)) = (core::get(), runtime.number()) else { return None };
    let plain = settle(core, &runtime, number);
    let mut teller = Teller::new(&core.store);
    let pending: Vec<Copied> = living(core, number).collect();
    let made = core.store.clock.at(runtime.made_at().unwrap_or(0));
    drop(runtime);
    teller.refresh_places(&core.store.places);
    let world = evidence(core, &teller, number, &pending);
    let diagnosis = Diagnosis::of(&world);
    let found = diagnosis.findings().filter(|finding| FAIL.contains(&finding.kind));
    // What ended with the runtime was pending, all of it: that is said below.
    let found = found.filter(|finding| finding.kind != Kind::PendingAtShutdown).cloned();
    let found = found.chain(still_pending(&world, &pending));
    let mut found: Vec<Finding> = found.filter(|finding| !is_allowed(&world, finding, allowed)).collect();
    let (blocked, world) = blocked::blocked(core, RuntimeId(number.into()), made, world);
    let is_allowed_there = |finding: &Finding| {
        let kinds = [Kind::BlockedWorker, Kind::SlowPoll];
        kinds.into_iter().any(|kind| is_allowed(&world, &Finding { kind, ..finding.clone() }, allowed))
    };
    found.extend(blocked.into_iter().filter(|finding| !is_allowed_there(finding)));
    let plain = if allowed.iter().any(|(kind, _)| *kind == Kind::PendingAtShutdown) { 0 } else { plain };
    words(&found, plain)
}

/// Lets what is about to end do so. Says how many tasks are left that nobody can name.
fn settle(core: &Core, runtime: &Runtime, number: u16) -> u64 {
    let (mut before, mut idle) = (0, 0);
    for turn in 0..MOST_TURNS {
        let (mut named, mut polls, mut busy) = (0, 0, false);
        for task in living(core, number) {
            named += 1;
            polls += task.polls;
            busy |= task.poll_start != 0;
        }
        let plain = (runtime.metrics().num_alive_tasks() as u64).saturating_sub(named);
        idle = if busy || polls != before { 0 } else { idle + 1 };
        before = polls;
        let most = if plain > 0 { BLIND_TURNS } else { IDLE_TURNS };
        if named + plain == 0 || idle >= most {
            return plain;
        }
        // On one thread this is what runs the tasks. No timer: a paused clock would run ahead.
        runtime.drive(tokio::task::yield_now());
        if turn > 10 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    0
}

/// The tasks of a runtime that are alive; blocking ones are waited for by the runtime itself.
fn living(core: &Core, number: u16) -> impl Iterator<Item = Copied> {
    let records = core.store.slab.iter().filter_map(|record| core.store.copy(record));
    records.filter(move |task| {
        let spawned = [TaskKind::ASYNC, TaskKind::LOCAL].contains(&task.seed.kind);
        spawned && task.seed.runtime == number
    })
}

/// What is known of the runtime's tasks, folded.
fn evidence(core: &Core, teller: &Teller, number: u16, pending: &[Copied]) -> World {
    let mut world = World::default();
    let mut tell = |fact: Fact| world.apply(&Change { source: Source::AGENT, fact });
    teller.locations.iter().for_each(|(location, _)| tell(location.clone().into()));
    for task in pending {
        tell(teller.spawned(task));
        tell(teller.polled(task));
    }
    #[cfg(unix)]
    for task in crate::server::history(&core.store).iter().filter(|task| task.last.seed.runtime == number) {
        tell(teller.spawned(&task.last));
        teller.described_ended(task).map(&mut tell);
        tell(teller.polled(&task.last));
        if let Some(standing) = teller.standing_ended(task) {
            teller.news_of(TaskId(task.last.seed.id), &standing, None).into_iter().for_each(&mut tell);
        }
        tell(teller.ended(task));
    }
    for observed in observer().map(|observer| observer.forgotten_in(number)).unwrap_or_default() {
        tell(observed.into());
    }
    world
}

/// The tasks that were alive, grouped by where they were spawned.
fn still_pending(world: &World, pending: &[Copied]) -> Vec<Finding> {
    let mut places: Vec<(u32, Vec<TaskId>)> = Vec::new();
    for task in pending {
        let id = TaskId(task.seed.id);
        match places.iter_mut().find(|(place, _)| *place == task.seed.location) {
            Some((_, tasks)) => tasks.push(id),
            None => places.push((task.seed.location, vec![id])),
        }
    }
    let finding = |(place, mut tasks): (u32, Vec<TaskId>)| {
        let location = By { source: Source::AGENT, id: LocationId(place) };
        let at = world.location_text(location).unwrap_or_default().into_owned();
        let count = tasks.len() as u64;
        tasks.truncate(taskscope_model::finding::MOST_TASKS);
        let (some, are) =
            if count == 1 { ("a task".to_owned(), "is") } else { (format!("{count} tasks"), "are") };
        Finding {
            kind: Kind::PendingAtShutdown,
            severity: Severity::Warning,
            message: format!("{some} spawned at {at} {are} still alive at the end"),
            advice: "await its handle, abort it, or let it go with `detach()`".to_owned(),
            tasks,
            location: Some(location),
            count,
            since: world.now(),
            evidence: Vec::new(),
        }
    };
    places.into_iter().map(finding).collect()
}

fn is_allowed(world: &World, finding: &Finding, allowed: &[(Kind, Option<&str>)]) -> bool {
    let file =
        finding.location.and_then(|location| world.location(location)).map(|location| location.file.as_str());
    allowed.iter().any(|(kind, path)| {
        *kind == finding.kind && path.is_none_or(|path| file.is_some_and(|file| file.contains(path)))
    })
}

fn words(found: &[Finding], plain: u64) -> Option<String> {
    if found.is_empty() && plain == 0 {
        return None;
    }
    let mut words = "the test has left something behind:".to_owned();
    for finding in found {
        // A text takes everything.
        let _ = write!(
            words,
            "\n  {} {}: {}; {}",
            finding.severity, finding.kind, finding.message, finding.advice
        );
    }
    if plain > 0 {
        let tasks = if plain == 1 { "plain task" } else { "plain tasks" };
        let _ = write!(
            words,
            "\n  warning pending_at_shutdown: {plain} {tasks} still alive at the end; \
             spawn with taskscope_agent::spawn, or build with --cfg tokio_unstable, to see which"
        );
    }
    Some(words)
}
