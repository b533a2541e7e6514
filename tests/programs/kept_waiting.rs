//! A wrapped task that is woken three times, each time while its only worker has something else to do.

use crate::say;
use std::time::Duration;
use taskscope_agent::task;
use tokio::sync::{mpsc, oneshot};

/// How long the worker has something else to do.
const BUSY: Duration = Duration::from_millis(50);
const TIMES: u32 = 3;

/// In `late` it is woken only when somebody sends SIGUSR1, and then the same number of times.
#[taskscope_agent::main(flavor = "current_thread")]
pub(crate) async fn kept_waiting(how: &str) {
    let (send, mut receive) = mpsc::channel::<()>(1);
    let (tell, told) = oneshot::channel();
    let waits = task::Builder::new().name("kept waiting").spawn(async move {
        for _ in 0..TIMES {
            receive.recv().await.expect("main lives");
        }
        tell.send(()).expect("main waits");
        receive.recv().await
    });
    let _waits = waits.expect("a name is a name");
    if how == "late" {
        let kind = tokio::signal::unix::SignalKind::user_defined1();
        let mut signals = tokio::signal::unix::signal(kind).expect("signals can be had");
        say("ready");
        signals.recv().await;
    }
    for _ in 0..TIMES {
        // It is polled, and waits for what comes next.
        task::yield_now().await;
        send.send(()).await.expect("it lives");
        std::thread::sleep(BUSY);
    }
    told.await.expect("it was woken");
    say(if how == "late" { "done" } else { "ready" });
    std::future::pending::<()>().await;
}
