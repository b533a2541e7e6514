//! Tasks that panicked, and nobody looked: the handle, which gives the panic to whoever awaits it, was dropped.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::unseen::{self, Unseen};
use crate::change::Fact;
use crate::codes::Outcome;
use crate::finding::{Kind, Severity};
use crate::task::Task;

pub(super) struct PanicUnseen;

const PANICS: Unseen = Unseen {
    outcome: Outcome::PANICKED,
    counted: |outcomes| outcomes.panics_unseen,
    verb: "panicked",
    advice: "await the handle, which gives the panic as an error, or abort the program on a panic",
};

impl Detector for PanicUnseen {
    fn kind(&self) -> Kind {
        Kind::PanicUnseen
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn heeds(&self, fact: &Fact) -> bool {
        unseen::heeds(fact)
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        PANICS.case(task)
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        PANICS.judge(place, cases, scene)
    }
}
