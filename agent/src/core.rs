//! The process's one agent: made by the first builder that is not off, and then there until the process ends.

use crate::farewell::Farewell;
use crate::limits::Limits;
use crate::mode::{CurrentMode, Mode};
use crate::notes::Notes;
use crate::offered::Offers;
use crate::runtimes::Runtimes;
use crate::settings::Settings;
use crate::stacks::Stacks;
use crate::store::Store;
use crate::task_number;
use std::sync::OnceLock;

/// The agent's parts.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) runtimes: Runtimes,
    pub(crate) notes: Notes,
    pub(crate) offers: Offers,
    pub(crate) farewell: Farewell,
    pub(crate) limits: Limits,
    pub(crate) stacks: Stacks,
    pub(crate) settings: Settings,
    pub(crate) mode: CurrentMode,
    /// Raw clock.
    pub(crate) started_at: u64,
}

static CORE: OnceLock<Option<Core>> = OnceLock::new();

/// The agent, if it has been started.
pub(crate) fn get() -> Option<&'static Core> {
    CORE.get()?.as_ref()
}

/// The agent; the first call makes it. `None` if it cannot run with this tokio: then nothing is installed.
pub(crate) fn get_or_make(settings: Settings, mode: Mode) -> Option<&'static Core> {
    CORE.get_or_init(|| task_ids_can_be_read().then(|| Core::new(settings, mode))).as_ref()
}

impl Core {
    fn new(settings: Settings, mode: Mode) -> Self {
        let store = Store::new();
        Self {
            started_at: store.clock.raw(),
            store,
            runtimes: Runtimes::new(),
            notes: Notes::default(),
            offers: Offers::default(),
            farewell: Farewell::default(),
            limits: Limits::new(&settings.limits),
            stacks: Stacks::new(settings.origins.clone(), wake_server),
            settings,
            mode: CurrentMode::new(mode),
        }
    }
}

/// Whether a task's number can be read in this version of tokio. Tried on a task of a runtime of our own, of which
/// the program's subscriber is not told.
fn task_ids_can_be_read() -> bool {
    #[cfg(feature = "console")]
    let _unseen = tracing::subscriber::set_default(tracing::subscriber::NoSubscriber::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.is_ok_and(|runtime| task_number::reads(runtime.spawn(async {}).id()))
}

/// Has the server look at what is new.
pub(crate) fn wake_server() {
    if let Some(core) = get() {
        core.farewell.wake();
    }
}
