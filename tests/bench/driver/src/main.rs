//! Builds every variant, measures them in turn, and prints one report.
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml -- [--quick] [--only CASE] [--variants NAMES] [--built] [--into FILE]
//! ```
//! `--quick` takes five minutes once everything is built. `--only poll` leaves out the cases whose names do
//! not begin so; `--variants hooks,attached` the variants that are not named (bare is always there); `--built`
//! runs what has been built before; `--into docs/performance.md` puts the report into that file.

mod attach;
mod bounds;
mod builds;
mod cases;
mod client;
mod load;
mod machine;
mod monitor;
mod program;
mod report;
mod rounds;
mod statistics;
mod variants;

use std::error::Error;

/// What stands on the command line.
#[derive(Default)]
struct Options {
    quick: bool,
    only: String,
    built: bool,
    into: Option<String>,
    variants: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let variants = variants::chosen(options.variants.as_deref());
    if !options.built {
        builds::all(&variants)?;
    }
    let machine = machine::describe();
    let cases = cases::all().into_iter().filter(|case| case.name.starts_with(&options.only));
    let mut measured = Vec::new();
    for case in cases {
        measured.push(rounds::measure(case, &variants, options.quick)?);
    }
    let mut report = format!("{machine} before, {} after\n\n", machine::load()) + &report::of(&measured);
    let mut tables = Vec::new();
    if "attaching".starts_with(&options.only) {
        tables.push(attach::measure(if options.quick { 3 } else { 9 }));
    }
    if "monitor".starts_with(&options.only) {
        tables.push(monitor::measure(options.built));
    }
    // What the cases above took minutes to measure is not lost if these fail.
    let (tables, failed): (Vec<_>, Vec<_>) = tables.into_iter().partition(Result::is_ok);
    report.extend(tables.into_iter().flatten());
    println!("{report}");
    if let Some(error) = failed.into_iter().find_map(Result::err) {
        return Err(format!("the report above is not whole: {error}").into());
    }
    match options.into {
        Some(file) => put(&report, &file),
        None => Ok(()),
    }
}

/// Replaces the report in a text, between two comments.
fn put(report: &str, file: &str) -> Result<(), Box<dyn Error>> {
    const MARKS: [&str; 2] = ["<!-- report -->\n", "<!-- end of the report -->\n"];
    let text = std::fs::read_to_string(file)?;
    let (before, rest) = text.split_once(MARKS[0]).ok_or("no place for a report")?;
    let (_, after) = rest.split_once(MARKS[1]).ok_or("no end of the report")?;
    std::fs::write(file, [before, MARKS[0], report, MARKS[1], after].concat())?;
    Ok(())
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--built" => options.built = true,
            "--into" => options.into = Some(value()?),
            "--only" => options.only = value()?,
            "--variants" => options.variants = Some(value()?),
            unknown => {
                return Err(format!(
                    "{unknown}: [--quick] [--only CASE] [--variants NAMES] [--built] [--into FILE]"
                ));
            }
        }
    }
    Ok(options)
}
