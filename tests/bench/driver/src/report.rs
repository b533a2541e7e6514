//! The report, as Markdown.

use crate::bounds::{self, Judged, Unit};
use crate::cases::Kind;
use crate::rounds::{Measured, Sample};
use crate::statistics::{Estimate, estimate, median};
use crate::variants::{BARE, Variant};

/// The bounds, then a table a case.
pub fn of(all: &[Measured]) -> String {
    let judged = bounds::judge(all);
    let mut report = String::new();
    if !judged.is_empty() {
        report += "| bound | at most | measured | 95 % interval | |\n|---|--:|--:|--:|---|\n";
        report.extend(judged.iter().map(bound));
    }
    report.extend(all.iter().map(case));
    report
}

fn bound(judged: &Judged) -> String {
    let (show, estimate) = (|value| judged.unit.show(value), judged.estimate);
    let interval = format!("{} to {}", show(estimate.low), show(estimate.high));
    let (bound, median) = (show(judged.bound), show(estimate.median));
    format!("| {} | {bound} | {median} | {interval} | {} |\n", judged.what, judged.verdict())
}

fn case(measured: &Measured) -> String {
    let operation = measured.case.operation;
    let columns = match measured.case.kind {
        Kind::Memory(..) => format!("bytes a {operation}|added|95 % interval"),
        Kind::Timed => format!("CPU a {operation}|added|95 % interval|own threads|a second|peak memory"),
        Kind::Server(_) => {
            format!("CPU a {operation}|added|95 % interval|own threads|a second|peak memory|p99")
        }
    };
    let lines: String = columns.split('|').map(|_| "--:|").collect();
    let head = format!(
        "\n### {}\n\n| variant | {} |\n|---|{lines}\n",
        measured.case.name,
        columns.replace('|', " | ")
    );
    let rows = measured.variants.iter().map(|(variant, samples)| row(measured, variant, samples));
    head + &rows.collect::<String>()
}

fn row(measured: &Measured, variant: &Variant, samples: &[(usize, Sample)]) -> String {
    let of = |figure: fn(&Sample) -> f64| {
        median(&samples.iter().map(|(_, sample)| figure(sample)).collect::<Vec<_>>())
    };
    let unit = if matches!(measured.case.kind, Kind::Memory(..)) { Unit::Bytes } else { Unit::Nanoseconds };
    let figure = unit.show(of(|sample| sample.figure));
    let mut row = format!("| {} | {} |", variant.name, figure.trim_start_matches('+'));
    if variant.name == BARE {
        row += " | |";
    } else {
        let Estimate { median, low, high } = estimate(&measured.added(variant.name));
        row += &format!(" {} | {} to {} |", unit.show(median), unit.show(low), unit.show(high));
    }
    if unit == Unit::Nanoseconds {
        let own = of(|sample| sample.own_threads) * 100.0;
        let own = if own > 0.0 { format!("{own:.1} %") } else { String::new() };
        row += &format!(" {own} | {} | {:.0} MB |", rate(of(|s| s.rate)), of(|s| s.peak) / 1e6);
    }
    if matches!(measured.case.kind, Kind::Server(_)) {
        row += &format!(" {:.0} µs |", of(|sample| sample.p99) / 1e3);
    }
    row + "\n"
}

fn rate(rate: f64) -> String {
    if rate >= 1e6 { format!("{:.2} M", rate / 1e6) } else { format!("{:.1} k", rate / 1e3) }
}
