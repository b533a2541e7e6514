//! Programs that run console-subscriber and have never heard of taskscope: one scene a run, chosen by the first
//! argument. Prints `ready on ADDRESS` when the scene is set, and stays until it is killed.

mod fakes;
mod lints;
mod many;
mod resources;
mod server;
mod tasks;

use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: console_program SCENE [--listen ADDRESS | --unix PATH | --vsock PORT] [--retention SECONDS] [--every MILLISECONDS]
    tasks       one task of each kind
    lints       what tokio-console warns of
    resources   locks, semaphores, timers and channels, and tasks that wait for them
    many=N      N sleeping tasks
    grow=N      the same, from the first SIGUSR1 on
    churn=N     N short tasks a second
  and servers that are no real console-subscriber, though they speak as one:
    old         knows no WatchState, as before 0.5
    closing     tells once, and closes
    huge=N      tells of N tasks at once, 4 KB each";

/// The command line.
struct Options {
    scene: String,
    place: server::Place,
    retention: Duration,
    every: Duration,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Some(fake) = fakes::Fake::of(&options.scene) {
        server::fake(&options.place, fake);
        return ExitCode::SUCCESS;
    }
    let address = server::start(&options.place, options.retention, options.every);
    let ready = || println!("ready on {address}");
    let (scene, number) = options.scene.split_once('=').unwrap_or((&options.scene, "1000"));
    let number = number.parse().unwrap_or(1000);
    match scene {
        "tasks" => tasks::run(ready),
        "lints" => lints::run(ready),
        "resources" => resources::run(ready),
        "many" => many::sleeping(number, ready),
        "grow" => many::growing(number, ready),
        "churn" => many::churning(number, ready),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn options() -> Option<Options> {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options {
        scene: arguments.next()?,
        place: server::Place::Tcp("127.0.0.1:0".to_owned()),
        retention: Duration::from_secs(3600),
        every: Duration::from_millis(100),
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--listen" => options.place = server::Place::Tcp(value),
            "--unix" => options.place = server::Place::Unix(value),
            "--vsock" => options.place = server::Place::Vsock(value.parse().ok()?),
            "--retention" => options.retention = Duration::from_secs(value.parse().ok()?),
            "--every" => options.every = Duration::from_millis(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(options)
}
