//! How a program says what the agent shall do.

use crate::core::{self, Core};
use crate::environment::{complain, read};
#[cfg(tokio_unstable)]
use crate::hooks::Hooks;
use crate::limits::Limit;
use crate::mode::Mode;
use crate::observe;
use crate::panics;
use crate::runtime::Runtime;
use crate::runtimes::Lease;
use crate::server;
use crate::settings::Settings;
use crate::stacks::{Choice, Origins};
use crate::watchdog;
use crate::wrapped;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use taskscope_model::Nanos;
use taskscope_model::hello::Rights;
#[cfg(tokio_unstable)]
use tokio::runtime::TaskMeta;

/// Configures the agent and installs it into runtimes.
///
/// The agent itself is one a process: the first builder that installs it decides where it listens. Each
/// runtime may have a name and hooks of its own.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let runtime = taskscope_agent::Builder::from_env().name("jobs").build()?;
/// runtime.block_on(async { /* ... */ });
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `install` or `build`"]
pub struct Builder {
    mode: Mode,
    name: Option<String>,
    settings: Settings,
    #[cfg(tokio_unstable)]
    hooks: Hooks,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("mode", &self.mode).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Builder {
    /// The agent on, on its Unix socket only. Reads no environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`new`](Self::new), then as the environment says:
    ///
    /// - `TASKSCOPE=off|on|log|debug`: see [`Mode`]
    /// - `TASKSCOPE_LISTEN=127.0.0.1:6670`: listen on TCP too
    /// - `TASKSCOPE_TOKEN_FILE=PATH`: the secret that every TCP connection must present
    /// - `TASKSCOPE_RIGHTS=read,control,memory`: what TCP connections may do; without it they may read
    /// - `TASKSCOPE_SLOW_POLL=100ms`: from this length on a poll is slow; `off`: none is
    /// - `TASKSCOPE_BLACKBOX=FILE`: where the last minutes are written when something goes wrong, see
    ///   [`black_box`](Self::black_box)
    /// - `TASKSCOPE_SIGNAL=40`: the signal by which threads are asked for their stacks, instead of the first free
    ///   one from SIGRTMIN+4 on; `off`: only threads in a system call show theirs
    /// - `TASKSCOPE_USER_PATHS=/src/shop:/src/lib`: what of the source is the program's own
    ///
    /// A value that cannot be understood is named in one line on standard error, and left out.
    pub fn from_env() -> Self {
        Self::new().and_environment()
    }

    /// What was set so far, then as the environment says.
    pub(crate) fn and_environment(self) -> Self {
        let mut builder = self;
        if let Some(mode) = read("TASKSCOPE") {
            match mode.parse() {
                Ok(mode) => builder.mode = mode,
                Err(error) => complain("TASKSCOPE", &mode, &format!("{error}")),
            }
        }
        builder.settings.listen = read("TASKSCOPE_LISTEN");
        builder.settings.token_file = std::env::var_os("TASKSCOPE_TOKEN_FILE").map(PathBuf::from);
        if let Some(rights) = read("TASKSCOPE_RIGHTS") {
            match parse_rights(&rights) {
                Some(rights) => builder.settings.tcp_rights = rights,
                None => complain("TASKSCOPE_RIGHTS", &rights, "a list of read, control, memory is wanted"),
            }
        }
        if let Some(limit) = read("TASKSCOPE_SLOW_POLL") {
            match parse_limit(&limit) {
                Some(limit) => builder.settings.limits.all = Some(limit),
                None => complain("TASKSCOPE_SLOW_POLL", &limit, "a duration such as 100ms is wanted, or off"),
            }
        }
        if let Some(path) = std::env::var_os("TASKSCOPE_BLACKBOX").filter(|path| !path.is_empty()) {
            builder.settings.black_box = Some(PathBuf::from(path));
        }
        if let Some(signal) = read("TASKSCOPE_SIGNAL") {
            match Choice::parse(&signal) {
                Some(choice) => builder.settings.signal = choice,
                None => complain("TASKSCOPE_SIGNAL", &signal, "the number of a realtime signal is wanted, or off"),
            }
        }
        if let Some(paths) = read("TASKSCOPE_USER_PATHS") {
            builder.settings.origins = Origins::new(&paths);
        }
        builder
    }

    /// How much the agent does.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The name under which the runtime is shown; without it `runtime-0` and so on.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Listens on TCP too, such as `127.0.0.1:6670`. An address that is not loopback wants a token.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.settings.listen = Some(address.into());
        self
    }

    /// The file whose first line every TCP connection must present.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.token_file = Some(path.into());
        self
    }

    /// Lets TCP connections cancel tasks and the like, not only look.
    pub fn tcp_control(mut self, allowed: bool) -> Self {
        self.settings.tcp_rights.control = allowed;
        self
    }

    /// From this length on a poll is slow: 100 ms if nobody says otherwise, `None` for no limit. Below 5 ms it is
    /// 5 ms.
    pub fn slow_poll(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.settings.limits.all = Some(limit_of(limit.into()));
        self
    }

    /// The same for the tasks that are spawned in one file, or at one line of it: `src/jobs.rs`,
    /// `src/jobs.rs:88`. If several fit, the last one holds.
    pub fn slow_poll_of(mut self, spawned_at: impl Into<String>, limit: impl Into<Option<Duration>>) -> Self {
        self.settings.limits.of_places.push((spawned_at.into(), limit_of(limit.into())));
        self
    }

    /// Keeps what happened in the last minutes, and writes it to this file as a recording when a worker has been
    /// blocked for a second, on a panic and at the end of the program: `taskscope findings FILE` reads it, and every
    /// other command that reads. `{pid}` in the name stands for the process's number. At most 16 MiB, in memory too;
    /// the file is replaced as a whole. Works on Unix.
    pub fn black_box(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings.black_box = Some(file.into());
        self
    }

    /// Called after the agent's own hook; see [`tokio::runtime::Builder::on_task_spawn`].
    #[cfg(tokio_unstable)]
    pub fn on_task_spawn(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.on_spawn = Some(Box::new(hook));
        self
    }

    /// Called after the agent's own hook; see [`tokio::runtime::Builder::on_before_task_poll`].
    #[cfg(tokio_unstable)]
    pub fn on_before_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.before_poll = Some(Box::new(hook));
        self
    }

    /// Called after the agent's own hook; see [`tokio::runtime::Builder::on_after_task_poll`].
    #[cfg(tokio_unstable)]
    pub fn on_after_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.after_poll = Some(Box::new(hook));
        self
    }

    /// Called after the agent's own hook; see [`tokio::runtime::Builder::on_task_terminate`].
    #[cfg(tokio_unstable)]
    pub fn on_task_terminate(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.on_terminate = Some(Box::new(hook));
        self
    }

    /// Installs the agent into a runtime that is about to be built. Task hooks set on `runtime` before are
    /// replaced (tokio keeps one of each), and hooks set on it later replace the agent's: give them to this
    /// builder instead. For a row of its own, wrap the future of `block_on` in [`root`](crate::root).
    pub fn install(self, runtime: &mut tokio::runtime::Builder) {
        self.install_leased(runtime);
    }

    fn install_leased(self, runtime: &mut tokio::runtime::Builder) -> Option<Arc<Lease>> {
        let core = if self.mode == Mode::Off { None } else { started(self.settings, self.mode) };
        let Some(core) = core else {
            #[cfg(tokio_unstable)]
            self.hooks.install_alone(runtime);
            return None;
        };
        let lease = core.runtimes.add(self.name, core.store.clock.raw(), core::wake_server);
        core.farewell.welcome();
        #[cfg(tokio_unstable)]
        self.hooks.install(runtime, core, &lease);
        #[cfg(not(tokio_unstable))]
        let _ = runtime;
        Some(lease)
    }

    /// Builds a multi-threaded runtime with all drivers and the agent in it.
    ///
    /// # Errors
    /// tokio cannot build a runtime.
    pub fn build(self) -> std::io::Result<Runtime> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_all();
        self.build_from(&mut runtime)
    }

    /// Builds the given runtime with the agent in it.
    ///
    /// # Errors
    /// tokio cannot build the runtime.
    pub fn build_from(self, runtime: &mut tokio::runtime::Builder) -> std::io::Result<Runtime> {
        let lease = self.install_leased(runtime);
        runtime.build().map(|runtime| Runtime::new(runtime, lease))
    }
}

/// The agent, serving; the first call starts it.
fn started(settings: Settings, mode: Mode) -> Option<&'static Core> {
    static SERVED: OnceLock<()> = OnceLock::new();
    let core = core::get_or_make(settings, mode)?;
    core.mode.raise(mode);
    SERVED.get_or_init(|| {
        panics::install();
        wrapped::count_wakes(core.mode.get() == Mode::Debug);
        observe::begin(&core.store, core::wake_server);
        server::start(core);
        watchdog::start(core);
    });
    Some(core)
}

fn limit_of(limit: Option<Duration>) -> Limit {
    limit.map_or(Limit::None, |limit| Limit::At(limit.into()))
}

fn parse_limit(text: &str) -> Option<Limit> {
    if text == "off" { Some(Limit::None) } else { Nanos::parse(text).ok().map(Limit::At) }
}

fn parse_rights(text: &str) -> Option<Rights> {
    let mut rights = Rights::default();
    for right in text.split(',') {
        match right.trim() {
            "read" => rights.read = true,
            "control" => rights.control = true,
            "memory" => rights.memory = true,
            _ => return None,
        }
    }
    Some(rights)
}
