//! What this process knows of itself: its own agent, and what each of its threads has used.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use taskscope_agent::{Builder, Runtime};
use taskscope_model::request::{Answer, Stacks};
use taskscope_model::time::Nanos;
use taskscope_tests::{Client, free_address};

/// A runtime with the agent in it, and where that listens.
pub(crate) fn runtime(workers: usize, set: impl FnOnce(Builder) -> Builder) -> (Runtime, SocketAddr) {
    let address = free_address();
    let mut tokio = tokio::runtime::Builder::new_multi_thread();
    tokio.worker_threads(workers).enable_all();
    let builder = set(Builder::from_env().listen(address.to_string()));
    (builder.build_from(&mut tokio).expect("a runtime can be built"), address)
}

/// A client of the agent in this process.
pub(crate) fn attach(address: SocketAddr) -> Client {
    match Client::attach_tcp(address, None) {
        Ok((client, _)) => client,
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// Has the stacks of all threads taken.
pub(crate) fn take_stacks(client: &mut Client, number: u32) {
    client.ask(Stacks { number });
    client.until("the stacks of all threads", |_, answers| {
        let answered = |answer: &Answer| matches!(answer, Answer::Done(done) if done.number == number);
        if answers.iter().rev().take(8).any(answered) { Ok(()) } else { Err("none yet".to_owned()) }
    });
}

/// What a thread has used so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    /// Time on a processor.
    pub(crate) ran: Nanos,
    /// Times that it went to sleep.
    pub(crate) slept: u64,
}

/// What the agent's threads have used, by name.
pub(crate) fn agents_threads() -> BTreeMap<String, Used> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return BTreeMap::new() };
    let used = threads.flatten().filter_map(|thread| {
        let text = |file: &str| std::fs::read_to_string(thread.path().join(file)).ok();
        let name = text("comm")?.trim_end().to_owned();
        let ran = text("schedstat")?.split_ascii_whitespace().next()?.parse().ok()?;
        let status = text("status")?;
        let slept = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        let used = Used { ran: Nanos(ran), slept: slept.trim().parse().ok()? };
        name.starts_with("taskscope").then_some((name, used))
    });
    used.collect()
}

/// Says what the agent's threads have used within a time.
pub(crate) fn report(before: &BTreeMap<String, Used>, elapsed: Duration) {
    for (name, after) in agents_threads() {
        let before = before.get(&name).copied().unwrap_or_default();
        let ran = (after.ran - before.ran).0 as f64 / elapsed.as_nanos() as f64;
        let slept = after.slept - before.slept;
        crate::say(&format!("{name}: {:.2} % of a core, woken {slept} times", 100.0 * ran));
    }
}
