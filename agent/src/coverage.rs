//! What the agent can see in this program and what it cannot: one sentence a topic, and the one line that
//! would change it.

use crate::core::Core;
use crate::flags::{CFG_REMEDY, HOOKS};
use crate::observe::observer;
use crate::panics;
use taskscope_model::change::Coverage;
use taskscope_model::codes::Seen;

/// What makes a task known in full.
const WRAP_REMEDY: &str = "spawn with taskscope_agent::spawn, taskscope_agent::task::JoinSet and the like";
const LOCAL_REMEDY: &str = "spawn with taskscope_agent::task::spawn_local";
const BLOCKING_REMEDY: &str = "spawn with taskscope_agent::task::spawn_blocking";

/// Ends that tokio has counted and we have not: beyond so many they are not merely on their way.
const ENDS_ON_THEIR_WAY: u64 = 64;

/// Everything there is to say now, of a program of which so many tasks were seen to end.
pub(crate) fn coverage(core: &Core, ended: u64) -> Vec<Coverage> {
    let mut all = vec![
        tasks(core),
        hooks(core, ended),
        outcomes(),
        topic("names", Seen::PARTLY, "tokio::spawn tells the names and futures of tasks only to tracing", WRAP_REMEDY),
        wakes("scheduled", "when a task was woken is not recorded, so idle includes scheduled"),
        wakes("wakes", "wakes are not recorded"),
        await_trees(),
        never_awaited(),
        topic("stacks", Seen::YES, "", ""),
        topic("local tasks", Seen::PARTLY, "tokio calls no hook for its spawn_local on a LocalSet", LOCAL_REMEDY),
        topic("blocking tasks", Seen::PARTLY, "tokio calls no hook when its spawn_blocking begins", BLOCKING_REMEDY),
    ];
    #[cfg(feature = "console")]
    all.push(crate::console::coverage());
    all.extend(core.notes.all());
    all
}

fn topic(topic: &str, seen: Seen, why: &str, remedy: &str) -> Coverage {
    Coverage { topic: topic.to_owned(), seen, why: why.to_owned(), remedy: remedy.to_owned() }
}

fn outcomes() -> Coverage {
    let plain = "tokio::spawn does not tell how a task ended; only a shutdown is known";
    match panics::untold() {
        0 => topic("outcomes", Seen::PARTLY, plain, WRAP_REMEDY),
        untold => {
            let why = format!(
                "{plain}; of {untold} panics the place is not known: the agent's panic hook was replaced, or they were \
                 raised by resume_unwind"
            );
            topic("outcomes", Seen::PARTLY, &why, "set a panic hook before the agent starts, or call the one before")
        }
    }
}

fn wakes(topic_name: &str, why_not: &str) -> Coverage {
    if crate::wrapped::counts_wakes() {
        let why = "only of tasks spawned with taskscope_agent::spawn and the like";
        topic(topic_name, Seen::PARTLY, why, WRAP_REMEDY)
    } else {
        topic(topic_name, Seen::NO, why_not, "TASKSCOPE=debug, for tasks spawned with taskscope_agent::spawn")
    }
}

fn await_trees() -> Coverage {
    let remedy = "put #[taskscope_agent::observe] on async functions, or call .observed(\"label\") on futures";
    match observer().map(|observer| (observer.seen().any, observer.without_node())) {
        Some((true, 0)) => topic("await trees", Seen::PARTLY, "only observed futures are seen", remedy),
        Some((true, more)) => {
            let why = format!("only observed futures are seen; {more} of them found no room and are only counted");
            topic("await trees", Seen::PARTLY, &why, remedy)
        }
        _ => topic("await trees", Seen::NO, "tokio's hooks do not tell where a task waits", remedy),
    }
}

fn never_awaited() -> Coverage {
    let name = "never awaited";
    let Some(seen) = observer().map(|observer| observer.seen()).filter(|seen| seen.any) else {
        return topic(name, Seen::NO, "no future is observed", "put #[taskscope_agent::observe] on async functions");
    };
    if seen.not_understood > 0 {
        let why = format!(
            "what {} drops of observed futures mean cannot be told: line tables, or the sources, are not here",
            seen.not_understood
        );
        let remedy = "in Cargo.toml: [profile.release] debug = \"line-tables-only\"; and run it where it was built";
        topic(name, Seen::PARTLY, &why, remedy)
    } else if seen.left_out > 0 {
        let why = format!("{} drops of observed futures found no room for their stacks", seen.left_out);
        topic(name, Seen::PARTLY, &why, "")
    } else {
        topic(name, Seen::YES, "", "")
    }
}

fn tasks(core: &Core) -> Coverage {
    let untracked = core.store.untracked();
    if !HOOKS {
        let why = "built without --cfg tokio_unstable: of spawned tasks those of taskscope_agent::spawn are seen, \
             others are only counted";
        topic("tasks", Seen::PARTLY, why, CFG_REMEDY)
    } else if core.runtimes.all().is_empty() {
        let remedy = "taskscope_agent::Builder::new().install(&mut tokio_builder) before tokio_builder.build()";
        topic("tasks", Seen::NO, "the agent was installed into no runtime", remedy)
    } else if untracked > 0 {
        topic("tasks", Seen::PARTLY, &format!("{untracked} tasks found no room and are only counted"), "")
    } else {
        topic("tasks", Seen::YES, "", "")
    }
}

fn hooks(core: &Core, ended: u64) -> Coverage {
    let remedy = "give hooks to taskscope_agent::Builder::on_task_spawn and the like, or install the agent last";
    let (unknown, unended) = (core.store.unknown_polls(), core.store.unended_polls());
    let tracks_all = core.store.untracked() == 0;
    if !HOOKS {
        let why = "built without --cfg tokio_unstable: only those of `main` and of taskscope_agent::spawn are seen";
        topic("polls", Seen::PARTLY, why, CFG_REMEDY)
    } else if unknown > 0 && tracks_all {
        let why = format!("{unknown} polls of tasks whose spawn was not seen: the spawn hook was replaced after install");
        topic("polls", Seen::PARTLY, &why, remedy)
    } else if core.store.unbegun_polls() > 0 {
        let why = "polls end that did not begin: the before-poll hook was replaced after install";
        topic("polls", Seen::PARTLY, why, remedy)
    } else if tracks_all && tokio_ended(core) > ended + ENDS_ON_THEIR_WAY {
        let why = "ended tasks seem alive: the terminate hook was replaced after install";
        topic("polls", Seen::PARTLY, why, remedy)
    } else if unended > 0 {
        let why = "polls begin that do not end: the after-poll hook was replaced after install";
        topic("polls", Seen::PARTLY, why, remedy)
    } else {
        topic("polls", Seen::YES, "", "")
    }
}

/// Tasks that have ended as tokio counts them, in the runtimes whose handles are at hand.
#[cfg(tokio_unstable)]
fn tokio_ended(core: &Core) -> u64 {
    let handles = core.runtimes.all().into_iter().filter_map(|slot| slot.handle());
    let ended = handles.map(|handle| {
        let metrics = handle.metrics();
        metrics.spawned_tasks_count().saturating_sub(metrics.num_alive_tasks() as u64)
    });
    ended.sum()
}

/// Without the hooks nothing can be missing.
#[cfg(not(tokio_unstable))]
fn tokio_ended(_: &Core) -> u64 {
    0
}
