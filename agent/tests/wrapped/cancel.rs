//! Tasks that are asked to stop by number.

use super::attached::{Client, runtime, task_id};
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use taskscope_agent::{spawn, spawn_fallible, task};
use taskscope_model::TaskId;
use taskscope_model::codes::{CancelWay, Outcome};
use taskscope_model::request::{Answer, Cancel, CancelResult};

fn cancel(client: &mut Client, number: u32, tasks: Vec<TaskId>) -> Vec<CancelResult> {
    let count = tasks.len();
    client.ask(Cancel { number, tasks });
    client.until("the answers", |client| {
        let results = client.answers.iter().filter_map(|answer| match answer {
            Answer::Cancelled(it) if it.number == number => Some(it.results.clone()),
            _ => None,
        });
        let results: Vec<_> = results.flatten().collect();
        (results.len() == count).then_some(results)
    })
}

#[test]
fn each_sort_of_task_has_its_own_answer() {
    let _in = runtime().enter();
    let wrapped = spawn(pending::<()>());
    let plain = tokio::spawn(pending::<()>());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (started, running) = std::sync::mpsc::channel();
    let blocking = task::spawn_blocking(move || {
        started.send(()).unwrap();
        wait.recv().unwrap();
    });
    running.recv().unwrap();
    // One that failed is remembered longer than one that completed.
    let over = spawn_fallible(async { Err::<(), _>("over") });
    let over_id = task_id(over.id());
    assert!(runtime().block_on(over).unwrap().is_err());
    let mut client = Client::watching();
    client.until("the ended task", |client| client.world.task(over_id)?.outcome());

    let unknown = TaskId(1 << 40);
    let ids = vec![task_id(wrapped.id()), task_id(plain.id()), task_id(blocking.id()), over_id, TaskId::root(1), unknown];
    let results = cancel(&mut client, 7, ids.clone());
    assert_eq!(results.iter().map(|result| result.task).collect::<Vec<_>>(), ids);
    assert_eq!(results.iter().map(|result| result.asked).collect::<Vec<_>>(), [true, false, false, false, false, false]);
    let says = |at: usize, text: &str| assert!(results[at].message.contains(text), "{}", results[at].message);
    if cfg!(tokio_unstable) {
        says(1, "keeps its handle; spawn it with taskscope_agent::spawn");
        says(1, "wrapped/cancel.rs");
    } else {
        says(1, "no live task");
    }
    says(2, "blocking task");
    says(3, "it has ended (failed)");
    says(4, "block_on");
    says(5, &format!("no live task {unknown}"));

    assert!(runtime().block_on(wrapped).unwrap_err().is_cancelled());
    let asked = client.until("who asked", |client| client.world.task(ids[0])?.cancel().cloned());
    assert_eq!((asked.way, asked.by), (CancelWay::MONITOR, None));
    assert_eq!(client.until("the end", |client| client.world.task(ids[0])?.outcome()), Outcome::CANCELLED);
    go.send(()).unwrap();
    plain.abort();
}

/// 10,000 are asked to stop while others are spawned without end: every answer is right.
#[test]
fn ten_thousand_are_cancelled_while_others_are_spawned() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let _in = runtime().enter();
    let victims: Vec<_> = (0..10_000).map(|_| spawn(pending::<()>())).collect();
    let spawner = runtime().spawn(async {
        while !STOP.load(Ordering::Relaxed) {
            for _ in 0..100 {
                spawn(async {}).detach();
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    });
    let mut client = Client::attach();
    for (number, chunk) in victims.chunks(1_000).enumerate() {
        let ids: Vec<_> = chunk.iter().map(|victim| task_id(victim.id())).collect();
        let results = cancel(&mut client, number as u32 + 100, ids);
        assert!(results.iter().all(|result| result.asked && result.message.is_empty()));
    }
    runtime().block_on(async {
        for victim in victims {
            assert!(victim.await.unwrap_err().is_cancelled());
        }
        STOP.store(true, Ordering::Relaxed);
        spawner.await.unwrap();
    });
}
