//! Tasks that returned an error, and nobody looked: the handle, which gives it to whoever awaits it, was dropped.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::unseen::{self, Unseen};
use crate::change::Fact;
use crate::codes::Outcome;
use crate::finding::{Kind, Severity};
use crate::task::Task;

pub(super) struct ErrorUnseen;

const ERRORS: Unseen = Unseen {
    outcome: Outcome::FAILED,
    counted: |outcomes| outcomes.errors_unseen,
    verb: "returned an error",
    advice: "await the handle and look at the result, or deal with the error within the task",
};

impl Detector for ErrorUnseen {
    fn kind(&self) -> Kind {
        Kind::ErrorUnseen
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        unseen::heeds(fact)
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        ERRORS.case(task)
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        ERRORS.judge(place, cases, scene)
    }
}
