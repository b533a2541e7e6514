//! The terminal: taken over, and left as it was found however we end.

use super::input::Input;
use crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyModifiers,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::layout::Size;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write, stdout};
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Whether the terminal is ours now. Locked while something is written to it that must not be torn: a frame, or
/// what gives it back together with the message of a panic.
static OURS: Mutex<bool> = Mutex::new(false);
/// Whether some thread of ours has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// After a signal the TUI has so long to end by itself. It cannot while it writes to a terminal that is held
/// (Ctrl-S), for instance.
const GRACE: Duration = Duration::from_secs(1);

/// The terminal while it is ours. Dropping it gives it back.
pub(super) struct Taken(());

/// Takes the terminal over.
pub(super) fn take() -> io::Result<Taken> {
    hook_panics();
    let mut out = unlocked()?;
    let mut ours = ours();
    enable_raw_mode()?;
    *ours = true;
    drop(ours);
    let taken = Taken(());
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    Ok(taken)
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back(&mut ours());
    }
}

fn ours() -> MutexGuard<'static, bool> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back, once. Where that fails there is no terminal to give back.
fn give_back(ours: &mut bool) {
    if std::mem::take(ours) {
        let out = unlocked();
        let _ =
            out.and_then(|mut out| execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show));
        let _ = disable_raw_mode();
    }
}

/// Whether it is still there and ours. A terminal that was closed under us answers no question any more.
pub(super) fn is_there() -> bool {
    *ours() && stdout().is_terminal()
}

/// Whether some thread of ours has panicked, and its message is on the terminal.
pub(super) fn has_panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// The message of a panic must come after the terminal is given back, else it is lost with the other screen; and
/// before the process ends, if another thread sees to that.
fn hook_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let mut ours = ours();
        PANICKED.store(true, Ordering::SeqCst);
        give_back(&mut ours);
        before(panic);
    }));
}

/// The standard output without its lock, which whoever waits for us may hold.
fn unlocked() -> io::Result<File> {
    Ok(stdout().as_fd().try_clone_to_owned()?.into())
}

/// Frames on their way to the terminal: each goes out in one piece, and none when it is not ours any more.
pub(super) struct Frames {
    out: File,
    frame: Vec<u8>,
}

impl Frames {
    /// To the standard output.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { out: unlocked()?, frame: Vec::new() })
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let ours = ours();
        let frame = std::mem::take(&mut self.frame);
        if *ours { self.out.write_all(&frame) } else { Ok(()) }
    }
}

/// Ends the process as the signal would have.
pub(crate) fn end_by(signal: i32) {
    // It fails for signals that do not exist only.
    let _ = emulate_default_handler(signal);
}

/// Reports signals that end us.
pub(super) fn listen_for_signals(inputs: SyncSender<Input>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT])?;
    thread::Builder::new().name("taskscope-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let _ = inputs.try_send(Input::Signal(signal));
            thread::sleep(GRACE);
            let _ = disable_raw_mode();
            end_by(signal);
        }
    })?;
    Ok(())
}

/// Reports what is typed.
pub(super) fn listen_for_keys(inputs: SyncSender<Input>) -> io::Result<()> {
    thread::Builder::new().name("taskscope-keys".to_owned()).spawn(move || {
        while let Ok(event) = event::read() {
            for input in inputs_of(event) {
                if inputs.send(input).is_err() {
                    return;
                }
            }
        }
        // A terminal that cannot be read is like one that was closed.
        let _ = inputs.send(Input::Signal(SIGHUP));
    })?;
    Ok(())
}

fn inputs_of(event: Event) -> Vec<Input> {
    match event {
        // On the wire Esc and a key behind it are the same as Alt and that key. Nothing here is bound to Alt, but
        // one who presses Esc and goes on at once, or over a slow link, means both.
        Event::Key(key) if key.modifiers == KeyModifiers::ALT && matches!(key.code, KeyCode::Char(_)) => {
            let plain = |code| Input::Key(KeyEvent::new(code, KeyModifiers::NONE));
            vec![plain(KeyCode::Esc), plain(key.code)]
        }
        Event::Key(key) => vec![Input::Key(key)],
        Event::Paste(text) => vec![Input::Paste(text)],
        Event::Resize(width, height) => vec![Input::Resize(Size { width, height })],
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => vec![],
    }
}
