//! What the server does for the black box.

use super::{Server, TICK};
use crate::black_box::Occasion;
use crate::server::client::Client;
use crate::server::subscriber::Subscriber;
use taskscope_model::At;

/// Stands for a client where it asks for the stacks of all threads.
pub(super) const BLACK_BOX: usize = usize::MAX;
/// Time between two ticks while nobody but the black box wants to know, nanoseconds.
const SLOW_TICK: u64 = 1_000_000_000;

impl Server {
    /// Takes in what is new, and writes it if there is an occasion.
    pub(super) fn keep_black_box(&mut self, now: At) {
        let Some(black_box) = &mut self.black_box else { return };
        black_box.read(&self.news);
        let Some(occasion) = black_box.occasion(self.core, now) else { return };
        if matches!(occasion, Occasion::Blocked(_)) && !black_box.has_stacks() {
            // The file is written now, and once more when they have come.
            self.asked.add(BLACK_BOX, 0, self.core, now);
        }
        // The last Changes are to be in it.
        self.on_tick(now);
        self.write(now);
        self.write_black_box(&occasion);
    }

    /// Writes the file.
    pub(super) fn write_black_box(&mut self, occasion: &Occasion) {
        if self.black_box.is_none() {
            return;
        }
        let hello = self.hello();
        let now = self.core.store.clock.now();
        if let Some(black_box) = &mut self.black_box {
            black_box.read(&self.news);
            black_box.write(self.core, hello, occasion, now);
        }
    }

    /// Whether somebody else than the black box is told things as they change.
    pub(super) fn is_watched_closely(&self) -> bool {
        self.reporter.is_some() || self.clients.values().any(Client::is_watching)
    }

    /// How long after a tick the next one is due, nanoseconds.
    pub(super) fn tick_after(&self) -> u64 {
        if self.is_watched_closely() { TICK } else { SLOW_TICK }
    }

    /// Whom the agent itself tells: the reporter and the black box.
    pub(super) fn own_subscribers(&self) -> impl Iterator<Item = &Subscriber> {
        let reporter = self.reporter.iter().map(|reporter| &reporter.subscriber);
        reporter.chain(self.black_box.iter().map(|black_box| &black_box.subscriber))
    }
}
