//! Tasks that wake themselves in every poll; an operation is a poll.

use crate::memory::rest_after;
use crate::{Job, Variant, counter};
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// Each task has been polled so often before anything is measured.
const WARM: u64 = 2;

/// Starts `live` tasks. With `cold`, each poll reads so many places of a large memory, so that between two
/// polls of a task its traces have left the cache.
pub(crate) async fn start<V: Variant>(job: &Job) {
    let (live, cold) = (job.number("live"), job.number("cold"));
    let from_a_worker = tokio::spawn(async move {
        for seed in 0..live {
            drop(V::spawn(SelfWaking { cold, random: seed | 1 }));
            rest_after(seed).await;
        }
    });
    from_a_worker.await.expect("tasks are spawned");
    while counter::total() < WARM * live {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

struct SelfWaking {
    cold: u64,
    random: u64,
}

impl Future for SelfWaking {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..self.cold {
            self.random =
                self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            touch(self.random >> 32);
        }
        counter::count();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Writes to a place of 64 MB.
fn touch(place: u64) {
    static MEMORY: OnceLock<Vec<AtomicU64>> = OnceLock::new();
    const WORDS: usize = 1 << 23;
    let memory = MEMORY.get_or_init(|| (0..WORDS).map(|word| AtomicU64::new(word as u64)).collect());
    memory[place as usize % WORDS].store(place, Ordering::Relaxed);
}
