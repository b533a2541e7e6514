//! The stacks of a program's threads: a worker in a poll, one that waits for work, a blocking call, and a thread
//! that has nothing to do with tokio.

use taskscope_model::change::{Call, Frame, Location, Stack, ThreadStack};
use taskscope_model::codes::{Doing, Origin};
use taskscope_model::{At, Fact, FrameId, LocationId, RuntimeId, TaskId, Worker};

const FIRST_LOCATION: u32 = 1 << 24;

/// Everything that is told about them.
pub(super) fn facts(at: At) -> Vec<Fact> {
    let place = |number, file: &str, line| {
        let id = LocationId(FIRST_LOCATION + number);
        Location { id, file: file.to_owned(), line, column: 9 }.into()
    };
    let call = |function: &str, origin, place: Option<u32>| {
        let location = place.map(|number| LocationId(FIRST_LOCATION + number));
        Call { function: function.to_owned(), location, origin }
    };
    let frame = |number, calls| {
        let (module, build_id) = ("/usr/bin/app".to_owned(), "0badc0de".to_owned());
        let offset = 0x1000 + u64::from(number);
        Frame { id: FrameId(number), address: 0x5555_0000_0000 + offset, module, build_id, offset, calls }
            .into()
    };
    let poll =
        vec![call("app::ask", Origin::USER, Some(1)), call("app::serve::{{closure}}", Origin::USER, Some(2))];
    vec![
        place(0, "/rustc/0123/library/std/src/thread/functions.rs", 289),
        place(1, "src/users.rs", 30),
        place(2, "src/main.rs", 12),
        frame(0, vec![call("clock_nanosleep", Origin::SYSTEM, None)]),
        frame(1, vec![call("std::thread::functions::sleep", Origin::STD, Some(0))]),
        frame(2, poll),
        frame(3, vec![call("tokio::runtime::task::raw::poll", Origin::TOKIO, None)]),
        frame(4, vec![call("tokio::runtime::park::Inner::park", Origin::TOKIO, None)]),
        frame(5, vec![]),
        thread(
            at,
            (11, Some(Worker(0)), Some(TaskId(4))),
            (Doing::IN_CALL, "clock_nanosleep"),
            &[0, 1, 2, 3],
        ),
        thread(at, (12, Some(Worker(1)), None), (Doing::IN_CALL, "futex"), &[4]),
        thread(at, (13, None, None), (Doing::RUNNING, ""), &[5, 3]),
        thread(at, (14, None, None), (Doing::IN_CALL, "clock_nanosleep"), &[0, 1]),
    ]
}

fn thread(
    at: At,
    (tid, worker, task): (u32, Option<Worker>, Option<TaskId>),
    (doing, call): (Doing, &str),
    frames: &[u32],
) -> Fact {
    let frames = frames.iter().copied().map(FrameId).collect();
    ThreadStack {
        tid,
        name: "tokio-rt-worker".to_owned(),
        at,
        runtime: worker.map(|_| RuntimeId(0)),
        worker,
        task,
        since: task.map(|_| At(at.0 - 1_200_000_000)),
        stack: Stack { doing, call: call.to_owned(), approximate: false, complete: tid != 13, frames },
    }
    .into()
}
