//! Programs that build their runtime themselves and end in an orderly way at SIGTERM.

use crate::say;
use taskscope_agent::{Builder, Observe as _};
use tokio::signal::unix::{SignalKind, signal};

/// Returns from `main`, or exits in the middle of a task; of one that is wrapped and has an observed future in it, too.
#[expect(clippy::exit, reason = "some programs end this way")]
pub(crate) fn ending(how: &str) {
    let runtime = Builder::from_env().build().expect("a runtime can be built");
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).expect("signals can be listened for");
        say("ready");
        terminated.recv().await;
        match how {
            "exits" => drop(tokio::spawn(async { std::process::exit(0) }).await),
            "exits_observed" => {
                // Another one is alive, and its future is in the middle of something.
                let _other = taskscope_agent::spawn(std::future::pending::<()>().observed("for ever"));
                tokio::task::yield_now().await;
                let exits = async { std::process::exit(0) }.observed("exits");
                drop(taskscope_agent::spawn(exits).await);
            }
            _ => {}
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
