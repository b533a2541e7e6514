//! Polls that are long by the clock on the wall, and yet not slow: none of them runs or blocks for 100 ms.

use crate::say;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;
use taskscope_agent::Builder;

/// Polls for ever, in one of the ways: `short`, `niced`, `stopped`.
pub(crate) fn nearly_slow(way: &str) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    let runtime = Builder::from_env().build_from(&mut builder).expect("a runtime can be built");
    match way {
        "niced" => take_all_processors(),
        "stopped" => stop_now_and_then(),
        _ => {}
    }
    let niced = way == "niced";
    runtime.block_on(async move {
        tokio::spawn(async move {
            if niced {
                rustix::process::nice(19).expect("everybody may be nicer");
            }
            loop {
                compute();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        tokio::spawn(async {
            loop {
                std::thread::sleep(Duration::from_millis(70));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        say("ready");
        std::future::pending::<()>().await;
    });
}

/// Nicer than the other programs here, and not as nice as the thread that is to get none.
fn take_all_processors() {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
    for _ in 0..2 * processors {
        std::thread::spawn(|| {
            rustix::process::nice(8).expect("everybody may be nicer");
            while black_box(true) {}
        });
    }
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
    let mut shell = shell.spawn().expect("there is a shell");
    // It ends when this process has, and then nobody waits for it.
    std::thread::spawn(move || shell.wait());
}
