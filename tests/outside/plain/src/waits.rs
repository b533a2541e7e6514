//! The futures. See `main.rs` for what the marks mean.

use crate::{LONG, say_handle, spawn};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

pub async fn deep(n: u64) -> u64 {
    tokio::time::sleep(LONG + Duration::from_secs(n)).await; // at: deep.1
    n
}

pub async fn middle(n: u64) -> u64 {
    let more = n + 1;
    deep(more).await + more // at: middle.1
}

// task: nested = nested.2 > middle.1 > deep.1 > sleep
pub async fn nested(name: String) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    let sum = middle(7).await; // at: nested.2
    println!("{name} {sum}");
}

// task: holder = holder.2 > sleep
pub async fn holder(mutex: Arc<Mutex<u32>>, held: oneshot::Sender<()>) {
    let guard = mutex.lock().await;
    let _ = held.send(());
    tokio::time::sleep(LONG).await; // at: holder.2
    drop(guard);
}

// task: locker = locker.1 > mutex
pub async fn locker(mutex: Arc<Mutex<u32>>) {
    let mut guard = mutex.lock().await; // at: locker.1
    *guard += 1;
}

// task: permit = permit.1 > semaphore
pub async fn permit(semaphore: Arc<Semaphore>) {
    let _permit = semaphore.acquire_many(3).await; // at: permit.1
}

// task: writer = writer.2 > sleep
pub async fn writer(lock: Arc<RwLock<String>>, held: oneshot::Sender<()>) {
    let mut text = lock.write().await;
    let _ = held.send(());
    tokio::time::sleep(LONG).await; // at: writer.2
    text.push('x');
}

// task: reader = reader.1 > rwlock
pub async fn reader(lock: Arc<RwLock<String>>) {
    let text = lock.read().await; // at: reader.1
    println!("{}", *text);
}

// task: notified = notified.1 > notify
pub async fn notified(notify: Arc<Notify>) {
    notify.notified().await; // at: notified.1
}

// task: receiver = receiver.1 > recv
pub async fn receiver(mut receiver: mpsc::Receiver<String>) {
    // at: receiver.1
    while let Some(text) = receiver.recv().await {
        println!("{text}");
    }
}

// task: unbounded = unbounded.1 > recv
pub async fn unbounded(mut receiver: mpsc::UnboundedReceiver<u64>) {
    // at: unbounded.1
    while let Some(number) = receiver.recv().await {
        println!("{number}");
    }
}

// task: sender = sender.1 > send
pub async fn sender(sender: mpsc::Sender<u64>) {
    let _ = sender.send(2).await; // at: sender.1
}

// task: watcher = watcher.1 > watch
pub async fn watcher(mut watch: watch::Receiver<u32>) {
    while watch.changed().await.is_ok() {} // at: watcher.1
}

// task: acceptor = acceptor.1 > socket
pub async fn acceptor(listener: TcpListener) {
    loop {
        let accepted = listener.accept().await; // at: acceptor.1
        println!("{:?}", accepted.map(|(_, peer)| peer));
    }
}

// task: socket = socket.1 > socket
pub async fn socket(mut stream: TcpStream) {
    let mut bytes = [0; 64];
    let read = stream.read(&mut bytes).await; // at: socket.1
    println!("{read:?} {bytes:?}");
}

// task: selector = selector.fn > [recv, oneshot, middle.1 > deep.1 > sleep]
// at: selector.fn
pub async fn selector(mut receiver: mpsc::Receiver<u64>, tell: oneshot::Receiver<()>) {
    tokio::select! {
        received = receiver.recv() => println!("{received:?}"),
        told = tell => println!("{told:?}"),
        sum = middle(3) => println!("{sum}"),
    }
}

// task: joiner = joiner.fn > [deep.1 > sleep, middle.1 > deep.1 > sleep]
// at: joiner.fn
pub async fn joiner() {
    tokio::join!(deep(9_000), middle(8));
}

// task: set_owner = set_owner.2 > join_set
// task: in_set = in_set.1 > deep.1 > sleep
pub async fn set_owner() {
    let mut set = JoinSet::new();
    for n in 0..3 {
        say_handle("in_set", &set.spawn(in_set(n)));
    }
    // at: set_owner.2
    while let Some(ended) = set.join_next().await {
        println!("{ended:?}");
    }
}

async fn in_set(n: u64) {
    deep(5_000 + n).await; // at: in_set.1
}

pub trait Service {
    fn call(&self) -> BoxFuture<'static, u64>;
}

pub struct Far;

impl Service for Far {
    fn call(&self) -> BoxFuture<'static, u64> {
        Box::pin(async {
            middle(5).await // at: call.1
        })
    }
}

// task: boxed = boxed.1 > call.1 > middle.1 > deep.1 > sleep
pub async fn boxed(service: Box<dyn Service + Send + Sync>) {
    let sum = service.call().await; // at: boxed.1
    println!("{sum}");
}

// task: in_a_box = in_a_box.1 > deep.1 > sleep
// name: in_a_box = Pin<Box<(dyn Future<Output=()> + Send)>>
pub async fn in_a_box() {
    deep(1).await; // at: in_a_box.1
}

// task: hurried = hurried.1 > [deep.1 > sleep, sleep]
pub async fn hurried() {
    let _ = tokio::time::timeout(LONG, deep(77)).await; // at: hurried.1
}

// task: unordered = unordered.1 > [middle.1 > deep.1 > sleep, middle.1 > deep.1 > sleep, middle.1 > deep.1 > sleep]
pub async fn unordered() {
    let mut all: FuturesUnordered<_> = (0..3).map(middle).collect();
    // at: unordered.1
    while let Some(sum) = all.next().await {
        println!("{sum}");
    }
}

// task: awaits_task = awaits_task.1 > task
// task: awaited = middle.1 > deep.1 > sleep
// name: awaited = plain::waits::middle
pub async fn awaits_task() {
    let task = spawn("awaited", middle(11));
    let _ = task.await; // at: awaits_task.1
}

// task: ticking = ticking.2 > sleep
pub async fn ticking() {
    let mut interval = tokio::time::interval(LONG);
    interval.tick().await;
    interval.tick().await; // at: ticking.2
}

// task: twin_a = twin_a.1 > sleep
pub async fn twin_a() {
    tokio::time::sleep(LONG).await; // at: twin_a.1
}

// task: twin_b = twin_b.1 > sleep
pub async fn twin_b() {
    tokio::time::sleep(LONG).await; // at: twin_b.1
}

// task: local = local.1 > middle.1 > deep.1 > sleep
pub async fn local() {
    middle(4).await; // at: local.1
}

// task: many = many.1 > deep.1 > sleep
pub async fn many(n: u64) {
    let kept = [n; 8];
    deep(n % 1_000).await; // at: many.1
    std::hint::black_box(kept);
}
