//! A pseudo-terminal with a program in it: keys go in, and what a person would see is read back.

use crate::clock::{Stopwatch, until};
use crate::process::FORKING;
use crate::screen::shown;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use std::num::NonZeroU16;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::Command;
use std::sync::PoisonError;

/// How long one read waits before the waiting looks around.
const READ: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// What is already there.
const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Bytes at the end of what was written that tell whether it is the end of a frame.
const TAIL: usize = 32;

/// A terminal with a program in it. Nothing is read from it but while a method waits.
pub struct Pane {
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that what the program leaves in it can still be read when it has ended.
    terminal: OwnedFd,
    child: Running,
    screen: vt100::Parser,
    /// The end of what was written.
    tail: Vec<u8>,
    /// Its settings before the program began.
    before: String,
}

/// A program whose terminal is gone.
pub struct ClosedPane(Running);

/// The program. It is killed when this is dropped.
struct Running(Box<dyn Child + Send + Sync>);

impl Pane {
    /// Starts a program in a new terminal of so many columns and rows.
    ///
    /// # Panics
    /// There are no terminals left, or the program cannot be started.
    #[track_caller]
    pub fn open(command: &Command, (columns, rows): (u16, u16)) -> Self {
        let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = native_pty_system().openpty(size(columns, rows)).expect("there are terminals left");
        let name = pair.master.tty_name().expect("a terminal has a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(name, flags, Mode::empty()).expect("the terminal is ours");
        let before = settings(&terminal);
        let child = pair.slave.spawn_command(builder(command)).expect("the program can be started");
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { master: pair.master, terminal, child: Running(child), screen, tail: Vec::new(), before }
    }

    /// Types.
    ///
    /// # Panics
    /// The terminal is gone.
    #[track_caller]
    pub fn keys(&mut self, keys: &str) {
        let count = rustix::io::write(self.fd(), keys.as_bytes()).expect("the terminal takes keys");
        assert_eq!(count, keys.len(), "the terminal takes a few keys");
    }

    /// Gives the terminal another size.
    ///
    /// # Panics
    /// The terminal is gone.
    #[track_caller]
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.master.resize(size(columns, rows)).expect("a terminal has a size");
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// What is on the screen, as far as it has been read.
    pub fn text(&self) -> String {
        shown(self.screen.screen())
    }

    /// Waits until what is on the screen is as it should be, and gives it. Only whole frames count.
    ///
    /// # Panics
    /// It never is, or the program ends.
    #[track_caller]
    pub fn until(&mut self, what: &str, look: impl Fn(&str) -> bool) -> String {
        self.until_so(what, |pane, text| ends_a_frame(&pane.tail) && look(text))
    }

    /// The same for a program that draws no frames, such as a shell.
    ///
    /// # Panics
    /// It never is, or the program ends.
    #[track_caller]
    pub fn until_said(&mut self, what: &str, look: impl Fn(&str) -> bool) -> String {
        self.until_so(what, |_, text| look(text))
    }

    /// Waits until the terminal is as the program found it, although that has not ended.
    ///
    /// # Panics
    /// It never is, or the program ends.
    #[track_caller]
    pub fn until_left_as_found(&mut self) {
        self.until_so("the terminal as it was", |pane, _| pane.changes().is_empty());
    }

    #[track_caller]
    fn until_so(&mut self, what: &str, is_so: impl Fn(&Self, &str) -> bool) -> String {
        let watch = Stopwatch::start();
        loop {
            let text = self.text();
            if is_so(self, &text) {
                return text;
            }
            assert!(!watch.is_late(), "waited in vain for {what}; on the screen is:\n{text}");
            if !self.read(READ) {
                let ended = self.child.ended();
                assert!(ended.is_none(), "it ended with {ended:?} before {what}; on the screen is:\n{text}");
            }
        }
    }

    /// Waits until the program has begun to draw: it has a screen of its own.
    #[track_caller]
    pub fn until_begun(&mut self) {
        let watch = Stopwatch::start();
        while !self.screen.screen().alternate_screen() {
            assert!(!watch.is_late(), "waited in vain for another screen; there is:\n{}", self.text());
            self.read(READ);
        }
    }

    /// Waits until the program has written anything at all, if only to clear the screen.
    #[track_caller]
    pub fn until_written(&mut self) {
        let watch = Stopwatch::start();
        while !self.read(READ) {
            let ended = self.child.ended();
            assert!(ended.is_none(), "it ended with {ended:?}; on the screen is:\n{}", self.text());
            assert!(!watch.is_late(), "it writes nothing; on the screen is:\n{}", self.text());
        }
    }

    /// Sends the program a signal.
    ///
    /// # Panics
    /// It is gone.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("it has a number"), signal).expect("it is our child");
    }

    /// The program's number.
    ///
    /// # Panics
    /// It has none.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.child.0.process_id().expect("it has been started")
    }

    /// Waits until the program has ended, and reads the rest of what it wrote.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let watch = Stopwatch::start();
        loop {
            // Before the last read: what was written before the end is there then.
            let ended = self.child.ended();
            while self.read(if ended.is_some() { AT_ONCE } else { READ }) {}
            match ended {
                Some(status) => return status,
                None => assert!(!watch.is_late(), "it does not end; on the screen is:\n{}", self.text()),
            }
        }
    }

    /// How the terminal differs from how the program found it; empty if it does not.
    pub fn changes(&self) -> Vec<String> {
        let (screen, now) = (self.screen.screen(), settings(&self.terminal));
        let mut changes = Vec::new();
        let mut say = |changed: bool, what: &str| changes.extend(changed.then(|| what.to_owned()));
        say(now != self.before, &format!("its settings are {now}, were {}", self.before));
        say(screen.alternate_screen(), "it shows the alternate screen");
        say(screen.hide_cursor(), "its cursor is hidden");
        say(screen.bracketed_paste(), "it brackets what is pasted");
        say(screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "it reports the mouse");
        changes
    }

    /// Closes the window in which the program runs.
    pub fn close(self) -> ClosedPane {
        ClosedPane(self.child)
    }

    /// Reads what has been written. Whether there was something.
    fn read(&mut self, within: Timespec) -> bool {
        let mut bytes = [0; 1 << 16];
        let fd = self.fd();
        let mut ready = [PollFd::new(&fd, PollFlags::IN)];
        let count = match poll(&mut ready, Some(&within)) {
            Ok(1..) => rustix::io::read(fd, &mut bytes).unwrap_or(0),
            _ => 0,
        };
        self.screen.process(&bytes[..count]);
        self.tail.extend_from_slice(&bytes[..count]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        count > 0
    }

    fn fd(&self) -> BorrowedFd<'static> {
        let fd = self.master.as_raw_fd().expect("a terminal has a descriptor");
        // SAFETY: the master is open as long as `self` is, and no caller keeps it any longer.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }
}

impl Running {
    #[track_caller]
    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("it is our child")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, mostly because the test wanted it to.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl ClosedPane {
    /// Waits until the program has ended.
    #[track_caller]
    pub fn wait(mut self) -> ExitStatus {
        until("its end", || match self.0.ended() {
            Some(status) => Ok(status),
            None => Err("it runs on without a terminal".to_owned()),
        })
    }
}

/// ratatui ends each frame by hiding the cursor, or by showing it and putting it somewhere.
fn ends_a_frame(tail: &[u8]) -> bool {
    let tail = String::from_utf8_lossy(tail);
    let behind = |sequence: &str| tail.rsplit_once(sequence).map(|(_, behind)| behind.to_owned());
    let is_position = |text: String| {
        let numbers = text.strip_prefix("\x1b[").and_then(|text| text.strip_suffix('H'));
        numbers.is_some_and(|numbers| numbers.chars().all(|c| c.is_ascii_digit() || c == ';'))
    };
    behind("\x1b[?25l").is_some_and(|rest| rest.is_empty()) || behind("\x1b[?25h").is_some_and(is_position)
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has rows and columns")
}

/// Everything that can be set in a terminal, to be compared.
fn settings(terminal: &OwnedFd) -> String {
    format!("{:?}", rustix::termios::tcgetattr(terminal).expect("it is a terminal"))
}

fn builder(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        }
    }
    builder.env("TERM", "xterm-256color");
    if let Some(folder) = command.get_current_dir() {
        builder.cwd(folder);
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    #[test]
    fn a_program_that_leaves_a_mess_is_found_out() {
        let place = Place::new();
        let mut mess = place.command("sh".as_ref());
        mess.args(["-c", r"stty raw -echo; printf '\033[?1049h\033[?25l\033[?2004h\033[?1000h'"]);
        let mut pane = Pane::open(&mess, (80, 24));
        assert_eq!(pane.wait().exit_code(), 0);
        assert_eq!(pane.changes().len(), 5, "{:#?}", pane.changes());
        let mut pane = Pane::open(place.command("sh".as_ref()).args(["-c", "echo clean"]), (80, 24));
        assert_eq!(pane.wait().exit_code(), 0);
        assert_eq!((pane.changes(), pane.text().trim()), (Vec::new(), "clean"));
    }

    #[test]
    fn frames_have_ends() {
        assert!(ends_a_frame(b"x\x1b[39m\x1b[?25l"));
        assert!(ends_a_frame(b"x\x1b[?25h\x1b[24;9H"));
        for middle in
            [&b""[..], b"\x1b[?25lx", b"\x1b[?25", b"\x1b[?25h", b"\x1b[?25h\x1b[24;", b"\x1b[24;9H"]
        {
            assert!(!ends_a_frame(middle), "{middle:?}");
        }
    }
}
