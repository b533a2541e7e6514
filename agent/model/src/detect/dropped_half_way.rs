//! Observed futures dropped after a poll and before their end: losers of `select!`, time-outs, requests whose
//! client hung up. Often as it should be, so this only tells.

use super::detector::{Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::words::{by, quoted, times, unquoted};
use crate::change::{Fact, HalfWay};
use crate::codes::DropKind;
use crate::finding::{Kind, Severity};
use crate::ids::LocationId;
use crate::task::By;

pub(super) struct DroppedHalfWay;

impl Detector for DroppedHalfWay {
    fn kind(&self) -> Kind {
        Kind::DroppedHalfWay
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Observed(_) | Fact::HalfWay(_) | Fact::Described(_))
    }

    fn judge(&self, place: Place, _cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let place = place?;
        let view = scene.world.place(place)?;
        let last = view.half_way.as_ref();
        let counted = view.observed.as_ref().map_or(0, |observed| observed.half_way);
        let count = counted.max(last.is_some().into());
        if count == 0 {
            return None;
        }
        let label =
            last.map(|last| &last.label).or(view.observed.as_ref().map(|observed| &observed.label))?;
        let request = last.is_some_and(|last| last.kind == DropKind::REQUEST);
        let what = if request { unquoted(label) } else { quoted(label) };
        let often = if count == 1 { String::new() } else { format!(" {}", times(count)) };
        let how = last.map(|last| how(last, place, count, scene)).unwrap_or_default();
        let mut evidence = Vec::new();
        if let Some(observed) = &view.observed {
            let (made, completed) = (observed.made, observed.completed);
            evidence.push(format!("{made} made there, {completed} ran to their end, {counted} half way"));
        }
        if let Some(task) = last.and_then(|last| last.task) {
            evidence.push(format!("the last one in {}", scene.who(task)));
        }
        Some(Judgement {
            message: format!("{what} was dropped half way{often}{how}"),
            advice: if request {
                "spawn the work that has to be done even when the client hangs up"
            } else {
                "if it is not meant to stop there, as in a select! or a time-out, spawn it and await its handle"
            },
            tasks: last.and_then(|last| last.task).into_iter().collect(),
            count,
            since: last.map(|last| last.at),
            evidence,
        })
    }
}

/// After how long, and where it was then.
fn how(last: &HalfWay, place: By<LocationId>, count: u64, scene: &Scene<'_>) -> String {
    let after = last.after;
    let the_last = if count == 1 { "" } else { ", the last" };
    let waiting_at = by(place, last.waiting_at);
    if last.kind == DropKind::REQUEST {
        let at = scene.at(waiting_at.or(Some(place)));
        return format!("{the_last} after {after}{at}: the client hung up");
    }
    if last.waiting_for.is_empty() {
        return format!("{the_last} after {after}{}", scene.at(waiting_at));
    }
    format!("{the_last} after {after}, waiting for {}{}", quoted(&last.waiting_for), scene.at(waiting_at))
}
