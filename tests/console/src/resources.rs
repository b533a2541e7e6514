//! Locks, semaphores, timers and channels, and tasks that wait for them.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Barrier, Mutex, RwLock, Semaphore, oneshot};

/// Sets the scene, says so, and stays.
#[allow(dead_code, reason = "each program has its own runtime")]
pub(crate) fn run(ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(scene(ready));
}

/// The same on a runtime that is there.
pub(crate) async fn scene(ready: impl Fn()) {
    let _kept = (mutex().await, rwlock().await, semaphore().await, barrier(), channel());
    named("sleeper").spawn(tokio::time::sleep(Duration::from_secs(100_000))).expect("a runtime");
    named("ticker").spawn(ticking()).expect("a runtime");
    tokio::time::sleep(Duration::from_millis(300)).await;
    ready();
    std::future::pending::<()>().await;
}

fn named(name: &str) -> tokio::task::Builder<'_> {
    tokio::task::Builder::new().name(name)
}

/// One task holds it, two wait.
async fn mutex() -> Arc<Mutex<()>> {
    let mutex = Arc::new(Mutex::new(()));
    let held = mutex.clone().lock_owned().await;
    let holding = async move {
        let _held = held;
        std::future::pending::<()>().await;
    };
    named("mutex holder").spawn(holding).expect("a runtime");
    for name in ["mutex waiter 1", "mutex waiter 2"] {
        let mutex = mutex.clone();
        named(name).spawn(async move { drop(mutex.lock().await) }).expect("a runtime");
    }
    mutex
}

/// One task reads, one waits to write.
async fn rwlock() -> Arc<RwLock<()>> {
    let lock = Arc::new(RwLock::new(()));
    let held = lock.clone().read_owned().await;
    let holding = async move {
        let _held = held;
        std::future::pending::<()>().await;
    };
    named("reader").spawn(holding).expect("a runtime");
    let written = lock.clone();
    named("writer").spawn(async move { drop(written.write().await) }).expect("a runtime");
    lock
}

/// Of three permits one is left, and a task wants two.
async fn semaphore() -> Arc<Semaphore> {
    let semaphore = Arc::new(Semaphore::new(3));
    semaphore.acquire_many(2).await.expect("it is open").forget();
    let wanted = semaphore.clone();
    let wanting = async move {
        let _permits = wanted.acquire_many(2).await;
    };
    named("permit waiter").spawn(wanting).expect("a runtime");
    semaphore
}

/// Two of three have come.
fn barrier() -> Arc<Barrier> {
    let barrier = Arc::new(Barrier::new(3));
    for name in ["barrier waiter 1", "barrier waiter 2"] {
        let barrier = barrier.clone();
        named(name).spawn(async move { _ = barrier.wait().await }).expect("a runtime");
    }
    barrier
}

/// Nobody sends.
fn channel() -> oneshot::Sender<()> {
    let (sender, receiver) = oneshot::channel::<()>();
    named("receiver").spawn(async move { drop(receiver.await) }).expect("a runtime");
    sender
}

async fn ticking() {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
