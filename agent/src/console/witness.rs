//! Whether the console layer sees anything: a layer that stands in no subscriber, or behind a filter for all layers,
//! looks like a program without tasks.

use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Subscriber;
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

static SEEN: AtomicBool = AtomicBool::new(false);

/// Notices that there was a span.
pub(super) struct Witness;

impl<S: Subscriber> Layer<S> for Witness {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        // Most of the time it is known: then nobody's cache line is taken away.
        if !has_seen() {
            SEEN.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether there was one.
pub(super) fn has_seen() -> bool {
    SEEN.load(Ordering::Relaxed)
}
