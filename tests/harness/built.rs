//! The programs, built once for a run of the tests, as `cargo build` builds them.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Name to executable, or why there are none.
type Built = Result<BTreeMap<String, PathBuf>, String>;

/// The packages whose programs are started.
const PACKAGES: &[&str] = &["taskscope", "taskscope-examples", "taskscope-tests"];

static BUILT: OnceLock<Built> = OnceLock::new();
static BUILT_WITHOUT_HOOKS: OnceLock<Built> = OnceLock::new();
static BUILT_WATCHED: OnceLock<Built> = OnceLock::new();

/// The monitor.
pub fn taskscope() -> &'static Path {
    program("taskscope")
}

/// A healthy server: one task a connection.
pub fn echo_server() -> &'static Path {
    program("echo_server")
}

/// A program with an unhealthy or unusual state, chosen by its first argument.
pub fn scenario() -> &'static Path {
    program("scenario")
}

/// The program that measures itself under load.
pub fn stress() -> &'static Path {
    program("stress")
}

/// A program that knows nothing of taskscope.
pub fn plain() -> &'static Path {
    program("plain")
}

/// A program of `examples/`.
pub fn example(name: &str) -> &'static Path {
    program(name)
}

/// The same, built without `--cfg tokio_unstable`.
#[track_caller]
pub fn example_without_hooks(name: &str) -> &'static Path {
    find(BUILT_WITHOUT_HOOKS.get_or_init(build_without_hooks), name)
}

/// The same, optimized and with line tables, as programs are deployed.
///
/// # Panics
/// It cannot be built.
#[track_caller]
pub fn example_as_deployed(name: &str) -> PathBuf {
    let built = build(target_folder(), &["taskscope-examples"], |cargo| {
        cargo.args(["--profile", "deployed", "--bin", name]);
    });
    let built = built.unwrap_or_else(|why| panic!("{why}"));
    built.get(name).cloned().expect("cargo names what it has built")
}

/// The monitor with the agent in it.
#[track_caller]
pub fn watched_taskscope() -> &'static Path {
    let build = || {
        let folder = target_folder().map(|folder| folder.join("watched"));
        build(folder, &["taskscope"], |cargo| _ = cargo.args(["--bins", "--features", "watched"]))
    };
    find(BUILT_WATCHED.get_or_init(build), "taskscope")
}

#[track_caller]
fn program(name: &str) -> &'static Path {
    find(BUILT.get_or_init(|| the_hooks_are_there().and_then(|()| build_all())), name)
}

fn build_all() -> Built {
    build(target_folder(), PACKAGES, |cargo| {
        cargo.arg("--bins");
    })
}

#[track_caller]
fn find(built: &'static Built, name: &str) -> &'static Path {
    match built {
        Ok(programs) => &programs[name],
        Err(why) => panic!("{why}"),
    }
}

/// In the folder in which `.ci/run` tests the same packages without the cfg.
fn build_without_hooks() -> Built {
    let folder = target_folder().map(|folder| folder.join("stable"));
    // An empty one replaces what .cargo/config.toml sets.
    build(folder, &["taskscope-examples"], |cargo| {
        cargo.arg("--bins").env("RUSTFLAGS", "");
    })
}

fn build(folder: Option<PathBuf>, packages: &[&str], set: impl Fn(&mut Command)) -> Built {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The settings of .cargo/config.toml hold below the folder in which cargo is started.
    cargo.current_dir(crate::source::root());
    cargo.args(["build", "--message-format=json-render-diagnostics"]);
    cargo.args(packages.iter().flat_map(|package| ["--package", *package]));
    set(&mut cargo);
    if let Some(folder) = folder {
        cargo.arg("--target-dir").arg(folder);
    }
    let output = cargo.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages.lines().filter_map(executable).collect())
}

/// Without the cfg there are no tasks to see, and every test would fail in a way of its own.
fn the_hooks_are_there() -> Result<(), String> {
    let environment = std::env::var("RUSTFLAGS").ok();
    let kept = environment.as_deref().is_none_or(|flags| flags.contains("tokio_unstable"));
    if cfg!(tokio_unstable) && kept {
        return Ok(());
    }
    let why = match environment {
        Some(flags) => {
            format!("RUSTFLAGS=`{flags}` in the environment replaces what .cargo/config.toml sets")
        }
        None => "the rustflags of .cargo/config.toml did not reach the compiler".to_owned(),
    };
    Err(format!("these tests need `--cfg tokio_unstable`: {why}"))
}

/// Where this test itself was built, so that nothing is built twice.
fn target_folder() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    // cargo marks a folder that it has made; in one that was there before the tests lie two folders down.
    let marked = || test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let above = || test.ancestors().find(|folder| folder.ends_with("deps"))?.ancestors().nth(2);
    marked().or_else(above).map(Path::to_owned)
}

/// The program that a message of cargo's tells of.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(path)))
}
