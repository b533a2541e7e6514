// Included twice: see `same_program`. `spawn` and `task` are tokio's or the agent's.

use std::future::pending;
use std::time::Duration;

/// What each part of the program has seen, in words.
pub(super) async fn program() -> Vec<String> {
    let mut seen = Vec::new();
    handles(&mut seen).await;
    sets(&mut seen).await;
    sets_by_hand(&mut seen).await;
    task::LocalSet::new().run_until(local(&mut seen)).await;
    seen
}

async fn handles(seen: &mut Vec<String>) {
    let good: task::JoinHandle<u32> = spawn(async { 1 });
    let _: task::Id = good.id();
    seen.push(format!("{:?}", good.await));

    let lost = spawn(async { panic!("on purpose") });
    let error: task::JoinError = lost.await.unwrap_err();
    seen.push(format!("{} {:?}", error.is_panic(), error.into_panic().downcast_ref::<&str>()));

    let stopped = spawn(pending::<()>());
    let abort: task::AbortHandle = stopped.abort_handle();
    seen.push(format!("{} {}", stopped.is_finished(), abort.id() == stopped.id()));
    abort.clone().abort();
    abort.abort();
    seen.push(format!("{:?}", stopped.await.map_err(|error| error.is_cancelled())));
    seen.push(abort.is_finished().to_string());

    let mut handle = spawn(async { "borrowed" });
    seen.push(format!("{:?}", (&mut handle).await));
    let (first, second) = tokio::join!(spawn(async { 1 }), task::spawn_blocking(|| 2));
    seen.push(format!("{first:?} {second:?}"));
    let timed = tokio::time::timeout(Duration::from_millis(1), spawn(pending::<()>())).await;
    seen.push(timed.is_err().to_string());
    drop(spawn(task::yield_now()));
    let boxed: std::pin::Pin<Box<dyn Future<Output = Result<u8, task::JoinError>> + Send>> = Box::pin(spawn(async { 3 }));
    seen.push(format!("{:?}", boxed.await));
}

async fn sets(seen: &mut Vec<String>) {
    let mut set = task::JoinSet::new();
    seen.push(format!("{:?}", set.join_next().await.map(|joined: Result<u32, task::JoinError>| joined.unwrap())));
    let handle = set.spawn(async { 1 });
    set.spawn_blocking(|| 2);
    set.spawn_on(async { 3 }, &tokio::runtime::Handle::current());
    set.spawn_blocking_on(|| 4, &tokio::runtime::Handle::current());
    seen.push(format!("{} {}", set.len(), set.is_empty()));
    let (id, first) = set.join_next_with_id().await.unwrap().unwrap();
    seen.push(format!("{}", (id == handle.id()) == (first == 1)));
    let mut sum = first;
    while let Some(joined) = set.join_next().await {
        sum += joined.unwrap();
    }
    seen.push(sum.to_string());

    set.spawn(pending());
    set.spawn(pending());
    set.abort_all();
    seen.push(format!("{}", set.join_next().await.unwrap().unwrap_err().is_cancelled()));
    set.spawn(pending());
    set.shutdown().await;
    seen.push(format!("{set:?}"));

    let tasks: task::JoinSet<u32> = (5..8).map(|number| async move { number }).collect();
    let mut all = tasks.join_all().await;
    all.sort_unstable();
    seen.push(format!("{all:?}"));
    let mut set = task::JoinSet::default();
    set.extend((0..2).map(std::future::ready));
    set.detach_all();
    seen.push(set.len().to_string());
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    set.spawn(async move {
        let _keep = tell;
        pending::<i32>().await
    });
    drop(set);
    seen.push(format!("{:?}", told.await.is_err()));
}

async fn sets_by_hand(seen: &mut Vec<String>) {
    let mut set = task::JoinSet::new();
    set.spawn(async { 1 });
    let joined = std::future::poll_fn(|cx| set.poll_join_next(cx)).await;
    seen.push(format!("{joined:?}"));
    set.spawn(async { 2 });
    let joined = std::future::poll_fn(|cx| set.poll_join_next_with_id(cx)).await;
    seen.push(format!("{:?}", joined.unwrap().map(|(_, number)| number)));
    seen.push(format!("{:?} {:?}", set.try_join_next().map(|_| ()), set.try_join_next_with_id().map(|_| ())));
    set.spawn(async { 3 });
    let joined = loop {
        match set.try_join_next() {
            Some(joined) => break joined,
            None => task::yield_now().await,
        }
    };
    seen.push(format!("{joined:?}"));
}

async fn local(seen: &mut Vec<String>) {
    let number = std::rc::Rc::new(7);
    let local = task::spawn_local(async move { *number });
    seen.push(format!("{:?}", local.await));
    let mut set = task::JoinSet::new();
    set.spawn_local(async { 8 });
    let other = task::LocalSet::new();
    set.spawn_local_on(async { 9 }, &other);
    other.await;
    let mut all = set.join_all().await;
    all.sort_unstable();
    seen.push(format!("{all:?}"));
}
