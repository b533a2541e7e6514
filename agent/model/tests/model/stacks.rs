//! Examples of the facts about stacks and slow polls. As in `examples.rs`.

use super::examples::told;
use taskscope_model::change::*;
use taskscope_model::codes::{Doing, Origin, Source};
use taskscope_model::frame::Told;
use taskscope_model::request::{Request, SetLimit, Stacks};
use taskscope_model::{At, FrameId, LocationId, Nanos, RuntimeId, SlowPollId, TaskId, Worker};

const TASK: TaskId = TaskId(4711);

pub(super) fn facts() -> Vec<(String, Told)> {
    let agent = Source::AGENT;
    vec![
        told("Frame", agent, frame()),
        told(
            "Frame.least",
            agent,
            Frame { module: String::new(), build_id: String::new(), calls: vec![], ..frame() },
        ),
        told("SlowPoll", agent, slow_poll()),
        told("SlowPoll.least", agent, least_slow_poll()),
        told("ThreadStack", agent, thread_stack()),
        told("ThreadStack.least", agent, least_thread_stack()),
        told(
            "PoolFull",
            agent,
            PoolFull { runtime: RuntimeId(0), since: Some(At(7)), queued: 300, threads: 512 },
        ),
        told(
            "PoolFull.least",
            agent,
            PoolFull { runtime: RuntimeId(0), since: None, queued: 0, threads: 512 },
        ),
    ]
}

pub(super) fn requests() -> Vec<(String, Request)> {
    vec![
        ("Stacks".to_owned(), Stacks { number: 6 }.into()),
        ("SetLimit".to_owned(), SetLimit { number: 7, slow_poll: Some(Nanos(50_000_000)) }.into()),
        ("SetLimit.least".to_owned(), SetLimit { number: 7, slow_poll: None }.into()),
    ]
}

fn frame() -> Frame {
    let call = |function: &str, location, origin| Call { function: function.to_owned(), location, origin };
    Frame {
        id: FrameId(300),
        address: 0x5555_5555_1234,
        module: "/usr/bin/app".to_owned(),
        build_id: "0badc0de".to_owned(),
        offset: 0x1234,
        calls: vec![
            call("std::thread::sleep", None, Origin::STD),
            call("app::wait", Some(LocationId(16_777_217)), Origin::USER),
        ],
    }
}

fn stack() -> Stack {
    let frames = vec![FrameId(300), FrameId(1)];
    Stack { doing: Doing::IN_CALL, call: "futex".to_owned(), approximate: true, complete: true, frames }
}

fn slow_poll() -> SlowPoll {
    SlowPoll {
        id: SlowPollId(3),
        place: Some(LocationId(16_777_217)),
        spawned_at: Some(LocationId(3)),
        count: 12,
        more: 300,
        since: At(1_000_000),
        longest: Nanos(2_500_000_000),
        limit: Nanos(100_000_000),
        task: TASK,
        runtime: Some(RuntimeId(0)),
        worker: Some(Worker(1)),
        tid: 12_345,
        at: At(2_000_000),
        length: Some(Nanos(150_000_000)),
        waiting: Some(17),
        samples: vec![Sample { after: Nanos(101_000_000), stack: stack() }],
    }
}

fn least_slow_poll() -> SlowPoll {
    SlowPoll {
        place: None,
        spawned_at: None,
        runtime: None,
        worker: None,
        length: None,
        waiting: None,
        samples: vec![],
        ..slow_poll()
    }
}

fn thread_stack() -> ThreadStack {
    ThreadStack {
        tid: 12_345,
        name: "tokio-rt-worker".to_owned(),
        at: At(3_000_000),
        runtime: Some(RuntimeId(0)),
        worker: Some(Worker(1)),
        task: Some(TASK),
        since: Some(At(2_000_000)),
        stack: stack(),
    }
}

fn least_thread_stack() -> ThreadStack {
    let (name, stack) = (String::new(), Stack::default());
    ThreadStack { name, runtime: None, worker: None, task: None, since: None, stack, ..thread_stack() }
}
