//! What we believe about the program we are attached to, and what we have asked of it.

use crate::source::Heard;
use taskscope_model::change::Counted;
use taskscope_model::codes::Counter;
use taskscope_model::hello::Hello;
use taskscope_model::keep::Keep;
use taskscope_model::request::{Answer, Request, Subscribe};
use taskscope_model::{Change, Fact, World};

/// One attachment: its World, kept within bounds.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    hello: Hello,
    world: World,
    keep: Keep,
    asked: u32,
}

impl Session {
    /// Begins with what the Hello tells.
    pub(crate) fn new(hello: &Hello) -> Self {
        let hello = hello.clone();
        let mut world = World::default();
        let facts = hello.runtimes.iter().cloned().map(Fact::Runtime);
        let facts = facts.chain(hello.coverage.iter().cloned().map(Fact::Coverage));
        let live = Counted { counter: Counter::LIVE, count: hello.live_tasks };
        for fact in facts.chain([Fact::Counted(live)]) {
            world.apply(&Change { source: hello.source, fact });
        }
        Self { hello, world, keep: Keep::default(), asked: 0 }
    }

    /// Takes in what came; gives back an answer, which alters no belief.
    pub(crate) fn take(&mut self, heard: Heard) -> Option<Answer> {
        match heard {
            Heard::Changes(changes) => {
                changes.iter().for_each(|change| self.world.apply(change));
                self.keep.due(&self.world).iter().for_each(|change| self.world.apply(change));
                None
            }
            Heard::Answer(answer) => Some(answer),
        }
    }

    /// The request for this subscription, numbered. The newest one counts for [`is_complete`](Self::is_complete).
    pub(crate) fn subscribe(&mut self, subscribe: Subscribe) -> Request {
        self.asked += 1;
        Request::Subscribe(Subscribe { number: self.asked, ..subscribe })
    }

    /// Whether everything that the newest subscription asks for has been told once.
    pub(crate) fn is_complete(&self) -> bool {
        self.asked > 0 && self.world.complete(self.hello.source) == Some(self.asked)
    }

    /// What the program said first.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What we believe.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }
}
