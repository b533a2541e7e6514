//! The agent's hooks in a tokio runtime, and the user's behind them.
//!
//! tokio keeps one closure a hook, and a second call replaces the first without a word. So hooks of the
//! user's come through the agent's builder and are called after ours; if ours are replaced later, the polls
//! that fit to no spawn, or the starts without an end, give it away and the coverage says so.

use crate::core::Core;
use crate::runtimes::Lease;
use crate::store::PollStart;
use crate::task_number::task_number;
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
        let (store, ours) = (&core.store, Arc::clone(lease));
        // No handle is left here: a spawn may come from the context of another runtime.
        let spawn = move |meta: &TaskMeta<'_>| {
            store.spawned(task_number(meta.id()), meta.spawned_at(), ours.slot.number);
        };
        let ours = Arc::clone(lease);
        let before = move |meta: &TaskMeta<'_>| {
            if store.poll_starts(task_number(meta.id())) != PollStart::Usual {
                ours.slot.leave_handle();
            }
        };
        let after = move |meta: &TaskMeta<'_>| store.poll_ends(task_number(meta.id()));
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

fn both(ours: impl Fn(&TaskMeta<'_>) + Send + Sync, theirs: Hook) -> impl Fn(&TaskMeta<'_>) + Send + Sync {
    move |meta| {
        ours(meta);
        theirs(meta);
    }
}
