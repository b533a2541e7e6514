//! Programs that build their runtime themselves and end in an orderly way at SIGTERM.

use crate::say;
use taskscope_agent::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Returns from `main`, or exits in the middle of a task.
#[expect(clippy::exit, reason = "some programs end this way")]
pub(crate) fn ending(how: &str) {
    let runtime = Builder::from_env().build().expect("a runtime can be built");
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).expect("signals can be listened for");
        say("ready");
        terminated.recv().await;
        if how == "exits" {
            let _ = tokio::spawn(async { std::process::exit(0) }).await;
        }
    });
}

/// A task panics, and the program goes on.
pub(crate) fn panicking() {
    let runtime = Builder::from_env().build().expect("a runtime can be built");
    runtime.block_on(async {
        // Nobody looks at what became of it.
        drop(taskscope_agent::spawn(async { panic!("out of stock") })); // expect: panic
        say("ready");
        std::future::pending::<()>().await;
    });
}
