//! The terminal interface itself, attached to a program with very many tasks: frames, answers to keys, CPU, memory.

use crate::builds;
use crate::load::percentile;
use crate::program::{self, Program};
use crate::variants;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// 100,000 tasks, each polled once in 20 seconds: 5,000 a second.
const TASKS: &[&str] = &["workload=changing", "live=100000", "seconds=20", "workers=1"];
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
/// CPU is measured for so long.
const WATCHED: Duration = Duration::from_secs(10);
/// Keys of which the answer is timed.
const KEYS: usize = 50;
/// Longest wait for anything on the screen.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is shown, the keys that lead there, and a word of it that the help has not.
const VIEWS: &[(&str, &str, &str)] = &[
    ("sorted and filtered", ":sort max_poll\r/polls>0\r", "SPAWNED"),
    ("as a tree", ":tree spawner\r", "SPAWNED"),
    ("overview", "1", "health"),
];

/// The monitor in a terminal.
struct Monitor {
    child: Child,
    terminal: File,
    output: Receiver<(Instant, Vec<u8>)>,
    frames: PathBuf,
}

/// A table.
pub fn measure(built: bool) -> io::Result<String> {
    let binary = builds::workspace().join("target/monitor/release/taskscope");
    if !built {
        build()?;
    }
    let head = "\n### the terminal interface on 100,000 tasks, 5,000 of them polled a second\n\n\
        | screen | frame p50 | frame p99 | a key answered, p50 | p99 | CPU | peak memory |\n\
        |---|--:|--:|--:|--:|--:|--:|\n";
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

fn row(binary: &PathBuf, (name, keys, word): &(&str, &str, &str)) -> io::Result<String> {
    let hooks = variants::chosen(Some("hooks")).into_iter().find(|variant| variant.name == "hooks");
    let arguments: Vec<_> = TASKS.iter().map(|&argument| argument.to_owned()).collect();
    let mut program = Program::start(&hooks.ok_or(io::ErrorKind::NotFound)?, &arguments)?;
    program.ready()?;
    let mut monitor = Monitor::start(binary, program.pid())?;
    monitor.until("100,00")?;
    monitor.keys(keys)?;
    let (begin, cpu) = (Instant::now(), monitor.cpu()?);
    while begin.elapsed() < WATCHED {
        monitor.read(WATCHED - begin.elapsed());
    }
    let cpu = (monitor.cpu()? - cpu) / begin.elapsed().as_secs_f64();
    let mut answers = (0..KEYS).map(|_| monitor.answer(word)).collect::<io::Result<Vec<_>>>()?;
    let memory = monitor.peak()?;
    let mut frames = monitor.quit()?;
    let ms = |times: &mut [u64], share| percentile(times, share) as f64 / 1e6;
    Ok(format!(
        "| {name} | {:.1} ms | {:.1} ms | {:.0} ms | {:.0} ms | {:.1} % of a core | {:.0} MB |\n",
        ms(&mut frames, 0.5),
        ms(&mut frames, 0.99),
        ms(&mut answers, 0.5),
        ms(&mut answers, 0.99),
        cpu * 100.0,
        memory / 1e6,
    ))
}

impl Monitor {
    fn start(binary: &PathBuf, pid: u32) -> io::Result<Self> {
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
            .env("TASKSCOPE_CONFIG", "")
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
                if sender.send((Instant::now(), bytes[..read].to_vec())).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, terminal, output, frames })
    }

    fn keys(&mut self, keys: &str) -> io::Result<()> {
        self.terminal.write_all(keys.as_bytes())
    }

    fn read(&mut self, within: Duration) -> Option<(Instant, Vec<u8>)> {
        self.output.recv_timeout(within).ok()
    }

    /// When a text came.
    fn until(&mut self, text: &str) -> io::Result<Instant> {
        let (begin, mut seen) = (Instant::now(), Vec::new());
        while begin.elapsed() < PATIENCE {
            let Some((at, bytes)) = self.read(PATIENCE) else { break };
            seen.extend(bytes);
            if seen.windows(text.len()).any(|part| part == text.as_bytes()) {
                return Ok(at);
            }
            seen.drain(..seen.len().saturating_sub(text.len()));
        }
        Err(io::Error::other(format!("the monitor does not show {text}")))
    }

    /// How long it takes until what a key brings is on the screen, nanoseconds.
    fn answer(&mut self, word: &str) -> io::Result<u64> {
        let begin = Instant::now();
        self.keys("?")?;
        let took = self.until("this help")? - begin;
        self.keys("\x1b")?;
        self.until(word)?;
        Ok(took.as_nanos() as u64)
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

    /// How long each frame took, nanoseconds.
    fn quit(mut self) -> io::Result<Vec<u64>> {
        self.keys("q")?;
        self.child.wait()?;
        let text = fs::read_to_string(&self.frames)?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
