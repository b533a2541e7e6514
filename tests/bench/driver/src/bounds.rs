//! What must hold, and whether it does.

use crate::rounds::Measured;
use crate::statistics::{self, Estimate};

/// A bound beside what was measured.
pub struct Judged {
    pub what: String,
    /// How the figures read.
    pub unit: Unit,
    pub bound: f64,
    pub estimate: Estimate,
}

/// How a figure reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Nanoseconds,
    Bytes,
    Share,
}

impl Unit {
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Nanoseconds => format!("{value:+.1} ns"),
            Self::Bytes => format!("{value:+.1} B"),
            Self::Share => format!("{:+.1} %", value * 100.0),
        }
    }
}

impl Judged {
    /// Whether the bound holds. A bound that lies within the interval is neither kept nor broken here.
    pub fn verdict(&self) -> &'static str {
        match self.estimate {
            Estimate { high, .. } if high <= self.bound => "holds",
            Estimate { low, .. } if low > self.bound => "**does not hold**",
            _ => "not resolved here",
        }
    }
}

/// Every bound of which both sides were measured.
pub fn judge(all: &[Measured]) -> Vec<Judged> {
    let mut judged = Vec::new();
    flat(all, &mut judged);
    for measured in all {
        let name = measured.case.name;
        match measured.case.operation {
            "poll" => polls(measured, &mut judged),
            "spawn + join" => {
                added(measured, "hooks", Unit::Nanoseconds, 80.0, &mut judged);
                added(measured, "wrapped", Unit::Nanoseconds, 150.0, &mut judged);
            }
            _ if name == "memory, live tasks" => added(measured, "hooks", Unit::Bytes, 192.0, &mut judged),
            // Two megabytes for ever so many.
            _ if name == "memory, ended tasks" => added(measured, "hooks", Unit::Bytes, 2.0, &mut judged),
            _ if name == "axum, /spawn" => {
                added(measured, "hooks", Unit::Share, 0.02, &mut judged);
                added(measured, "attached", Unit::Share, 0.03, &mut judged);
            }
            _ => {}
        }
    }
    judged
}

/// What a poll costs does not grow with the tasks alive.
fn flat(all: &[Measured], judged: &mut Vec<Judged>) {
    let added =
        |name: &str| all.iter().find(|measured| measured.case.name == name).map(|few| few.added("hooks"));
    let (few, many) = (added("poll, 64 live, 1 worker"), added("poll, 10k live, 1 worker"));
    let (Some(few), Some(many)) = (few.filter(|few| !few.is_empty()), many.filter(|many| !many.is_empty()))
    else {
        return;
    };
    let what = "hooks adds more to a poll with 10k live than with 64".to_owned();
    let estimate = statistics::difference(&many, &few);
    judged.push(Judged { what, unit: Unit::Nanoseconds, bound: 2.0, estimate });
}

fn polls(measured: &Measured, judged: &mut Vec<Judged>) {
    added(measured, "hooks", Unit::Nanoseconds, 10.0, judged);
    added(measured, "wrapped", Unit::Nanoseconds, 12.0, judged);
    observed(measured, judged);
    let ours = measured.added("hooks");
    for (peer, part) in [("console-subscriber", 30.0), ("dial9, tokio::spawn", 8.0)] {
        let theirs = measured.added(peer);
        if ours.is_empty() || theirs.is_empty() {
            continue;
        }
        let what = format!("{}: hooks' part of what {peer} adds", measured.case.name);
        let estimate = statistics::ratio(&ours, &theirs);
        judged.push(Judged { what, unit: Unit::Share, bound: 1.0 / part, estimate });
    }
}

/// An observed future beside the plain task that it is in.
fn observed(measured: &Measured, judged: &mut Vec<Judged>) {
    let added = measured.added_to("hooks", "observed");
    if !added.is_empty() {
        let what = format!("{}: an observed future adds to the hooks' poll", measured.case.name);
        let estimate = statistics::estimate(&added);
        judged.push(Judged { what, unit: Unit::Nanoseconds, bound: 10.0, estimate });
    }
}

fn added(measured: &Measured, variant: &str, unit: Unit, bound: f64, judged: &mut Vec<Judged>) {
    let added = if unit == Unit::Share { measured.added_share(variant) } else { measured.added(variant) };
    if !added.is_empty() {
        let what = format!("{}: {variant} adds a {}", measured.case.name, measured.case.operation);
        judged.push(Judged { what, unit, bound, estimate: statistics::estimate(&added) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(low: f64, high: f64) -> &'static str {
        let estimate = Estimate { median: f64::midpoint(low, high), low, high };
        Judged { what: String::new(), unit: Unit::Nanoseconds, bound: 10.0, estimate }.verdict()
    }

    #[test]
    fn a_bound_within_the_interval_is_not_resolved() {
        assert_eq!(verdict(4.0, 9.0), "holds");
        assert_eq!(verdict(9.0, 11.0), "not resolved here");
        assert_eq!(verdict(11.0, 40.0), "**does not hold**");
    }
}
