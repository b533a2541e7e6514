//! Builds every variant, measures them in turn, and prints one report.
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml -- [--quick] [--only CASE] [--variants NAMES] [--built]
//! ```
//! `--quick` takes five minutes once everything is built. `--only poll` leaves out the cases whose names do
//! not begin so; `--variants hooks,attached` the variants that are not named (bare is always there); `--built`
//! runs what has been built before.

mod attach;
mod bounds;
mod builds;
mod cases;
mod client;
mod load;
mod machine;
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
    println!("{machine} before, {} after\n", machine::load());
    report::print(&measured);
    if "attaching".starts_with(&options.only) {
        attach::measure(if options.quick { 3 } else { 9 })?;
    }
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
            "--only" => options.only = value()?,
            "--variants" => options.variants = Some(value()?),
            unknown => {
                return Err(format!("{unknown}: [--quick] [--only CASE] [--variants NAMES] [--built]"));
            }
        }
    }
    Ok(options)
}
