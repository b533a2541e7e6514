//! A tokio program that knows nothing of taskscope: one task of each sort that waits for good. It says `ready` when
//! all of them do, and stays there until it is killed.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Mutex, mpsc, oneshot};

/// Much longer than a test takes.
const LONG: Duration = Duration::from_secs(86_400);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let (_kept, gone) = oneshot::channel::<()>();
    let mutex = Arc::new(Mutex::new(0));
    let (locked, is_locked) = oneshot::channel();
    let holder = tokio::spawn(holder(Arc::clone(&mutex), locked)); // expect: holder
    is_locked.await.expect("the holder locks");
    for _ in 0..3 {
        tokio::spawn(locker(Arc::clone(&mutex))); // expect: locker
    }
    tokio::spawn(joiner(holder)); // expect: joiner
    let (_sender, messages) = mpsc::channel(1);
    tokio::spawn(nested(messages)); // expect: nested
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are free ports");
    let address = listener.local_addr().expect("it has an address");
    let near = TcpStream::connect(address).await.expect("it listens");
    let _far = listener.accept().await.expect("somebody connects");
    tokio::spawn(reader(near)); // expect: reader
    tokio::spawn(acceptor(listener)); // expect: acceptor
    // Each has been polled once when the last of them is met here.
    let met = Arc::new(Barrier::new(2));
    tokio::spawn(ticker(Arc::clone(&met))); // expect: ticker
    met.wait().await;
    let mut output = std::io::stdout().lock();
    writeln!(output, "ready on {address}").and_then(|()| output.flush()).expect("the test reads it");
    drop(output);
    let _never = gone.await; // expect: root
}

async fn holder(mutex: Arc<Mutex<u32>>, locked: oneshot::Sender<()>) {
    let mut held = mutex.lock().await;
    let _somebody_listens = locked.send(());
    tokio::time::sleep(LONG).await; // expect: holds
    *held += 1;
}

async fn locker(mutex: Arc<Mutex<u32>>) {
    *mutex.lock().await += 1; // expect: locks
}

async fn joiner(task: tokio::task::JoinHandle<()>) {
    let _over = task.await; // expect: joins
}

async fn nested(messages: mpsc::Receiver<u32>) {
    inner(messages).await; // expect: nested awaits
}

async fn inner(mut messages: mpsc::Receiver<u32>) {
    while messages.recv().await.is_some() {} // expect: inner awaits
}

async fn reader(mut stream: TcpStream) {
    let mut bytes = [0; 16];
    let _read = stream.read(&mut bytes).await; // expect: reads
}

async fn acceptor(listener: TcpListener) {
    let _accepted = listener.accept().await; // expect: accepts
}

async fn ticker(met: Arc<Barrier>) {
    met.wait().await;
    loop {
        tokio::time::sleep(LONG).await; // expect: ticks
    }
}
