//! The report, as Markdown.

use crate::bounds::{self, Judged, Unit};
use crate::cases::Kind;
use crate::rounds::{Measured, Sample};
use crate::statistics::{estimate, median};
use crate::variants::{BARE, Variant};

/// Prints the bounds, then a table a case.
pub fn print(all: &[Measured]) {
    let judged = bounds::judge(all);
    if !judged.is_empty() {
        println!("| bound | at most | measured | 95 % interval | |\n|---|--:|--:|--:|---|");
        judged.iter().for_each(bound);
    }
    all.iter().for_each(case);
}

fn bound(judged: &Judged) {
    let (show, estimate) = (|value| judged.unit.show(value), judged.estimate);
    let interval = format!("{} to {}", show(estimate.low), show(estimate.high));
    let (bound, median) = (show(judged.bound), show(estimate.median));
    println!("| {} | {bound} | {median} | {interval} | {} |", judged.what, judged.verdict());
}

fn case(measured: &Measured) {
    println!("\n### {}\n", measured.case.name);
    let operation = measured.case.operation;
    match measured.case.kind {
        Kind::Memory(..) => {
            println!("| variant | bytes a {operation} | added | 95 % interval |\n|---|--:|--:|--:|");
        }
        Kind::Timed => println!(
            "| variant | CPU a {operation} | added | 95 % interval | own threads | a second | peak memory |\n\
             |---|--:|--:|--:|--:|--:|--:|"
        ),
        Kind::Server(_) => println!(
            "| variant | CPU a {operation} | added | 95 % interval | own threads | a second | peak memory | p99 |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|"
        ),
    }
    measured.variants.iter().for_each(|(variant, samples)| row(measured, variant, samples));
}

fn row(measured: &Measured, variant: &Variant, samples: &[(usize, Sample)]) {
    let of = |figure: fn(&Sample) -> f64| {
        median(&samples.iter().map(|(_, sample)| figure(sample)).collect::<Vec<_>>())
    };
    let unit = if matches!(measured.case.kind, Kind::Memory(..)) { Unit::Bytes } else { Unit::Nanoseconds };
    let figure = unit.show(of(|sample| sample.figure));
    let mut row = format!("| {} | {} | ", variant.name, figure.trim_start_matches('+'));
    if variant.name == BARE {
        row += "| |";
    } else {
        let added = estimate(&measured.added(variant.name));
        row +=
            &format!("{} | {} to {} |", unit.show(added.median), unit.show(added.low), unit.show(added.high));
    }
    if unit == Unit::Nanoseconds {
        let own = of(|sample| sample.own_threads) * 100.0;
        let own = if own > 0.0 { format!("{own:.1} %") } else { String::new() };
        row += &format!(" {own} | {} | {:.0} MB |", rate(of(|s| s.rate)), of(|s| s.peak) / 1e6);
    }
    if matches!(measured.case.kind, Kind::Server(_)) {
        row += &format!(" {:.0} µs |", of(|sample| sample.p99) / 1e3);
    }
    println!("{row}");
}

fn rate(rate: f64) -> String {
    if rate >= 1e6 { format!("{:.2} M", rate / 1e6) } else { format!("{:.1} k", rate / 1e3) }
}
