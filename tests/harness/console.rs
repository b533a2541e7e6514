//! Programs that run console-subscriber: built apart from everything else, and asked by a client that is not ours.

use crate::clock::until;
use crate::place::Place;
use crate::process::Process;
use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, PauseRequest, ResumeRequest, Update};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tonic::transport::{Channel, Endpoint};

/// The programs, or why there are none.
static BUILT: OnceLock<Result<[PathBuf; 2], String>> = OnceLock::new();
/// The stock tokio-console, or why there is none.
static STOCK: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// The program of the scenes, which knows nothing of us. Built in a target folder of its own: its tokio has features
/// that ours must not have.
///
/// # Panics
/// It cannot be built.
#[track_caller]
pub fn console_program() -> &'static Path {
    &built()[0]
}

/// The program with our agent and its feature `console`, built beside the other.
///
/// # Panics
/// It cannot be built.
#[track_caller]
pub fn console_agent() -> &'static Path {
    &built()[1]
}

#[track_caller]
fn built() -> &'static [PathBuf; 2] {
    BUILT.get_or_init(build).as_ref().unwrap_or_else(|why| panic!("{why}"))
}

/// The stock tokio-console. Building it takes minutes, and once it is there it stays.
///
/// # Panics
/// It cannot be built.
#[track_caller]
pub fn tokio_console() -> &'static Path {
    STOCK.get_or_init(install).as_ref().unwrap_or_else(|why| panic!("{why}"))
}

fn install() -> Result<PathBuf, String> {
    let root = crate::source::root().join("tests/console/target/stock");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::source::root().join("tests/console"));
    cargo.args(["install", "tokio-console", "--version", "0.1.14", "--locked", "--root"]).arg(&root);
    cargo.arg("--target-dir").arg(root.join("target"));
    let output = cargo.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    match output.status.success() {
        true => Ok(root.join("bin/tokio-console")),
        false => Err(format!("cargo install failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn build() -> Result<[PathBuf; 2], String> {
    let folder = crate::source::root().join("tests/console");
    let target = folder.join("target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&folder).args(["build", "--target-dir"]).arg(&target);
    let output = cargo.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    match output.status.success() {
        true => Ok(["debug/console_program", "debug/console_agent"].map(|program| target.join(program))),
        false => Err(format!("cargo build failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// What another client is told of a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its fields, as text.
    pub fields: HashMap<String, String>,
    /// Where it was spawned.
    pub location: (String, u32),
    /// Its figures.
    pub stats: console_api::tasks::Stats,
}

/// A client of console-subscriber's own kind.
#[derive(Debug)]
pub struct Console {
    runtime: tokio::runtime::Runtime,
    client: InstrumentClient<Channel>,
}

impl Console {
    /// Connects.
    ///
    /// # Panics
    /// Nobody is there.
    #[track_caller]
    pub fn to(process: &Process) -> Self {
        Self::at(&format!("http://{}", process.address()))
    }

    /// Connects to `http://HOST:PORT` or `unix:PATH`.
    ///
    /// # Panics
    /// Nobody is there.
    #[track_caller]
    pub fn at(address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("there are threads left");
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.expect("that is an address");
        let channel = runtime.block_on(endpoint.connect()).expect("it listens");
        Self { runtime, client: InstrumentClient::new(channel).max_decoding_message_size(usize::MAX) }
    }

    /// All it tells at first.
    ///
    /// # Panics
    /// It tells nothing.
    #[track_caller]
    pub fn update(&self) -> Update {
        let mut client = self.client.clone();
        let first = self.runtime.block_on(async {
            let mut updates = client.watch_updates(InstrumentRequest {}).await?.into_inner();
            updates.message().await
        });
        first.expect("it answers").expect("it tells something")
    }

    /// All it tells at first, when its tasks are as many as they should be.
    #[track_caller]
    pub fn update_of(&self, tasks: usize) -> Update {
        until("its tasks", || {
            let update = self.update();
            match update.task_update.as_ref().map_or(0, |told| told.new_tasks.len()) {
                there if there >= tasks => Ok(update),
                there => Err(format!("{there} of {tasks}")),
            }
        })
    }

    /// The tasks it tells of, by the number that tokio gave them.
    #[track_caller]
    pub fn tasks(&self) -> HashMap<String, Seen> {
        let tasks = self.update().task_update.unwrap_or_default();
        let seen = tasks.new_tasks.iter().map(|task| {
            let field = |field: &console_api::Field| Some((name(field)?, value(field)?));
            let fields: HashMap<_, _> = task.fields.iter().filter_map(field).collect();
            let location = task.location.clone().unwrap_or_default();
            let location = (location.file.unwrap_or_default(), location.line.unwrap_or_default());
            let span = task.id.expect("a task has an id").id;
            let stats = tasks.stats_update.get(&span).cloned().unwrap_or_default();
            (fields["task.id"].clone(), Seen { fields, location, stats })
        });
        seen.collect()
    }

    /// Pauses it for everybody, or lets it go on.
    ///
    /// # Panics
    /// It does not answer.
    pub fn pause(&self, paused: bool) {
        let mut client = self.client.clone();
        let answer = self.runtime.block_on(async {
            match paused {
                true => client.pause(PauseRequest {}).await.map(drop),
                false => client.resume(ResumeRequest {}).await.map(drop),
            }
        });
        answer.expect("it answers");
    }
}

impl Place {
    /// Starts a scene, and waits until it is set and console-subscriber has told of so many tasks.
    #[track_caller]
    pub fn console(&self, arguments: &[&str], tasks: usize) -> Process {
        let process = self.start(console_program(), arguments);
        let console = Console::to(&process);
        until("its tasks", || match console.tasks().len() {
            there if there >= tasks => Ok(()),
            there => Err(format!("{there} of {tasks}")),
        });
        process
    }
}

/// The name of a field, where it is not a number.
pub fn name(field: &console_api::Field) -> Option<String> {
    match field.name.as_ref()? {
        console_api::field::Name::StrName(name) => Some(name.clone()),
        console_api::field::Name::NameIdx(_) => None,
    }
}

/// The value of a field as text.
pub fn value(field: &console_api::Field) -> Option<String> {
    use console_api::field::Value;
    Some(match field.value.as_ref()? {
        Value::DebugVal(text) | Value::StrVal(text) => text.clone(),
        Value::U64Val(number) => number.to_string(),
        Value::I64Val(number) => number.to_string(),
        Value::BoolVal(is) => is.to_string(),
    })
}
