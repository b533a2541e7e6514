//! Polls of a test that have blocked their worker for long: while the runtime was there the watchdog has noted them.

use crate::core::Core;
use std::time::Duration;
use taskscope_model::change::SlowPoll;
use taskscope_model::{
    At, Change, Diagnosis, Fact, Finding, Kind, Nanos, RuntimeId, Severity, Source, World,
};

/// A poll that takes so long blocks its worker.
const BLOCKED: Nanos = Nanos(1_000_000_000);
/// The end of a poll is noted a moment later, and names are looked up: so often this is waited for, a millisecond each.
const MOST_TURNS: u32 = 3_000;

/// What has blocked the workers of a runtime that was made at a moment and is gone, each place once; and the World, in
/// which their places have names now.
pub(super) fn blocked(core: &Core, runtime: RuntimeId, made: At, mut world: World) -> (Vec<Finding>, World) {
    let polls = polls(core, runtime, made);
    if polls.is_empty() {
        return (Vec::new(), world);
    }
    let mut tell = |fact: Fact| world.apply(&Change { source: Source::AGENT, fact });
    core.stacks.tell(0, core.store.clock.now(), &mut |fact| match fact {
        Fact::SlowPoll(_) | Fact::ThreadStack(_) | Fact::PoolFull(_) => {}
        names => tell(names),
    });
    polls.into_iter().for_each(|poll| tell(poll.into()));
    let diagnosis = Diagnosis::of(&world);
    let slow = diagnosis.findings().filter(|finding| finding.kind == Kind::SlowPoll).cloned();
    let blocked = |slow| Finding { kind: Kind::BlockedWorker, severity: Severity::Error, ..slow };
    let blocked = slow.map(blocked).collect();
    (blocked, world)
}

/// The long polls of the runtime, once they have ended and their stacks have names.
fn polls(core: &Core, runtime: RuntimeId, made: At) -> Vec<SlowPoll> {
    for _ in 0..MOST_TURNS {
        let (polls, settled) = core.stacks.slow_polls_of(runtime);
        if settled {
            let long = |poll: &SlowPoll| {
                poll.length >= Some(BLOCKED) || (poll.since >= made && poll.longest >= BLOCKED)
            };
            return polls.into_iter().filter(|poll| poll.at >= made).filter(long).collect();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Vec::new()
}
