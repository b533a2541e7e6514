//! Stacks are taken while all that disturbs it goes on.

use super::own;
use super::{report_memory, say};
use std::ffi::CStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, scope, sleep};
use std::time::Duration;
use taskscope_agent::Builder;

/// Threads that stay, and do a bit of everything.
const THREADS: u64 = 120;
const SHORT: Duration = Duration::from_micros(200);
/// Of the system's own library, and needed by nobody here.
const LIBRARIES: [&CStr; 3] = [c"libthread_db.so.1", c"libBrokenLocale.so.1", c"libanl.so.1"];

static OVER: AtomicBool = AtomicBool::new(false);
static THREADS_MADE: AtomicU64 = AtomicU64::new(0);
static FORKED: AtomicU64 = AtomicU64::new(0);
static LOADED: AtomicU64 = AtomicU64::new(0);
static RUNTIMES: AtomicU64 = AtomicU64::new(0);

/// Takes so many stacks. Fails if the memory grows.
pub(crate) fn captures(count: u64) -> ExitCode {
    let (runtime, address) = own::runtime(2, |builder| builder);
    let mut memory = Vec::new();
    scope(|scope| {
        let over = Over;
        (0..THREADS).for_each(|number| drop(scope.spawn(move || work(number))));
        again(scope, threads_come_and_go);
        again(scope, fork);
        again(scope, load);
        again(scope, shut_a_runtime_down);
        let mut client = own::attach(address);
        let (mut taken, mut number) = (0, 0);
        while taken < count {
            number += 1;
            own::take_stacks(&mut client, number);
            taken += client.world().threads().count() as u64;
            if memory.len() < 10 && taken >= (memory.len() as u64 + 1) * count / 10 {
                memory.push(report_memory("stacks", taken));
            }
        }
        drop(over);
    });
    drop(runtime);
    let all = [&THREADS_MADE, &FORKED, &LOADED, &RUNTIMES].map(|count| count.load(Ordering::Relaxed));
    let [threads, forked, loaded, runtimes] = all;
    say(&format!(
        "meanwhile {threads} threads, {forked} processes, {loaded} libraries and {runtimes} runtimes came and went"
    ));
    super::verdict(&memory)
}

/// Ends what all threads do, also when something fails here: the scope waits for them.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        OVER.store(true, Ordering::Relaxed);
    }
}

fn again<'scope>(scope: &'scope Scope<'scope, '_>, deed: fn()) {
    scope.spawn(move || {
        while !OVER.load(Ordering::Relaxed) {
            deed();
        }
    });
}

/// Runs, sleeps and yields, each thread in a measure of its own.
fn work(number: u64) {
    let mut sum = 0_u64;
    while !OVER.load(Ordering::Relaxed) {
        sum = (0..number * 20).fold(sum, |sum, it| std::hint::black_box(sum ^ it));
        if number.is_multiple_of(4) {
            std::thread::yield_now();
        }
        sleep(SHORT * (number as u32 % 64));
    }
}

fn threads_come_and_go() {
    let threads: Vec<_> = (0..8).map(|number| std::thread::spawn(move || sleep(SHORT * number))).collect();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    THREADS_MADE.fetch_add(8, Ordering::Relaxed);
}

/// A user of its own makes the standard library fork.
fn fork() {
    let own = rustix::process::getuid().as_raw();
    let status = Command::new("true").uid(own).status();
    FORKED.fetch_add(u64::from(status.is_ok_and(|status| status.success())), Ordering::Relaxed);
    sleep(10 * SHORT);
}

fn load() {
    for name in LIBRARIES {
        // SAFETY: the system's libraries do nothing when they are loaded but to make themselves ready.
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
        if !library.is_null() {
            LOADED.fetch_add(1, Ordering::Relaxed);
            sleep(SHORT);
            // SAFETY: it was loaded here, and nothing of it is used.
            unsafe { libc::dlclose(library) };
        }
    }
    sleep(SHORT);
}

fn shut_a_runtime_down() {
    let mut tokio = tokio::runtime::Builder::new_multi_thread();
    tokio.worker_threads(2).enable_all();
    let Ok(runtime) = Builder::from_env().build_from(&mut tokio) else { return };
    runtime.block_on(async {
        for _ in 0..16 {
            tokio::spawn(std::future::pending::<()>());
        }
        let worked = tokio::spawn(async { sleep(SHORT) });
        drop(worked.await);
    });
    drop(runtime);
    RUNTIMES.fetch_add(1, Ordering::Relaxed);
    sleep(10 * SHORT);
}
