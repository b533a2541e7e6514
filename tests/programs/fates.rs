//! Wrapped tasks and what became of them: some wait, one is in a poll for good, others have ended each in its way.

use crate::say;
use std::time::Duration;
use taskscope_agent::{Observe as _, observe, spawn, spawn_fallible, task};
use tokio::sync::oneshot;

/// `healthy`: nothing goes wrong.
#[taskscope_agent::main]
pub(crate) async fn fates(healthy: bool) {
    let name = |name: &'static str| task::Builder::new().name(name);
    let _waits = name("waits").spawn(place()).expect("a name is a name"); // expect: waits
    let _traced = name("traced").spawn(charge()).expect("a name is a name"); // expect: traced
    tokio::spawn(std::future::pending::<()>()); // expect: plain
    let (tell, blocks) = oneshot::channel();
    let _blocks = name("blocks").spawn_blocking(move || block(tell)).expect("a name is a name");
    let (tell, polls) = oneshot::channel();
    let _polls = name("polls").spawn(async { block(tell) }).expect("a name is a name");
    blocks.await.expect("it begins");
    polls.await.expect("it begins");
    if !healthy {
        cancelled().await;
        unseen().await;
    }
    say("ready");
    std::future::pending::<()>().await;
}

#[observe]
async fn place() {
    async { charge().await }.observed("pay").await;
}

async fn charge() {
    std::future::pending::<()>().await;
}

fn block(tell: oneshot::Sender<()>) {
    tell.send(()).expect("main waits");
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// One is aborted by `main`, and its set drops another.
async fn cancelled() {
    let (tell, told) = oneshot::channel();
    let one = task::Builder::new().name("aborted").spawn(async {
        let mut set = task::JoinSet::new(); // expect: set
        set.build_task().name("dropped").spawn(std::future::pending::<()>()).expect("a name is a name");
        tell.send(()).expect("main waits");
        set.join_next().await;
    });
    let one = one.expect("a name is a name");
    told.await.expect("it has begun");
    one.abort(); // expect: abort
    one.await.expect_err("it was aborted");
}

/// A panic and an error that nobody looks at.
async fn unseen() {
    let (panics, fails) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    drop(spawn(async move {
        let _ends = panics.0;
        panic!("the cache is cold") // expect: panic
    })); // expect: panicked
    drop(spawn_fallible(async move {
        let _ends = fails.0;
        Err::<(), _>("no such card")
    }));
    panics.1.await.expect_err("it tells nothing");
    fails.1.await.expect_err("it tells nothing");
}
