//! Where a task waits, by the stack of one poll more.

use super::attached::{Client, runtime, task_id};
use std::future::pending;
use std::time::Duration;
use taskscope_agent::{spawn, task};
use taskscope_model::codes::{Reason, TreeKind};
use taskscope_model::request::{Answer, Denied, Trace};
use taskscope_model::task::By;
use taskscope_model::{Source, TaskId};

async fn fetch() {
    tokio::time::sleep(Duration::from_secs(3_600)).await;
}

async fn listen(mut orders: tokio::sync::mpsc::Receiver<()>) {
    orders.recv().await;
}

async fn serve(orders: tokio::sync::mpsc::Receiver<()>) {
    tokio::join!(fetch(), listen(orders)); // both wait here
}

/// Depth, the end of the function's name, and whether a line of this file is known.
fn told(client: &Client, task: TaskId) -> Vec<(u16, String, bool)> {
    let awaits = client.world.task(task).unwrap().awaits_by(TreeKind::STACK).unwrap();
    let tree = client.world.tree(By { source: awaits.source, id: awaits.id.tree }).unwrap();
    let of_node = |node: &taskscope_model::change::TreeNode| {
        let location = node.location.map(|id| By { source: Source::AGENT, id });
        let location = location.and_then(|location| taskscope_model::world::Names::location(&client.world, location));
        let here = location.is_some_and(|location| location.file.ends_with("wrapped/trace.rs"));
        (node.depth, node.function.rsplit("::").next().unwrap_or_default().to_owned(), here)
    };
    tree.nodes.iter().map(of_node).collect()
}

#[test]
fn a_task_says_where_it_waits() {
    let _in = runtime().enter();
    let (_keep, orders) = tokio::sync::mpsc::channel(1);
    let waiting = spawn(serve(orders));
    let id = task_id(waiting.id());
    let mut client = Client::watching();
    client.until("the first poll", |client| (client.world.task(id)?.polls()? == 1).then_some(()));
    for number in 10..13 {
        client.ask(Trace { number, task: id });
        assert!(matches!(client.answer(number), Answer::Done(done) if done.message.is_empty()));
        let told = told(&client, id);
        let said: Vec<_> = told.iter().map(|(depth, name, here)| (*depth, name.as_str(), *here)).collect();
        assert_eq!(said[..2], [(0, "serve", true), (1, "fetch", true)], "{told:?}");
        assert!(said[2].1.starts_with("Sleep") && said[2].0 == 2, "{told:?}");
        assert_eq!(said[3..], [(1, "listen", true), (2, "recv", false)], "{told:?}");
    }
    // The polls that were made for it are none.
    let mut later = Client::watching();
    assert_eq!(later.until("the task", |client| client.world.task(id)?.polls()), 1);
    waiting.abort();
}

#[test]
fn wakes_are_not_lost_to_a_trace() {
    let _in = runtime().enter();
    let (send, mut receive) = tokio::sync::mpsc::channel::<u32>(1);
    let counting = spawn(async move {
        let mut sum = 0;
        while let Some(number) = receive.recv().await {
            sum += number;
        }
        sum
    });
    let id = task_id(counting.id());
    let sending = spawn(async move {
        for number in 0..20_000 {
            send.send(number).await.unwrap();
        }
    });
    let mut client = Client::attach();
    for number in 0..50 {
        client.ask(Trace { number, task: id });
        let answer = client.answer(number);
        if matches!(answer, Answer::Denied(Denied { reason: Reason::NO_SUCH_TASK, .. })) {
            break;
        }
    }
    runtime().block_on(sending).unwrap();
    assert_eq!(runtime().block_on(counting).unwrap(), (0..20_000).sum::<u32>());
}

#[test]
fn what_cannot_be_asked_says_why() {
    let _in = runtime().enter();
    let plain = tokio::spawn(pending::<()>());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (started, running) = std::sync::mpsc::channel();
    let blocking = task::spawn_blocking(move || {
        started.send(()).unwrap();
        wait.recv().unwrap();
    });
    running.recv().unwrap();
    let (leave, stay) = std::sync::mpsc::channel::<()>();
    let (entered, inside) = std::sync::mpsc::channel();
    let busy = spawn(async move {
        task::yield_now().await;
        entered.send(()).unwrap();
        task::block_in_place(|| stay.recv().unwrap());
    });
    inside.recv().unwrap();
    let mut client = Client::attach();
    let mut denied = |number, task| {
        client.ask(Trace { number, task });
        match client.answer(number) {
            Answer::Denied(denied) => (denied.reason, denied.message),
            other => panic!("{other:?}"),
        }
    };
    let unknown = denied(20, TaskId(1 << 40));
    assert_eq!(unknown, (Reason::NO_SUCH_TASK, format!("no live task {}", 1u64 << 40)));
    let (reason, message) = denied(21, task_id(plain.id()));
    if cfg!(tokio_unstable) {
        assert!(reason == Reason::IMPOSSIBLE && message.contains("spawn it with taskscope_agent::spawn"), "{message}");
    }
    let (reason, message) = denied(22, task_id(blocking.id()));
    assert!(reason == Reason::IMPOSSIBLE && message.contains("blocking task"), "{message}");
    let (reason, message) = denied(23, TaskId::root(1));
    assert!(reason == Reason::IMPOSSIBLE && message.contains("block_on"), "{message}");
    let (reason, message) = denied(24, task_id(busy.id()));
    assert!(reason == Reason::IMPOSSIBLE && message.contains("in a poll since"), "{message}");
    leave.send(()).unwrap();
    go.send(()).unwrap();
    runtime().block_on(busy).unwrap();
    plain.abort();
}
