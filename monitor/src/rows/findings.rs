//! What is wrong, as rows.

use taskscope_model::change::Location;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{Finding, Kind, LocationId, Nanos, Severity, TaskId, World};

/// What tells a finding from every other one of the same program.
pub(crate) type Key = (Kind, Option<By<LocationId>>);

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FindingRow {
    /// Which one it is.
    pub(crate) key: Key,
    /// What sort of thing is wrong.
    pub(crate) kind: Kind,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) advice: String,
    /// The tasks, as far as they are named.
    pub(crate) tasks: Vec<TaskId>,
    /// Where.
    pub(crate) location: Option<Location>,
    /// How often.
    pub(crate) count: u64,
    /// For how long.
    pub(crate) since: Nanos,
    /// The facts behind it.
    pub(crate) evidence: Vec<String>,
}

impl FindingRow {
    /// The row of a finding over that World.
    pub(crate) fn of(finding: &Finding, world: &World) -> Self {
        Self {
            key: (finding.kind, finding.location),
            kind: finding.kind,
            severity: finding.severity,
            message: finding.message.clone(),
            advice: finding.advice.clone(),
            tasks: finding.tasks.clone(),
            location: finding.location.and_then(|place| world.location(place)).cloned(),
            count: finding.count,
            since: world.now().since(finding.since),
            evidence: finding.evidence.clone(),
        }
    }
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Errors.
    pub(crate) errors: u64,
    /// Warnings.
    pub(crate) warnings: u64,
    /// The rest.
    pub(crate) infos: u64,
}

impl Health {
    /// Counts them.
    pub(crate) fn of(severities: impl Iterator<Item = Severity>) -> Self {
        let mut health = Self::default();
        for severity in severities {
            match severity {
                Severity::Error => health.errors += 1,
                Severity::Warning => health.warnings += 1,
                Severity::Info => health.infos += 1,
            }
        }
        health
    }

    /// Those at warning or above: a healthy program has none.
    pub(crate) fn ills(self) -> u64 {
        self.errors + self.warnings
    }
}
