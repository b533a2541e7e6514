//! Many tasks, told by a console-subscriber: the monitor's memory and time stay bounded, and what is not seen is said.

use rustix::process::{Pid, Signal, kill_process};
use taskscope_tests::{Pane, Place, Process, Stopwatch, console_program, taskscope, until};

/// Most memory of the monitor with 50,000 tasks, kilobytes. `ps` took 145 MB.
const MOST_MEMORY: u64 = 250_000;
/// The same where one message of 200 MB tells of them.
const MOST_MEMORY_FOR_A_HUGE_MESSAGE: u64 = 1_200_000;

fn target(process: &Process) -> String {
    format!("http://{}", process.address())
}

/// Most memory that a process ever had, kilobytes.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it is alive");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("the kernel tells")
}

/// Attaches, and then there are so many tasks; says how much memory that took, and how long a key.
fn grow(tasks: &str, shown: &str) -> (u64, u128) {
    let place = Place::new();
    let process = place.start(console_program(), &[&format!("grow={tasks}")]);
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.arg(target(&process)), (140, 30));
    pane.until("the program", |screen| screen.contains("console_program"));
    let pid = i32::try_from(process.pid()).ok().and_then(Pid::from_raw).expect("it has a number");
    kill_process(pid, Signal::USR1).expect("it is our child");
    // In groups by stack many of them are asked about closely, and in the list none: the server stays.
    for _ in 0..3 {
        pane.until("some tasks", |screen| screen.contains("console_program") && !screen.contains("0 live"));
        pane.keys("2bbb");
    }
    pane.until("its tasks", |screen| screen.contains(shown) && screen.contains("connected"));
    let watch = Stopwatch::start();
    pane.keys("?");
    pane.until("the help", |screen| screen.contains("this help"));
    let waited = watch.elapsed().as_millis();
    let memory = peak(pane.pid());
    pane.signal(Signal::TERM);
    pane.wait();
    (memory, waited)
}

#[test]
fn tasks_that_come_while_somebody_is_attached_are_all_shown() {
    let (memory, _) = grow("3000", "3,00");
    assert!(memory < MOST_MEMORY, "{memory} kB");
}

#[test]
#[ignore = "fifty thousand tasks take gigabytes in the program"]
fn fifty_thousand_tasks_are_shown_in_bounded_memory() {
    let (memory, waited) = grow("50000", "50,00");
    println!("50,000 tasks: {memory} kB at most, {waited} ms for a key");
    assert!(memory < MOST_MEMORY, "{memory} kB");
}

/// console-subscriber 0.5 leaves them out of its first message, which would be too large for tokio-console. Only the
/// first client is told of them afterwards.
#[test]
#[ignore = "fifty thousand tasks take gigabytes in the program"]
fn who_comes_late_to_fifty_thousand_tasks_is_told_what_is_missing() {
    let place = Place::new();
    let process = place.start(console_program(), &["many=50000"]);
    // It reckons for seconds how much it has to leave out.
    let [_, told] = [(); 2].map(|()| {
        until("an answer", || match place.taskscope(&["doctor", &target(&process), "--json"]) {
            ran if ran.code == 0 => Ok(ran.json()),
            ran => Err(ran.errors),
        })
    });
    let tasks = &told["coverage"]["tasks"];
    assert_eq!(tasks["seen"], "partly", "{told}");
    assert!(tasks["why"].as_str().is_some_and(|it| it.contains("first message")), "{told}");
}

/// As older servers do.
#[test]
#[ignore = "takes a gigabyte"]
fn a_message_of_two_hundred_megabytes_is_taken() {
    let place = Place::new();
    let process = place.start(console_program(), &["huge=50000"]);
    let watch = Stopwatch::start();
    let mut command = place.command(taskscope());
    let mut pane = Pane::open(command.arg(target(&process)), (140, 30));
    pane.until("its tasks", |screen| screen.contains("50,00"));
    let (memory, waited) = (peak(pane.pid()), watch.elapsed().as_millis());
    println!("200 MB: {memory} kB at most, {waited} ms until they are shown");
    assert!(memory < MOST_MEMORY_FOR_A_HUGE_MESSAGE, "{memory} kB");
    pane.signal(Signal::TERM);
    pane.wait();
}

#[test]
#[ignore = "takes a gigabyte"]
fn a_message_beyond_the_bound_is_refused_in_one_line() {
    const NOT_FOUND: i32 = 3;
    let place = Place::new();
    let process = place.start(console_program(), &["huge=80000"]);
    let ran = place.taskscope(&["ps", &target(&process)]);
    let error = ran.error(NOT_FOUND);
    assert!(error.contains("more than 256 MiB") && error.contains("TOKIO_CONSOLE_RETENTION"), "{error}");
}
