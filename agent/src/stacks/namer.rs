//! The thread that looks up names. It is started when there is something to name for the first time.

use super::Stacks;
use super::native::Symbols;
use super::origin::Origins;
use crate::sync::lock;
use std::sync::OnceLock;
use std::thread::Thread;

/// The way to the thread.
pub(super) struct Namer {
    origins: Origins,
    thread: OnceLock<Option<Thread>>,
}

impl Namer {
    pub(super) fn new(origins: Origins) -> Self {
        Self { origins, thread: OnceLock::new() }
    }

    /// Has everything without a name looked up.
    pub(super) fn name_new(&self, stacks: &'static Stacks) {
        match self.start(stacks) {
            Some(thread) => thread.unpark(),
            // Without the thread there are no names: all is told as it is.
            None => self.give_up(stacks),
        }
    }

    /// Starts the thread, which reads the executable first.
    pub(super) fn prepare(&self, stacks: &'static Stacks) {
        self.start(stacks);
    }

    fn start(&self, stacks: &'static Stacks) -> Option<&Thread> {
        let start = || {
            let thread = std::thread::Builder::new().name("taskscope-names".to_owned());
            let origins = self.origins.clone();
            let started = thread.spawn(move || {
                #[cfg(unix)]
                crate::signals::leave_to_the_program();
                run(stacks, &origins);
            });
            started.ok().map(|handle| handle.thread().clone())
        };
        self.thread.get_or_init(start).as_ref()
    }

    fn give_up(&self, stacks: &Stacks) {
        let mut frames = lock(&stacks.frames);
        while let Some((number, _)) = frames.unnamed() {
            frames.name(number, Vec::new(), &self.origins, &stacks.version);
        }
        drop(frames);
        stacks.settle();
    }
}

fn run(stacks: &'static Stacks, origins: &Origins) {
    let mut symbols = Symbols::default();
    symbols.prepare();
    loop {
        let next = lock(&stacks.frames).unnamed();
        let Some((number, address)) = next else {
            stacks.settle();
            std::thread::park();
            continue;
        };
        // Without the lock: this may take long.
        let found = symbols.look_up(&address);
        lock(&stacks.frames).name(number, found, origins, &stacks.version);
    }
}
