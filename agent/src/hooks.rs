//! The agent's hooks in a tokio runtime, and the user's behind them.
//!
//! tokio keeps one closure a hook, and a second call replaces the first without a word. So hooks of the
//! user's come through the agent's builder and are called after ours; if ours are replaced later, the polls
//! that fit to no spawn, or the starts without an end, give it away and the coverage says so.

use crate::clock::Counter;
use crate::core::{self, Core};
use crate::runtimes::Lease;
use crate::store::{PollStart, Store, ends_as_usual, starts_as_usual};
use crate::task_number::task_number;
use crate::threads::Threads;
use std::sync::Arc;
use tokio::runtime::{Builder, TaskMeta};

/// A hook of the user's.
pub(crate) type Hook = Box<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

/// The user's hooks.
#[derive(Default)]
pub(crate) struct Hooks {
    pub(crate) on_spawn: Option<Hook>,
    pub(crate) before_poll: Option<Hook>,
    pub(crate) after_poll: Option<Hook>,
    pub(crate) on_terminate: Option<Hook>,
}

impl Hooks {
    /// Puts the user's hooks alone into a runtime: the agent is off.
    pub(crate) fn install_alone(self, builder: &mut Builder) {
        if let Some(hook) = self.on_spawn {
            builder.on_task_spawn(hook);
        }
        if let Some(hook) = self.before_poll {
            builder.on_before_task_poll(hook);
        }
        if let Some(hook) = self.after_poll {
            builder.on_after_task_poll(hook);
        }
        if let Some(hook) = self.on_terminate {
            builder.on_task_terminate(hook);
        }
    }

    /// Puts ours, each followed by the user's, into a runtime.
    pub(crate) fn install(self, builder: &mut Builder, core: &'static Core, lease: &Arc<Lease>) {
        match core.store.clock.tsc() {
            Some(tsc) => self.install_with(tsc, builder, &core.store, lease),
            None => self.install_with(&core.store.clock, builder, &core.store, lease),
        }
    }

    fn install_with(
        self,
        counter: impl Counter,
        builder: &mut Builder,
        store: &'static Store,
        lease: &Arc<Lease>,
    ) {
        let ours = Arc::clone(lease);
        // No handle is left here: a spawn may come from the context of another runtime.
        let spawn = move |meta: &TaskMeta<'_>| {
            store.spawned(task_number(meta.id()), meta.spawned_at(), ours.slot.number);
        };
        let ours = Arc::clone(lease);
        let before = move |meta: &TaskMeta<'_>| {
            let now = counter.raw();
            if !starts_as_usual(task_number(meta.id()), now) {
                poll_starts(&ours, meta, now);
            }
        };
        let after = move |meta: &TaskMeta<'_>| {
            // First this, which waits for nothing: one register less to save.
            let thread = Threads::mine_by_now();
            let now = counter.raw();
            if !ends_as_usual(thread, task_number(meta.id()), now) {
                poll_ends(meta, now);
            }
        };
        let terminate = move |meta: &TaskMeta<'_>| store.terminated(task_number(meta.id()));

        match self.on_spawn {
            None => builder.on_task_spawn(spawn),
            Some(theirs) => builder.on_task_spawn(both(spawn, theirs)),
        };
        match self.before_poll {
            None => builder.on_before_task_poll(before),
            Some(theirs) => builder.on_before_task_poll(both(before, theirs)),
        };
        match self.after_poll {
            None => builder.on_after_task_poll(after),
            Some(theirs) => builder.on_after_task_poll(both(after, theirs)),
        };
        match self.on_terminate {
            None => builder.on_task_terminate(terminate),
            Some(theirs) => builder.on_task_terminate(both(terminate, theirs)),
        };
    }
}

/// Any poll. Kept out of the hook, which needs to save fewer registers that way.
#[inline(never)]
fn poll_starts(ours: &Lease, meta: &TaskMeta<'_>, now: u64) {
    let Some(core) = core::get() else { return };
    if core.store.poll_starts(task_number(meta.id()), now) != PollStart::Usual {
        ours.slot.leave_handle();
    }
}

/// The same for its end.
#[inline(never)]
fn poll_ends(meta: &TaskMeta<'_>, now: u64) {
    if let Some(core) = core::get() {
        core.store.poll_ends(task_number(meta.id()), now);
    }
}

fn both(ours: impl Fn(&TaskMeta<'_>) + Send + Sync, theirs: Hook) -> impl Fn(&TaskMeta<'_>) + Send + Sync {
    move |meta| {
        ours(meta);
        theirs(meta);
    }
}
