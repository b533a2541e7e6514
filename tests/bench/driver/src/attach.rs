//! What it takes to look at a program with a million tasks.

use crate::client::{Client, listing, watching};
use crate::program::Program;
use crate::statistics::median;
use crate::variants;
use std::io;
use std::time::{Duration, Instant};
use taskscope_model::request::Subscribe;

const TASKS: &str = "live=1000000";
/// A watching client is measured for so long after it has got everything.
const WATCHED: Duration = Duration::from_secs(2);

/// One look.
struct Look {
    tasks: f64,
    milliseconds: f64,
    megabytes: f64,
    /// The program's threads.
    program: f64,
    /// The agent's own.
    own_threads: f64,
}

/// A table.
pub fn measure(rounds: usize) -> io::Result<String> {
    let head = "\n### attaching to a million tasks\n\n\
        | asked | tasks told | until told | bytes | the program's own CPU | the agent's CPU |\n\
        |---|--:|--:|--:|--:|--:|\n";
    let none = |_: &mut Client| Ok(());
    let rows = [
        row("every task that it tells, once (`ps`)", rounds, || look("idle", listing(), none))?,
        row("the 2,000 busiest (the terminal interface)", rounds, || look("idle", watching(), none))?,
        row("the same, and 2 s on: all idle", rounds, || look("idle", watching(), watch))?,
        row("the same, and 2 s on: all polled again and again", rounds, || look("poll", watching(), watch))?,
    ];
    Ok(head.to_owned() + &rows.concat())
}

fn row(name: &str, rounds: usize, mut look: impl FnMut() -> io::Result<Look>) -> io::Result<String> {
    let looks = (0..rounds).map(|_| look()).collect::<io::Result<Vec<_>>>()?;
    let of = |figure: fn(&Look) -> f64| median(&looks.iter().map(figure).collect::<Vec<_>>());
    Ok(format!(
        "| {name} | {:.0} | {:.0} ms | {:.2} MB | {:.1} ms | {:.1} ms |\n",
        of(|look| look.tasks),
        of(|look| look.milliseconds),
        of(|look| look.megabytes),
        of(|look| look.program),
        of(|look| look.own_threads),
    ))
}

fn look(
    workload: &str,
    asked: Subscribe,
    then: impl FnOnce(&mut Client) -> io::Result<()>,
) -> io::Result<Look> {
    let hooks = variants::chosen(Some("hooks")).into_iter().find(|variant| variant.name == "hooks");
    let hooks = hooks.ok_or(io::ErrorKind::NotFound)?;
    let arguments = [format!("workload={workload}"), TASKS.to_owned(), "workers=1".to_owned()];
    let mut program = Program::start(&hooks, &arguments)?;
    program.ready()?;
    program.go()?;
    let begin = Instant::now();
    let mut client = Client::attach(program.pid(), asked)?;
    client.complete()?;
    let told = begin.elapsed();
    then(&mut client)?;
    program.go()?;
    let figures = program.figures()?;
    Ok(Look {
        tasks: client.world.len() as f64,
        milliseconds: told.as_secs_f64() * 1e3,
        megabytes: client.bytes as f64 / 1e6,
        program: (figures.get("cpu_ns") - figures.get("own_threads_ns")) / 1e6,
        own_threads: figures.get("own_threads_ns") / 1e6,
    })
}

/// Listens for a while.
fn watch(client: &mut Client) -> io::Result<()> {
    let connection = client.breaker()?;
    let timer = std::thread::spawn(move || {
        std::thread::sleep(WATCHED);
        connection.shutdown(std::net::Shutdown::Read)
    });
    client.listen()?;
    timer.join().map_err(|_| io::Error::other("the timer panicked"))?
}
