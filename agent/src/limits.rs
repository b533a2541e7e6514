//! From which length on a poll is slow.

use crate::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use taskscope_model::Nanos;

/// If nobody says otherwise.
pub(crate) const USUAL: Nanos = Nanos(100_000_000);
/// Shorter ones are not seen reliably.
pub(crate) const SHORTEST: Nanos = Nanos(5_000_000);
/// Stands for none.
const NONE: u64 = u64::MAX;

/// What the program says of limits at its start.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitSettings {
    /// For all that have none of their own; `None`: the usual one.
    pub(crate) all: Option<Limit>,
    /// For tasks spawned in a file, or at a line of it: `src/jobs.rs`, `src/jobs.rs:88`.
    pub(crate) of_places: Vec<(String, Limit)>,
}

/// A limit, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    At(Nanos),
    None,
}

/// The limits in force.
pub(crate) struct Limits {
    all: AtomicU64,
    of_places: Vec<(String, Limit)>,
    /// What was found for spawn locations, by their number.
    known: Mutex<HashMap<u32, Option<Limit>>>,
}

impl Limit {
    fn nanos(self) -> u64 {
        match self {
            Limit::At(limit) => limit.max(SHORTEST).0,
            Limit::None => NONE,
        }
    }
}

impl Limits {
    pub(crate) fn new(settings: &LimitSettings) -> Self {
        Self {
            all: AtomicU64::new(settings.all.unwrap_or(Limit::At(USUAL)).nanos()),
            of_places: settings.of_places.clone(),
            known: Mutex::new(HashMap::new()),
        }
    }

    /// The limit where none is set for the place.
    pub(crate) fn all(&self) -> Option<Nanos> {
        Some(self.all.load(Ordering::Relaxed)).filter(|limit| *limit != NONE).map(Nanos)
    }

    /// Sets it.
    pub(crate) fn set_all(&self, limit: Limit) {
        self.all.store(limit.nanos(), Ordering::Relaxed);
    }

    /// The limit of tasks of a spawn location, whose text is asked for once.
    pub(crate) fn of(&self, place: u32, text: impl FnOnce() -> Option<String>) -> Option<Nanos> {
        if self.of_places.is_empty() {
            return self.all();
        }
        let mut known = lock(&self.known);
        let own = *known.entry(place).or_insert_with(|| text().and_then(|text| self.of_text(&text)));
        drop(known);
        match own {
            None => self.all(),
            Some(limit) => Some(limit.nanos()).filter(|limit| *limit != NONE).map(Nanos),
        }
    }

    /// The last one set for a place holds.
    fn of_text(&self, text: &str) -> Option<Limit> {
        let file = text.rsplit_once(':').map_or(text, |(file, _)| file);
        let fits = |wanted: &str| [text, file].iter().any(|whole| is_end_of_path(whole, wanted));
        self.of_places.iter().rev().find(|(wanted, _)| fits(wanted)).map(|(_, limit)| *limit)
    }

    /// The smallest limit there is; `None`: there is none at all.
    pub(crate) fn smallest(&self) -> Option<Nanos> {
        let of_places = self.of_places.iter().map(|(_, limit)| limit.nanos());
        let all = self.all.load(Ordering::Relaxed);
        of_places.chain([all]).min().filter(|limit| *limit != NONE).map(Nanos)
    }
}

fn is_end_of_path(whole: &str, end: &str) -> bool {
    whole.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Nanos {
        Nanos(count * 1_000_000)
    }

    #[test]
    fn a_place_may_have_a_limit_of_its_own() {
        let of_places = vec![
            ("jobs.rs".to_owned(), Limit::At(ms(500))),
            ("src/jobs.rs:88".to_owned(), Limit::None),
            ("other.rs".to_owned(), Limit::At(ms(1))),
        ];
        let limits = Limits::new(&LimitSettings { all: None, of_places });
        let of = |place, text: &str| limits.of(place, || Some(text.to_owned()));
        assert_eq!(of(1, "src/jobs.rs:88"), None);
        assert_eq!(of(2, "src/jobs.rs:8"), Some(ms(500)));
        assert_eq!(of(3, "src/myjobs.rs:8"), Some(USUAL));
        assert_eq!(of(4, "src/other.rs:1"), Some(SHORTEST));
        assert_eq!(limits.smallest(), Some(SHORTEST));
        limits.set_all(Limit::None);
        assert_eq!((limits.all(), of(3, "")), (None, None));
    }
}
