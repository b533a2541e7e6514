//! Calls wait for a thread of the blocking pool, and all its threads are busy.

use super::detector::{Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::world::World;

pub(super) struct BlockingPoolFull;

impl Detector for BlockingPoolFull {
    fn kind(&self) -> Kind {
        Kind::BlockingPoolFull
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, _fact: &Fact) -> bool {
        false
    }

    fn unsettled_by(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::PoolFull(_) | Fact::RuntimeEnded(_))
    }

    fn concern(&self, _world: &World) -> (Vec<TaskId>, Vec<Place>) {
        (Vec::new(), vec![None])
    }

    /// How long the pools have been full.
    fn ages(&self) -> bool {
        true
    }

    /// There is one pool a runtime, and no place to it.
    fn judge(&self, place: Place, _cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        if place.is_some() {
            return None;
        }
        let full = scene.world.runtimes().filter(|(_, view)| view.ended.is_none()).filter_map(|(_, view)| {
            let full = view.pool_full.as_ref()?;
            let name = view.runtime.as_ref().map(|runtime| runtime.name.clone());
            Some((full, full.since?, name.unwrap_or_else(|| format!("runtime-{}", full.runtime))))
        });
        let full: Vec<_> = full.collect();
        let (first, _, name) =
            full.iter().max_by_key(|(full, since, _)| (full.queued, std::cmp::Reverse(*since)))?;
        let (queued, threads) = (first.queued, first.threads);
        let calls = if queued == 1 { "1 call waits".to_owned() } else { format!("{queued} calls wait") };
        let message = format!("{calls} for a thread of the blocking pool of {name}: all {threads} are busy");
        let evidence = full.iter().map(|(full, since, name)| {
            let time = super::slow_poll::rounded(scene.now().since(*since));
            format!("{name}: {} waiting, {} threads, for {time}", full.queued, full.threads)
        });
        Some(Judgement {
            message,
            advice: "see what the threads do with taskscope stacktrace; give work that lasts a thread of its own, or \
                     the runtime more with max_blocking_threads",
            evidence: evidence.collect(),
            count: full.len() as u64,
            since: full.iter().map(|(_, since, _)| *since).min(),
            ..Judgement::default()
        })
    }
}
