//! Measures one case: round after round, every variant once in each.

use crate::cases::{Case, Kind};
use crate::client::{Client, watching};
use crate::load;
use crate::program::Program;
use crate::variants::{BARE, Variant};
use std::io;
use std::time::{Duration, Instant};

const QUICK: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_millis(500);
/// A server's requests take turns with its clients: it needs longer.
const SERVER_TAKES: u32 = 3;
const LONG_ROUNDS: usize = 4;

/// What one run of one variant gave.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// CPU time an operation without the variant's own threads, nanoseconds; or bytes a task.
    pub figure: f64,
    /// CPU time of the variant's own threads, per second of wall-clock time.
    pub own_threads: f64,
    /// Operations a second of wall-clock time.
    pub rate: f64,
    /// Peak memory, bytes.
    pub peak: f64,
    /// Latency, nanoseconds.
    pub p99: f64,
}

/// A case's samples.
pub struct Measured {
    pub case: Case,
    /// Each variant, with the number of the round and the sample.
    pub variants: Vec<(Variant, Vec<(usize, Sample)>)>,
}

impl Measured {
    /// A variant's samples.
    pub fn samples(&self, name: &str) -> &[(usize, Sample)] {
        self.variants.iter().find(|(variant, _)| variant.name == name).map_or(&[], |(_, samples)| samples)
    }

    /// What a variant adds to the bare figure of the same round.
    pub fn added(&self, name: &str) -> Vec<f64> {
        self.beside(name, BARE, |figure, bare| figure - bare)
    }

    /// What a variant adds to another's figure of the same round.
    pub fn added_to(&self, base: &str, name: &str) -> Vec<f64> {
        self.beside(name, base, |figure, base| figure - base)
    }

    /// The same as a share of the bare figure.
    pub fn added_share(&self, name: &str) -> Vec<f64> {
        self.beside(name, BARE, |figure, bare| figure / bare - 1.0)
    }

    fn beside(&self, name: &str, base: &str, how: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let base =
            |round| self.samples(base).iter().find(|(of, _)| *of == round).map(|(_, base)| base.figure);
        self.samples(name)
            .iter()
            .filter_map(|(round, sample)| Some(how(sample.figure, base(*round)?)))
            .collect()
    }
}

/// Runs all rounds of a case.
pub fn measure(case: Case, variants: &[Variant], quick: bool) -> io::Result<Measured> {
    let begin = Instant::now();
    let (often, seldom) =
        if quick { case.rounds } else { (case.rounds.0 * LONG_ROUNDS, case.rounds.1 * LONG_ROUNDS) };
    let time = if quick { QUICK } else { LONG };
    let fits = |variant: &&Variant| !(case.large && variant.heavy);
    let mut measured = Measured {
        case,
        variants: variants.iter().filter(fits).map(|variant| (*variant, Vec::new())).collect(),
    };
    for round in 0..often {
        let taking_part = |(variant, _): &&mut (Variant, _)| variant.often || round < seldom;
        let mut order: Vec<_> = measured.variants.iter_mut().filter(taking_part).collect();
        // What drifts in the course of a round shall not always favour the same ones.
        if round % 2 == 1 {
            order.reverse();
        }
        for (variant, samples) in order {
            let sample = run(&case, variant, time)
                .map_err(|error| io::Error::other(format!("{}, {}: {error}", case.name, variant.name)))?;
            samples.push((round, sample));
        }
    }
    eprintln!("{}: {:.0} s", case.name, begin.elapsed().as_secs_f64());
    Ok(measured)
}

fn run(case: &Case, variant: &Variant, time: Duration) -> io::Result<Sample> {
    let mut arguments: Vec<String> = case.arguments.iter().map(|&argument| argument.to_owned()).collect();
    match case.kind {
        Kind::Timed => {
            arguments.push(format!("ms={}", time.as_millis()));
            timed(Program::start(variant, &arguments)?, variant, |program| {
                program.go()?;
                Ok(0.0)
            })
        }
        Kind::Server(path) => timed(Program::start(variant, &arguments)?, variant, |program| {
            program.go()?;
            let mut latencies = load::run(&program.address, path, time * SERVER_TAKES)?;
            program.go()?;
            Ok(load::percentile(&mut latencies, 0.99) as f64)
        }),
        Kind::Memory(name, tasks) => {
            let tasks = if variant.heavy { tasks / 10 } else { tasks };
            arguments.push(format!("{name}={tasks}"));
            let bytes = Program::start(variant, &arguments)?.figures()?.get("bytes");
            Ok(Sample { figure: bytes / tasks as f64, ..Sample::default() })
        }
    }
}

/// Lets it work, gives it to `drive`, which tells the latency, and takes its figures.
fn timed(
    mut program: Program,
    variant: &Variant,
    drive: impl FnOnce(&mut Program) -> io::Result<f64>,
) -> io::Result<Sample> {
    program.ready()?;
    let client = if variant.attached { Some(attach(&program)?) } else { None };
    let p99 = drive(&mut program)?;
    let figures = program.figures()?;
    drop(program);
    if let Some(client) = client {
        client.join().map_err(|_| io::Error::other("the client panicked"))?;
    }
    let own = figures.get("own_threads_ns");
    Ok(Sample {
        figure: (figures.get("cpu_ns") - own) / figures.get("operations"),
        own_threads: own / figures.get("wall_ns"),
        rate: figures.get("operations") / figures.get("wall_ns") * 1e9,
        peak: figures.get("peak"),
        p99,
    })
}

/// A client that knows all there is, and goes on listening until the program ends.
fn attach(program: &Program) -> io::Result<std::thread::JoinHandle<()>> {
    let mut client = Client::attach(program.pid(), watching())?;
    client.complete()?;
    Ok(std::thread::spawn(move || {
        // The program ends in the middle of something.
        let _ = client.listen();
    }))
}
