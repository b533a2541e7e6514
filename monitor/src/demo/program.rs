//! The program that the demo shows: a small one with something of everything.

mod load;
mod mishaps;
mod traffic;

use std::io::{Read, Write};

use anyhow::{Context, Result};
use taskscope_agent::Builder;
use tokio::sync::oneshot;

/// What it prints when there is something to see.
pub(super) const READY: &str = "ready";

/// Runs until standard input ends, that is, until whoever started it is gone.
pub(crate) fn program() -> Result<()> {
    // The demo's panics are on purpose: there is nobody to read of them.
    std::panic::set_hook(Box::new(|_| ()));
    let runtime = Builder::from_env().name("demo").build().context("cannot build the demo's runtime")?;
    let beside = runtime.block_on(async {
        load::start();
        mishaps::start();
        traffic::start();
        let beside = std::thread::Builder::new().name("beside".to_owned()).spawn(beside)?;
        ready()?;
        input_ends("input").await?;
        anyhow::Ok(beside)
    })?;
    drop(runtime);
    beside.join().unwrap_or(Ok(()))
}

/// A second runtime, on one thread, in the same program.
fn beside() -> Result<()> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    let runtime = Builder::from_env().name("beside").build_from(&mut builder);
    let runtime = runtime.context("cannot build the runtime beside")?;
    runtime.block_on(async {
        load::timers(3);
        input_ends("input beside").await
    })
}

/// A thread of its own waits, not the blocking pool: shutting down the runtime would wait for that.
async fn input_ends(thread: &str) -> Result<()> {
    let (ended, end) = oneshot::channel::<()>();
    std::thread::Builder::new().name(thread.to_owned()).spawn(move || {
        let mut input = std::io::stdin();
        while input.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
        drop(ended);
    })?;
    let _ = end.await;
    Ok(())
}

fn ready() -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{READY}").and_then(|()| output.flush()).context("nobody is there to be told")
}
