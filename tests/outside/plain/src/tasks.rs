//! Spawns one task of each kind, and keeps what they wait for.

use crate::{LONG, say_handle, spawn, waits};
use std::any::Any;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore, mpsc, oneshot, watch};
use tokio::task::LocalSet;

/// The ends that must not be dropped, so that what waits for them waits on.
pub type Kept = Vec<Box<dyn Any + Send>>;

pub async fn spawn_all() -> Kept {
    let mut kept: Kept = Vec::new();
    spawn("nested", waits::nested("a name".to_owned()));
    locks(&mut kept).await;
    channels(&mut kept).await;
    sockets(&mut kept).await;
    combined(&mut kept);
    // task: blocking = -
    // name: blocking = tokio::runtime::blocking::task::BlockingTask<plain::tasks::spawn_all::{async_fn#0}::{closure#0}>
    let blocking = tokio::task::spawn_blocking(|| std::thread::sleep(LONG));
    say_handle("blocking", &blocking.abort_handle());
    std::thread::spawn(local);
    kept
}

async fn locks(kept: &mut Kept) {
    let mutex = Arc::new(Mutex::new(7));
    let (held, is_held) = oneshot::channel();
    spawn("holder", waits::holder(mutex.clone(), held));
    is_held.await.expect("the lock is held");
    spawn("locker", waits::locker(mutex.clone()));
    spawn("locker", waits::locker(mutex));
    let semaphore = Arc::new(Semaphore::new(0));
    spawn("permit", waits::permit(semaphore.clone()));
    let lock = Arc::new(RwLock::new(String::new()));
    let (held, is_held) = oneshot::channel();
    spawn("writer", waits::writer(lock.clone(), held));
    is_held.await.expect("the lock is held");
    spawn("reader", waits::reader(lock));
    let notify = Arc::new(Notify::new());
    spawn("notified", waits::notified(notify.clone()));
    kept.push(Box::new((semaphore, notify)));
}

async fn channels(kept: &mut Kept) {
    let (sender, receiver) = mpsc::channel::<String>(4);
    spawn("receiver", waits::receiver(receiver));
    let (unbounded, receiver) = mpsc::unbounded_channel::<u64>();
    spawn("unbounded", waits::unbounded(receiver));
    let (full, unread) = mpsc::channel::<u64>(1);
    full.send(1).await.expect("there is room for one");
    spawn("sender", waits::sender(full));
    let (watched, watch) = watch::channel(1);
    spawn("watcher", waits::watcher(watch));
    kept.push(Box::new((sender, unbounded, unread, watched)));
}

async fn sockets(kept: &mut Kept) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    println!("address {address}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_address = silent.local_addr().expect("an address");
    println!("silent {silent_address}");
    let stream = TcpStream::connect(silent_address).await.expect("a connection");
    spawn("acceptor", waits::acceptor(listener));
    spawn("socket", waits::socket(stream));
    kept.push(Box::new(silent));
}

fn combined(kept: &mut Kept) {
    let (sender, receiver) = mpsc::channel::<u64>(4);
    let (told, tell) = oneshot::channel();
    spawn("selector", waits::selector(receiver, tell));
    spawn("joiner", waits::joiner());
    spawn("set_owner", waits::set_owner());
    spawn("boxed", waits::boxed(Box::new(waits::Far)));
    spawn("hurried", waits::hurried());
    spawn("unordered", waits::unordered());
    spawn("awaits_task", waits::awaits_task());
    spawn("ticking", waits::ticking());
    spawn("twin_a", waits::twin_a());
    spawn("twin_b", waits::twin_b());
    let pinned: futures::future::BoxFuture<'static, ()> = Box::pin(waits::in_a_box());
    spawn("in_a_box", pinned);
    // task: a_block = a_block.1 > middle.1 > deep.1 > sleep
    // name: a_block = plain::tasks::combined::{async block#0}
    spawn("a_block", async {
        waits::middle(1).await; // at: a_block.1
    });
    kept.push(Box::new((sender, told)));
}

/// A poll that does not end. It holds a worker, but needs no processor.
pub fn spawn_running() {
    // task: running = -
    // name: running = plain::tasks::spawn_running::{async block#0}
    spawn("running", async { std::thread::sleep(LONG) });
}

// root: local_set = local_set.1 > task
/// A `LocalSet` on a thread and runtime of its own.
fn local() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let task = tokio::task::spawn_local(waits::local());
        say_handle("local", &task.abort_handle());
        let _ = task.await; // at: local_set.1
    });
}
