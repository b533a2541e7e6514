//! Tasks that end at once; an operation is a spawn and its join.

use crate::{Job, Variant, counter};
use tokio::runtime::Handle;

/// A thread spawns so many before it joins them: it shall not measure the waking of threads.
const BATCH: usize = 256;

/// Spawns without end: `from=task` one after the other, `from=thread` in batches.
pub(crate) fn start<V: Variant>(job: &Job) {
    match job.text("from") {
        "task" => drop(tokio::spawn(one_by_one::<V>())),
        "thread" => {
            let runtime = Handle::current();
            std::thread::spawn(move || batches::<V>(&runtime));
        }
        unknown => panic!("no such place to spawn from: {unknown}"),
    }
}

async fn one_by_one<V: Variant>() {
    loop {
        V::spawn(async {}).await.expect("the task ends");
        counter::count();
    }
}

fn batches<V: Variant>(runtime: &Handle) {
    let _context = runtime.enter();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        batch.extend((0..BATCH).map(|_| V::spawn(async {})));
        runtime.block_on(async {
            for task in batch.drain(..) {
                task.await.expect("the task ends");
                counter::count();
            }
        });
    }
}
