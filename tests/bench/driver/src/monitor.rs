//! The terminal interface itself, attached to a program with very many tasks: frames, CPU, memory.

use crate::builds;
use crate::load::percentile;
use crate::program::{self, Program};
use crate::variants;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// 100,000 tasks, each polled once in 20 seconds: 5,000 a second.
const TASKS: &[&str] = &["workload=changing", "live=100000", "seconds=20", "workers=1"];
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
/// CPU is measured for so long.
const WATCHED: Duration = Duration::from_secs(10);
/// Longest wait for anything on the screen.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is shown, and the settings that bring it in front.
const VIEWS: &[(&str, &str)] = &[
    ("sorted and filtered", "screen = 'tasks'\nsort = 'max_poll'\nfilter = 'polls>0'\n"),
    ("overview", "screen = 'overview'\n"),
];

/// The monitor in a terminal.
struct Monitor {
    child: Child,
    /// Kept open: without it there is no terminal.
    _terminal: File,
    output: Receiver<Vec<u8>>,
    frames: PathBuf,
}

/// A table.
pub fn measure(built: bool) -> io::Result<String> {
    let binary = builds::workspace().join("target/monitor/release/taskscope");
    if !built {
        build()?;
    }
    let head = "\n### the terminal interface on 100,000 tasks, 5,000 of them polled a second\n\n\
        | screen | frame p50 | frame p99 | CPU | peak memory |\n\
        |---|--:|--:|--:|--:|\n";
    let rows = VIEWS.iter().map(|view| row(&binary, view)).collect::<io::Result<Vec<_>>>()?;
    Ok(head.to_owned() + &rows.concat())
}

fn build() -> io::Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--package", "taskscope", "--target-dir"])
        .arg(builds::workspace().join("target/monitor"))
        .current_dir(builds::workspace().join("../.."))
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the monitor cannot be built")) }
}

fn row(binary: &PathBuf, (name, settings): &(&str, &str)) -> io::Result<String> {
    let hooks = variants::chosen(Some("hooks")).into_iter().find(|variant| variant.name == "hooks");
    let arguments: Vec<_> = TASKS.iter().map(|&argument| argument.to_owned()).collect();
    let mut program = Program::start(&hooks.ok_or(io::ErrorKind::NotFound)?, &arguments)?;
    program.ready()?;
    let mut monitor = Monitor::start(binary, program.pid(), settings)?;
    monitor.until("100,00")?;
    let (begin, cpu) = (Instant::now(), monitor.cpu()?);
    while begin.elapsed() < WATCHED {
        monitor.read(WATCHED - begin.elapsed());
    }
    let cpu = (monitor.cpu()? - cpu) / begin.elapsed().as_secs_f64();
    let memory = monitor.peak()?;
    let mut frames = monitor.quit()?;
    let ms = |times: &mut [u64], share| percentile(times, share) as f64 / 1e6;
    Ok(format!(
        "| {name} | {:.1} ms | {:.1} ms | {:.1} % of a core | {:.0} MB |\n",
        ms(&mut frames, 0.5),
        ms(&mut frames, 0.99),
        cpu * 100.0,
        memory / 1e6,
    ))
}

impl Monitor {
    fn start(binary: &PathBuf, pid: u32, settings: &str) -> io::Result<Self> {
        let config = builds::workspace().join("target/run/config.toml");
        fs::write(&config, settings)?;
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&terminal)?;
        unlockpt(&terminal)?;
        tcsetwinsize(&terminal, SIZE)?;
        let name = ptsname(&terminal, Vec::new())?.into_string().map_err(io::Error::other)?;
        let inside = OpenOptions::new().read(true).write(true).open(name)?;
        let frames = builds::workspace().join("target/run/frames");
        let child = Command::new(binary)
            .arg(program::socket(pid))
            .env("TASKSCOPE_FRAME_TIMES", &frames)
            .env("TASKSCOPE_CONFIG", &config)
            .env("TASKSCOPE_OUTSIDE", "off")
            .env("TERM", "xterm-256color")
            .stdin(Stdio::from(inside.try_clone()?))
            .stdout(Stdio::from(inside))
            .spawn()?;
        let terminal = File::from(terminal);
        let (mut reading, (sender, output)) = (terminal.try_clone()?, channel());
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(read @ 1..) = reading.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, _terminal: terminal, output, frames })
    }

    fn read(&mut self, within: Duration) -> Option<Vec<u8>> {
        self.output.recv_timeout(within).ok()
    }

    /// Waits for a word on the screen.
    fn until(&mut self, word: &str) -> io::Result<()> {
        let mut seen = Vec::new();
        while let Some(bytes) = self.read(PATIENCE) {
            seen.extend(bytes);
            if seen.windows(word.len()).any(|part| part == word.as_bytes()) {
                return Ok(());
            }
            seen.drain(..seen.len().saturating_sub(word.len()));
        }
        Err(io::Error::other(format!("the monitor does not show {word}")))
    }

    /// Seconds of CPU so far.
    fn cpu(&self) -> io::Result<f64> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        let run = |thread: fs::DirEntry| {
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        };
        Ok(tasks.flatten().filter_map(run).sum::<f64>() / 1e9)
    }

    /// The most memory so far, bytes.
    fn peak(&self) -> io::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let kib: Option<f64> = line.and_then(|line| line.parse().ok());
        Ok(kib.unwrap_or(0.0) * 1024.0)
    }

    /// How long each frame took, nanoseconds: the first word of each line.
    fn quit(mut self) -> io::Result<Vec<u64>> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM)?;
        self.child.wait()?;
        let text = fs::read_to_string(&self.frames)?;
        Ok(text.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect())
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
