//! What the stacks of drops mean. Reading the program's debug information takes tens of milliseconds, so this
//! runs on a thread of its own, or on that of a test that asks.
//!
//! **Forgotten.** The compiler puts the drop of a statement's value at the statement's semicolon, line and
//! column, in optimized builds too. So an unpolled future was forgotten if the first frame above our own drop
//! is at the semicolon of the statement that made it; and if the source says that this statement makes it last
//! and lets its value go (`statement`), for there an early return by `?` would drop it too. Where either is
//! not to be had, the program's line tables or its source, nothing is said.
//!
//! **Half way.** A polled future is dropped either by its task in a poll, or with its task, when tokio drops
//! that. Below the poll of a task's future stands `Core::poll`, and where tokio drops a task it does not.

use super::drops::Meaning;
use super::observer::Observer;
use super::place::Place;
use super::statement::end_of_dropping_statement;
use crate::stacks::{self, named::Named};
use crate::sync::lock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Larger sources are generated, and nobody forgets an await there.
const LARGEST_SOURCE: u64 = 4 * 1024 * 1024;

/// The files in which we drop and look at the stack.
const OWN: &[&str] = &[super::future::FILE, super::observer::FILE, super::drops::FILE];

/// One frame, inlined ones too.
#[derive(Clone, Debug, Default)]
struct Frame {
    function: String,
    file: Option<PathBuf>,
    line: Option<u32>,
    column: Option<u32>,
}

impl Observer {
    /// Whether there are stacks that nobody has looked at.
    pub(crate) fn has_open_stacks(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Looks at all stacks that nobody has looked at. Takes tens of milliseconds the first time.
    pub(crate) fn judge(&self) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _one = lock(&ONE_AT_A_TIME);
        let mut symbols = Symbols::default();
        while self.open.swap(false, Ordering::AcqRel) {
            for place in self.table.all() {
                judge(place, &mut symbols);
            }
        }
    }
}

fn judge(place: &Place, symbols: &mut Symbols) {
    let open: Vec<_> = {
        let stacks = lock(&place.stacks);
        stacks.open().map(|stack| (stack.hash, stack.addresses.clone(), stack.half_way.is_some())).collect()
    };
    for (hash, addresses, half_way) in open {
        let frames: Vec<Frame> = addresses.iter().flat_map(|address| symbols.frames(*address)).collect();
        let meaning = if half_way { went_on(&frames) } else { forgotten(&frames, place) };
        lock(&place.stacks).understood(hash, meaning);
    }
}

/// Whether an unpolled future was dropped by the statement that made it.
fn forgotten(frames: &[Frame], place: &Place) -> Meaning {
    let Some(own) = frames.iter().position(Frame::is_own_drop) else { return Meaning::Unknown };
    let Some(user) = frames[own..].iter().find(|frame| !frame.is_own_drop()) else { return Meaning::Unknown };
    let (Some(file), Some(line)) = (&user.file, user.line) else { return Meaning::Unknown };
    if !file.ends_with(Path::new(place.location.file())) {
        return Meaning::No;
    }
    let small = std::fs::metadata(file).is_ok_and(|file| file.len() <= LARGEST_SOURCE);
    let Some(source) = small.then(|| std::fs::read_to_string(file).ok()).flatten() else {
        return Meaning::Unknown;
    };
    match end_of_dropping_statement(&source, place.location.line(), place.location.column()) {
        // Not every platform's line tables have columns.
        Some(end) if end.0 == line && user.column.is_none_or(|column| column == end.1) => Meaning::Yes,
        _ => Meaning::No,
    }
}

/// Whether a polled future was dropped while its task went on.
fn went_on(frames: &[Frame]) -> Meaning {
    match frames.iter().find(|frame| frame.is_of_a_task()) {
        None if frames.iter().any(|frame| frame.line.is_some()) => Meaning::Yes,
        // Without line tables what was inlined is not seen.
        None => Meaning::Unknown,
        Some(first) if first.line.is_none() => Meaning::Unknown,
        Some(_) => {
            let end = |frame: &&Frame| frame.function.contains("cancel_task") || frame.is_poll();
            if frames.iter().find(end).is_some_and(Frame::is_poll) { Meaning::Yes } else { Meaning::No }
        }
    }
}

/// A full debug information names functions with their path, line tables alone by their last name, with the
/// types that they were made for. So the file has to tell where a function belongs.
impl Frame {
    fn is_in(&self, file: &str) -> bool {
        self.file.as_ref().is_some_and(|path| path.ends_with(file))
    }

    /// The drop of the observed future itself, also of one in a box, and what we call in it.
    fn is_own_drop(&self) -> bool {
        let function = self.function.trim_start_matches(['<', '_']);
        let function = function.strip_prefix("core::ptr::").unwrap_or(function);
        match function.strip_prefix("drop_in_place") {
            Some(dropped) => {
                let dropped = dropped.trim_start_matches([':', '<']);
                let dropped = dropped.strip_prefix("core::pin::Pin<").unwrap_or(dropped);
                ["taskscope_agent::observe::", "alloc::boxed::Box<"]
                    .iter()
                    .any(|own| dropped.starts_with(own))
            }
            None => {
                function.starts_with("taskscope_agent::observe::") || OWN.iter().any(|file| self.is_in(file))
            }
        }
    }

    /// A part of tokio that runs and ends tasks.
    fn is_of_a_task(&self) -> bool {
        let file = self.file.as_ref().and_then(|file| file.parent());
        file.is_some_and(|folder| folder.ends_with("src/runtime/task"))
            || self.function.contains("tokio::runtime::task::") && !self.function.starts_with("drop_in_place")
    }

    /// The poll of a task's future by tokio.
    fn is_poll(&self) -> bool {
        let last = self.function.contains(">::poll") || self.function.starts_with("poll<");
        self.is_in("src/runtime/task/core.rs") && last
    }
}

/// Frames by address, as far as they were asked for.
#[derive(Default)]
struct Symbols(HashMap<usize, Vec<Frame>>);

impl Symbols {
    fn frames(&mut self, address: usize) -> Vec<Frame> {
        let frames = || stacks::look_up(address).into_iter().map(Frame::from).collect();
        self.0.entry(address).or_insert_with(frames).clone()
    }
}

impl From<Named> for Frame {
    fn from(named: Named) -> Self {
        let known = |number: u32| (number != 0).then_some(number);
        Self {
            function: named.function,
            file: (!named.file.is_empty()).then(|| PathBuf::from(named.file)),
            line: known(named.line),
            column: known(named.column),
        }
    }
}
