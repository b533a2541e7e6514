//! What clients are told of wrapped tasks, alive and ended.

use super::attached::{Client, runtime, task_id};
use std::future::pending;
use taskscope_agent::{spawn, spawn_fallible, task};
use taskscope_model::codes::{CancelWay, HandleState, Outcome, TaskKind};
use taskscope_model::request::Subscribe;
use taskscope_model::{State, TaskId};

fn outcome(client: &mut Client, id: TaskId) -> Outcome {
    client.until("the end of a task", |client| client.world.task(id)?.outcome())
}

#[test]
fn a_living_task_is_told_with_its_name_its_future_and_its_handle() {
    let mut client = Client::watching();
    let _in = runtime().enter();
    let held = task::Builder::new().name("the accept loop").spawn(pending::<()>()).unwrap();
    let id = task_id(held.id());
    client.until("the name", |client| client.world.task(id)?.name().filter(|name| *name == "the accept loop").map(drop));
    let task = client.world.task(id).unwrap();
    assert!(task.future().unwrap().contains("Pending"), "{:?}", task.future());
    assert!(task.size().is_some());
    let handle = |client: &Client| Some(client.world.task(id)?.handled()?.handle);
    assert_eq!(handle(&client), Some(HandleState::HELD));
    let abort = held.abort_handle();
    drop(held);
    client.until("the drop of the handle", |client| handle(client).filter(|it| *it == HandleState::DROPPED));
    assert_eq!(client.world.task(id).unwrap().state(), Some(State::Idle));
    abort.abort();
    assert_eq!(outcome(&mut client, id), Outcome::CANCELLED);
    let asked = client.until("who asked", |client| client.world.task(id)?.cancel().cloned());
    assert_eq!((asked.way, asked.by, asked.set), (CancelWay::ABORT, None, None));
}

#[test]
fn the_handle_is_followed_beyond_the_end() {
    let mut client = Client::watching();
    let _in = runtime().enter();
    let failed = spawn_fallible(async { Err::<(), _>("no such order") });
    let id = task_id(failed.id());
    assert_eq!(outcome(&mut client, id), Outcome::FAILED);
    let task = client.world.task(id).unwrap();
    assert_eq!(task.failure().unwrap().id.message, "no such order");
    assert_eq!(task.handled().unwrap().handle, HandleState::HELD);
    let location = task.location().unwrap();
    drop(failed);
    client.until("the drop of the handle", |client| {
        (client.world.task(id)?.handled()?.handle == HandleState::DROPPED).then_some(())
    });
    let unseen = |client: &Client| Some(client.world.place(location)?.outcomes.as_ref()?.errors_unseen);
    client.until("the unseen error", |client| unseen(client).filter(|unseen| *unseen == 1));
}

#[test]
fn who_attaches_later_finds_the_panic_under_ten_thousand_healthy_endings() {
    let lost = runtime().block_on(async {
        let lost = spawn(async { panic!("the one that matters") });
        let id = task_id(lost.id());
        assert!(lost.await.is_err());
        for _ in 0..10_000 {
            spawn(async {}).await.unwrap();
        }
        id
    });
    let mut client = Client::watching();
    client.until("the panic", |client| {
        let failure = client.world.task(lost)?.failure()?.id.message.clone();
        (failure == "the one that matters").then_some(())
    });
    let task = client.world.task(lost).unwrap();
    assert_eq!((task.outcome(), task.handled().unwrap().handle), (Some(Outcome::PANICKED), HandleState::AWAITED));
    assert!(task.failure().unwrap().id.location.is_some());
}

#[test]
fn queries_ask_for_names_futures_and_outcomes() {
    let _in = runtime().enter();
    let named = task::Builder::new().name("Gulliver").spawn(pending::<()>()).unwrap();
    let other = spawn(pending::<()>());
    let mut client = Client::attach();
    client.ask(Subscribe { number: 1, query: "name:gulliver pending".to_owned(), ..Subscribe::default() });
    client.until("the snapshot", |client| client.world.complete(taskscope_model::Source::AGENT));
    let told: Vec<_> = client.world.tasks().map(|task| task.id()).collect();
    assert_eq!(told, [task_id(named.id())]);
    named.abort();
    other.abort();

    let failed = spawn_fallible(async { Err::<(), _>("for the query") });
    let id = task_id(failed.id());
    outcome(&mut Client::watching(), id);
    let mut client = Client::attach();
    let query = "outcome:failed".to_owned();
    client.ask(Subscribe { number: 2, query, ended: true, ..Subscribe::default() });
    client.until("the failed task", |client| client.world.task(id).map(drop));
    assert!(client.world.tasks().all(|task| task.outcome() == Some(Outcome::FAILED)));
}

#[test]
fn tasks_asked_for_by_name_come_with_their_ancestors() {
    let _in = runtime().enter();
    let (tell, told) = std::sync::mpsc::channel();
    let parent = spawn(async move {
        let child = spawn(pending::<()>());
        tell.send(child.id()).unwrap();
        child.await
    });
    let (parent_id, child) = (task_id(parent.id()), task_id(told.recv().unwrap()));
    let mut client = Client::attach();
    let query = "name:nobody".to_owned();
    client.ask(Subscribe { number: 1, query, detail: vec![child], ..Subscribe::default() });
    client.until("the snapshot", |client| client.world.complete(taskscope_model::Source::AGENT));
    let told: Vec<_> = client.world.tasks().map(|task| task.id()).collect();
    assert_eq!(told, [parent_id, child]);
    assert_eq!(client.world.counted(taskscope_model::codes::Counter::MATCHED), Some(0));
    parent.abort();
    assert_eq!(outcome(&mut client, parent_id), Outcome::CANCELLED, "they are followed");

    let mut late = Client::attach();
    let query = "name:nobody".to_owned();
    late.ask(Subscribe { number: 1, query, detail: vec![parent_id], once: true, ..Subscribe::default() });
    assert_eq!(outcome(&mut late, parent_id), Outcome::CANCELLED, "also out of the history");
}

#[test]
fn sums_and_courses_are_told_by_location() {
    let mut client = Client::watching();
    let (held, id, location) = runtime().block_on(async {
        let tasks: Vec<_> = (0..10).map(|_| spawn(async { tokio::task::yield_now().await })).collect();
        let id = task_id(tasks[0].id());
        for task in tasks {
            task.await.unwrap();
        }
        (spawn(pending::<()>()), id, ())
    });
    let () = location;
    let location = client.until("the task", |client| client.world.task(id)?.location());
    client.until("the sums", |client| {
        let completed = client.world.place(location)?.outcomes.as_ref()?.completed;
        (completed == 10).then_some(())
    });
    client.until("the course", |client| {
        let load = client.world.place(location)?.load.as_ref()?;
        (load.spawned.iter().sum::<u32>() == 10 && load.least.iter().min() == Some(&0)).then_some(())
    });
    held.abort();
}

#[test]
fn blocking_and_local_tasks_are_told() {
    let mut client = Client::watching();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let _in = runtime().enter();
    let blocking = task::spawn_blocking(move || wait.recv().unwrap());
    let id = task_id(blocking.id());
    client.until("a run that lasts", |client| {
        (client.world.task(id)?.state() == Some(State::Running)).then_some(())
    });
    assert_eq!(client.world.task(id).unwrap().kind(), Some(TaskKind::BLOCKING));
    go.send(()).unwrap();
    assert_eq!(outcome(&mut client, id), Outcome::COMPLETED);
}
