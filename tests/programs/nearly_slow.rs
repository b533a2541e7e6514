//! Polls that are long by the clock on the wall, and yet not slow: none of them runs or blocks for 100 ms.

use crate::say;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;
use taskscope_agent::Builder;

/// Polls for ever, in one of the ways.
pub(crate) fn nearly_slow(way: &str) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    let runtime = Builder::from_env().build_from(&mut builder).expect("a runtime can be built");
    match way {
        "niced" => {
            let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
            // They take all processors.
            (0..4 * cores).for_each(|_| drop(std::thread::spawn(|| while black_box(true) {})));
        }
        "stopped" => stop_now_and_then(),
        _ => {}
    }
    let way = way.to_owned();
    runtime.block_on(async move {
        tokio::spawn(async move {
            if way == "niced" {
                rustix::process::nice(19).expect("everybody may be nicer");
            }
            loop {
                if way == "short" {
                    std::thread::sleep(Duration::from_millis(70));
                } else {
                    compute();
                }
                tokio::task::yield_now().await;
            }
        });
        say("ready");
        std::future::pending::<()>().await;
    });
}

/// Some 40 ms of a processor's time.
fn compute() {
    let step = || (0..20_000_u64).fold(0, |sum, number| black_box(sum ^ number.wrapping_mul(31)));
    let spent = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let begun = spent();
    let since = |now: rustix::time::Timespec| {
        (now.tv_sec - begun.tv_sec) * 1_000_000_000 + now.tv_nsec - begun.tv_nsec
    };
    while since(spent()) < 40_000_000 {
        black_box(step());
    }
}

/// Has this process stopped and go on, again and again, by a shell that ends when it has ended.
fn stop_now_and_then() {
    let script = "while kill -STOP $0; do sleep 0.3; kill -CONT $0; sleep 0.2; done 2>/dev/null";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, &std::process::id().to_string()]);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("there is a shell");
}
