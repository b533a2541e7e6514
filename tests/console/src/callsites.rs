//! How many places in the program make spans of spawned tasks: console-subscriber 0.5 panics at the ninth.

use std::collections::HashSet;
use std::future::ready;
use std::sync::{Arc, Mutex};
use taskscope_agent::{spawn, spawn_fallible, task};
use tracing::Metadata;
use tracing::callsite::Identifier;
use tracing::subscriber::Interest;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Layer, Registry};

/// Remembers the places whose spans console-subscriber takes for tasks.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<HashSet<Identifier>>>);

impl Layer<Registry> for Counting {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.name() == "runtime.spawn"
            || (metadata.name(), metadata.target()) == ("task", "tokio::task")
        {
            self.0.lock().expect("nobody panics").insert(metadata.callsite());
        }
        Interest::always()
    }
}

/// Spawns in every way that the agent offers, futures of many types each, and says from how many places.
pub(crate) async fn run() {
    let counting = Counting::default();
    let subscriber = Registry::default().with(counting.clone()).with(taskscope_agent::console_layer());
    subscriber.try_init().expect("there is no other");
    each_way([0_u8; 1]).await;
    each_way([0_u8; 2]).await;
    each_way([0_u16; 40]).await;
    each_way([0_u32; 5_000]).await;
    each_way(String::new()).await;
    each_way(Some(7)).await;
    println!("{} places", counting.0.lock().expect("nobody panics").len());
}

async fn each_way<T: Clone + Send + Sync + 'static>(value: T) {
    let copy = || {
        let value = value.clone();
        async move { drop(value.clone()) }
    };
    let local = task::LocalSet::new();
    let handle = tokio::runtime::Handle::current();
    spawn(copy()).await.expect("it ends");
    spawn_fallible(ready(Ok::<_, String>(value.clone())))
        .await
        .expect("it ends")
        .map(drop)
        .expect("it is well");
    tokio::spawn(copy()).await.expect("it ends");
    let blocking = value.clone();
    task::spawn_blocking(move || drop(blocking)).await.expect("it ends");
    local.run_until(async { task::spawn_local(copy()).await.expect("it ends") }).await;
    let named = || task::Builder::new().name("named");
    named().spawn(copy()).expect("a runtime").await.expect("it ends");
    named().spawn_on(copy(), &handle).expect("a runtime").await.expect("it ends");
    let blocking = value.clone();
    named().spawn_blocking(move || drop(blocking)).expect("a runtime").await.expect("it ends");
    let mut set = task::JoinSet::new();
    set.spawn(copy());
    set.spawn_on(copy(), &handle);
    set.spawn_blocking(|| ());
    set.build_task().name("named").spawn(copy()).expect("a runtime");
    set.join_all().await;
    let aside = copy();
    std::thread::spawn(move || {
        let runtime = taskscope_agent::Builder::new().build().expect("a runtime");
        runtime.block_on(aside);
    })
    .join()
    .expect("it ends");
}
