//! A program with our agent in it, and its feature `console`: tasks of every kind, and what they wait for. Its first
//! argument says which subscriber it has.

mod callsites;
mod resources;

use std::future::pending;
use std::time::Duration;
use taskscope_agent::{console_layer, task};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

const USAGE: &str = "usage: console_agent SUBSCRIBER
    layer           the agent's layer, and one that prints
    early           the same, set before there is a runtime
    init            the agent sets a subscriber, and nobody else does
    init-then-fmt   the agent sets a subscriber, and the program then tries to
    fmt             one that prints, without the layer
    fmt-then-init   one that prints, and the agent then is to set one
    fmt-then-layer  one that prints, and another with the layer that comes too late
    none            no subscriber at all
    callsites       counts those of spawns, and ends";

fn main() {
    if std::env::args().nth(1).as_deref() != Some("early") {
        return in_runtime();
    }
    subscribe();
    let runtime = taskscope_agent::Builder::from_env().build().expect("a runtime");
    runtime.block_on(async {
        let lock = tokio::sync::Mutex::new(());
        let _held = lock.lock().await;
        println!("ready");
        drop(lock.lock().await);
    });
}

fn subscribe() {
    let printing = tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(console_layer()).with(printing).init();
}

#[taskscope_agent::main(worker_threads = 2)]
async fn in_runtime() {
    match std::env::args().nth(1).as_deref() {
        Some("layer") => subscribe(),
        Some("init") => taskscope_agent::console_init().expect("there is no other"),
        Some("init-then-fmt") => {
            taskscope_agent::console_init().expect("there is no other");
            tracing_subscriber::fmt().try_init().expect_err("there is one");
        }
        Some("fmt") => tracing_subscriber::fmt().init(),
        Some("fmt-then-init") => {
            tracing_subscriber::fmt().init();
            println!("{}", taskscope_agent::console_init().expect_err("there is one"));
        }
        Some("fmt-then-layer") => {
            tracing_subscriber::fmt().init();
            let late = tracing_subscriber::registry().with(console_layer());
            late.try_init().expect_err("there is one");
        }
        Some("none") => {}
        Some("callsites") => return callsites::run().await,
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    }
    tasks().await;
    resources::scene(|| println!("ready")).await;
}

/// Tasks whose ends only the agent knows, and tasks that only the spans tell of.
async fn tasks() {
    let _cancelled = {
        let task = taskscope_agent::spawn(pending::<()>());
        task.abort();
        task.await
    };
    let _panicked = taskscope_agent::spawn(async { panic!("on purpose") }).await;
    let failing = taskscope_agent::spawn_fallible(async { Err::<(), _>("no such order") });
    let _failed = failing.await;
    task::Builder::new().name("known to the agent").spawn(pending::<()>()).expect("a runtime");
    tokio::task::Builder::new().name("known to tokio").spawn(pending::<()>()).expect("a runtime");
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = tokio::task::LocalSet::new();
        local.spawn_local(async {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        local.block_on(&runtime, pending::<()>());
    });
}
