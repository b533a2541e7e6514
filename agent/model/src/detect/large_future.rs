//! Large futures: each is moved as a whole until it is spawned, and takes that much memory while it lives.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::words::{in_full, kibibytes};
use crate::change::Fact;
use crate::codes::Source;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::Task;

pub(super) struct LargeFuture;

/// tokio puts futures that are larger than this into a box of their own before it spawns them, in release builds:
/// `BOX_FUTURE_THRESHOLD` in its `runtime/mod.rs`.
const LARGE: u64 = 16 * 1024;
/// Of what tokio's spans tell the size is that behind the box: what is not boxed is large from here on for
/// tokio-console, `LargeFuture::DEFAULT_MIN_SIZE` in its `warnings.rs`.
const LARGE_IN_A_SPAN: u64 = 1024;

/// The size of a future that is large.
fn large(task: &Task) -> Option<u64> {
    let size = task.size_by()?;
    let least = if size.source == Source::CONSOLE { LARGE_IN_A_SPAN } else { LARGE };
    Some(size.id).filter(|size| *size >= least)
}

impl Detector for LargeFuture {
    fn kind(&self) -> Kind {
        Kind::LargeFuture
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Spawned(_) | Fact::Described(_))
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        large(task)?;
        Some(Case::now(task.location(), task.spawned_at().unwrap_or_default()))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let size = cases.only().and_then(|task| scene.task(task)?.size());
        let least = cases.tasks().filter_map(|task| scene.task(task)?.size()).min();
        let whom = scene.whom(place, cases, judgement.count);
        let message = match size {
            Some(size) => format!("the future of {whom} takes {}", kibibytes(size)),
            None => format!("the futures of {whom} take {} and more each", kibibytes(least?)),
        };
        let evidence = scene.lines(cases, judgement.count, |scene, id| line(scene, id, Task::size));
        let advice = "keep large values in a Box or a Vec, not in variables that live across an await";
        Some(Judgement { message, advice, evidence, ..judgement })
    }
}

/// ``task 7 `mailer`: 19.5 KiB, app::mailer::{{closure}}``.
pub(super) fn line(scene: &mut Scene<'_>, id: TaskId, size: impl Fn(&Task) -> Option<u64>) -> String {
    let who = scene.who(id);
    let task = scene.task(id);
    let size = task.and_then(size).map(|size| format!(": {}", kibibytes(size)));
    let future = task.and_then(Task::future).map(|future| format!(", {}", in_full(future)));
    format!("{who}{}{}", size.unwrap_or_default(), future.unwrap_or_default())
}
