//! What goes wrong while the agent runs. The program runs on; the coverage says it.

use crate::sync::lock;
use std::collections::BTreeMap;
use std::sync::Mutex;
use taskscope_model::change::Coverage;
use taskscope_model::codes::Seen;

/// What went wrong while the agent runs, by topic.
#[derive(Default)]
pub(crate) struct Notes(Mutex<BTreeMap<&'static str, Coverage>>);

impl Notes {
    /// Says that something is not, or only partly, there; the latest note of a topic holds.
    pub(crate) fn say(&self, topic: &'static str, seen: Seen, why: impl Into<String>, remedy: &str) {
        let coverage = Coverage { topic: topic.to_owned(), seen, why: why.into(), remedy: remedy.to_owned() };
        lock(&self.0).insert(topic, coverage);
    }

    /// The notes, by topic.
    pub(crate) fn all(&self) -> Vec<Coverage> {
        lock(&self.0).values().cloned().collect()
    }
}
