//! What we believe about the program we are attached to, and what we have asked of it.

use crate::rows::findings::Health;
use crate::source::Heard;
use taskscope_model::change::Counted;
use taskscope_model::codes::Counter;
use taskscope_model::detect::Event;
use taskscope_model::hello::Hello;
use taskscope_model::keep::Keep;
use taskscope_model::request::{Answer, Request, Subscribe};
use taskscope_model::{Change, Diagnosis, Fact, Finding, World};

/// One attachment: its World, kept within bounds, and what is wrong in it.
#[derive(Debug)]
pub(crate) struct Session {
    hello: Hello,
    world: World,
    diagnosis: Diagnosis,
    keep: Keep,
    /// The number of the last request.
    asked: u32,
    /// The number of the last subscription.
    subscribed: Option<u32>,
    /// Whether it is a moment of a recording: what there is to tell of it has been told.
    replayed: bool,
}

impl Session {
    /// Begins with what the Hello tells.
    pub(crate) fn new(hello: &Hello) -> Self {
        let (world, diagnosis, keep) = (World::default(), Diagnosis::default(), Keep::default());
        let (hello_kept, subscribed) = (hello.clone(), None);
        let mut session =
            Self { hello: hello_kept, world, diagnosis, keep, asked: 0, subscribed, replayed: false };
        let facts = hello.runtimes.iter().cloned().map(Fact::Runtime);
        let facts = facts.chain(hello.coverage.iter().cloned().map(Fact::Coverage));
        let live = Counted { counter: Counter::LIVE, count: hello.live_tasks };
        for fact in facts.chain([Fact::Counted(live)]) {
            session.apply(&Change { source: hello.source, fact });
        }
        session
    }

    /// The same, for a recording that is replayed.
    pub(crate) fn replayed(hello: &Hello) -> Self {
        Self { replayed: true, ..Self::new(hello) }
    }

    fn apply(&mut self, change: &Change) {
        self.world.apply(change);
        self.diagnosis.see(&self.world, change);
    }

    /// Takes in what came; gives back an answer, which alters no belief.
    pub(crate) fn take(&mut self, heard: Heard) -> Option<Answer> {
        match heard {
            Heard::Changes(changes) => {
                changes.iter().for_each(|change| self.apply(change));
                self.keep.due(&self.world).iter().for_each(|change| self.apply(change));
                None
            }
            Heard::Answer(answer) => Some(answer),
        }
    }

    /// Nothing more is to come: what was put off until more is told is judged now.
    pub(crate) fn settle(&mut self) {
        self.diagnosis.settle(&self.world);
    }

    /// The request for this subscription, numbered. The newest one counts for [`is_complete`](Self::is_complete).
    pub(crate) fn subscribe(&mut self, subscribe: Subscribe) -> Request {
        let number = self.number();
        self.subscribed = Some(number);
        Request::Subscribe(Subscribe { number, ..subscribe })
    }

    /// A number for another request.
    pub(crate) fn number(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    /// Whether everything that the newest subscription asks for has been told once.
    pub(crate) fn is_complete(&self) -> bool {
        self.replayed
            || self.subscribed.is_some() && self.world.complete(self.hello.source) == self.subscribed
    }

    /// What the program said first.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What we believe.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// What is wrong, worst first.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.diagnosis.findings()
    }

    /// How many findings there are.
    pub(crate) fn health(&self) -> Health {
        Health::of(self.findings().map(|finding| finding.severity))
    }

    /// Whether a finding has come up since events were last taken.
    pub(crate) fn has_raised(&self) -> bool {
        self.diagnosis.has_raised()
    }

    /// What has become of findings since this was last asked, oldest first.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.diagnosis.take_events()
    }
}
