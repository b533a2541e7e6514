//! Futures dropped by the statement that made them, where none made at that place was ever polled.
//!
//! The agent leaves out what is dropped unpolled for other reasons: an unwind, an abort, a shutdown, an early
//! return by `?`, a loser of `select!`.

use super::detector::{Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::words::{quoted, times};
use crate::change::Fact;
use crate::finding::{Kind, Severity};

pub(super) struct NeverAwaited;

impl Detector for NeverAwaited {
    fn kind(&self) -> Kind {
        Kind::NeverAwaited
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Observed(_) | Fact::Described(_))
    }

    fn judge(&self, place: Place, _cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let observed = scene.world.place(place?)?.observed.as_ref()?;
        if observed.forgotten == 0 || observed.polled > 0 {
            return None;
        }
        let (at, called) = (scene.at(place), times(observed.forgotten));
        let mut evidence = vec![format!("{} made there, none was ever polled", observed.made)];
        if let Some(task) = observed.forgotten_by {
            evidence.push(format!("the last one in {}", scene.who(task)));
        }
        Some(Judgement {
            message: format!("{} was called {called}{at} and never awaited", quoted(&observed.label)),
            advice: "await it, or spawn it with taskscope_agent::spawn",
            tasks: observed.forgotten_by.into_iter().collect(),
            count: observed.forgotten,
            since: observed.last_forgotten,
            evidence,
        })
    }
}
