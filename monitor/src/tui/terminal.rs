//! The terminal: taken over, and left as it was found however we end.

use super::action::{Mouse, Press};
use super::input::Input;
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
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
/// Whether the mouse is ours too.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Held while a key is read, so that another program to which the terminal is lent gets every one.
static READING: Mutex<()> = Mutex::new(());
/// Whether keys are not to be read now: whoever wants the lock gets it.
static HELD_BACK: AtomicBool = AtomicBool::new(false);
/// How long one look for a key takes at most, and so how long a loan has to wait.
const LOOK: Duration = Duration::from_millis(50);
/// Whether some thread of ours has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// After a signal the TUI has so long to end by itself. It cannot while it writes to a terminal that is held
/// (Ctrl-S), for instance.
const GRACE: Duration = Duration::from_secs(1);

/// The terminal while it is ours. Dropping it gives it back.
pub(super) struct Taken(());

/// Takes the terminal over, with its mouse if that is wanted.
pub(super) fn take(mouse: bool) -> io::Result<Taken> {
    hook_panics();
    MOUSE.store(mouse, Ordering::SeqCst);
    take_over()?;
    Ok(Taken(()))
}

fn take_over() -> io::Result<()> {
    let mut out = unlocked()?;
    let mut ours = ours();
    enable_raw_mode()?;
    *ours = true;
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal away while something else is done with it, and takes it back.
pub(super) fn lend<T>(meanwhile: impl FnOnce() -> T) -> io::Result<T> {
    HELD_BACK.store(true, Ordering::SeqCst);
    let done = {
        // While this is held no key is read.
        let _reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
        give_back(&mut ours());
        meanwhile()
    };
    let taken = take_over();
    HELD_BACK.store(false, Ordering::SeqCst);
    taken.map(|()| done)
}

/// Sends something to the terminal that is not shown, such as a text for its clipboard.
pub(super) fn send(bytes: &[u8]) -> io::Result<()> {
    let ours = ours();
    if *ours { unlocked()?.write_all(bytes) } else { Ok(()) }
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
        let _ = unlocked().and_then(|mut out| {
            if MOUSE.load(Ordering::SeqCst) {
                execute!(out, DisableMouseCapture)?;
            }
            execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)
        });
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
        while let Ok(event) = next_event() {
            for input in event.map(inputs_of).unwrap_or_default() {
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

/// What was typed, if anything was for a while.
fn next_event() -> io::Result<Option<Event>> {
    if HELD_BACK.load(Ordering::SeqCst) {
        thread::sleep(LOOK);
        return Ok(None);
    }
    let _reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
    if event::poll(LOOK)? { event::read().map(Some) } else { Ok(None) }
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
        Event::Mouse(mouse) => pressed(mouse).map(Input::Mouse).into_iter().collect(),
        Event::FocusGained | Event::FocusLost => vec![],
    }
}

fn pressed(mouse: MouseEvent) -> Option<Mouse> {
    let what = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Press::Button,
        MouseEventKind::ScrollUp => Press::WheelUp,
        MouseEventKind::ScrollDown => Press::WheelDown,
        _ => return None,
    };
    Some(Mouse { what, x: mouse.column, y: mouse.row })
}
