//! Panics as the agent's panic hook sees them. The hook is put before the program's own once, when the agent starts;
//! it notes what was said and where, for the thread that panics, and calls the program's hook.
//!
//! A panic that is raised by `resume_unwind` calls no hook, and one may be caught and raised again: so a wrapper that
//! catches a payload takes the note only if it fits.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Longest text of a panic or an error that is kept, bytes.
pub(crate) const MOST_TEXT: usize = 1_024;

/// Where something panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PanicPlace {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A panic in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panic {
    /// Empty if the payload is no text.
    pub(crate) message: String,
    pub(crate) place: Option<PanicPlace>,
}

/// `"no" at src/main.rs:7:5`.
impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.message)?;
        match &self.place {
            Some(place) => write!(f, " at {}:{}:{}", place.file, place.line, place.column),
            None => Ok(()),
        }
    }
}

thread_local! {
    /// The last panic of this thread.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Panics that were caught and that no hook of ours has seen.
static UNTOLD: AtomicU64 = AtomicU64::new(0);

/// Puts the agent's hook before the program's.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // A thread that is panicking may not change the hook: then the places of panics stay unknown.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let theirs = take_hook();
        set_hook(Box::new(move |info| {
            note(info);
            theirs(info);
        }));
        INSTALLED.store(true, Ordering::Relaxed);
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|at| PanicPlace {
        file: at.file().to_owned(),
        line: at.line(),
        column: at.column(),
    });
    let panic = Panic { message: message(info.payload()), place };
    #[cfg(unix)]
    crate::black_box::panicked::panicked(|| panic.to_string());
    // A thread at its very end has no place for it.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(panic);
        }
    });
}

/// What is known of a panic that was caught.
pub(crate) fn caught(payload: &(dyn Any + Send)) -> Panic {
    let message = message(payload);
    let noted = last().filter(|noted| noted.message == message);
    if noted.is_none() && INSTALLED.load(Ordering::Relaxed) {
        UNTOLD.fetch_add(1, Ordering::Relaxed);
    }
    noted.unwrap_or(Panic { message, place: None })
}

/// The last panic of this thread that the hook has seen.
pub(crate) fn last() -> Option<Panic> {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.clone())).ok().flatten()
}

/// Panics that were caught and that the agent's hook has not seen.
pub(crate) fn untold() -> u64 {
    UNTOLD.load(Ordering::Relaxed)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&'static str>().copied();
    cut(text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default())
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    begin(text, MOST_TEXT).to_owned()
}

/// The longest beginning of a text that has at most so many bytes.
pub(crate) fn begin(text: &str, most: usize) -> &str {
    let ends = (0..=most.min(text.len())).rev();
    ends.filter_map(|end| text.get(..end)).next().unwrap_or_default()
}

/// What a value says of itself, cut. Runs the program's code, which may panic.
pub(crate) fn said(value: &dyn fmt::Display) -> String {
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut text = Cut(String::new());
        // An error means that there is no room for more, or that the value has none to give.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        text.0
    }));
    said.unwrap_or_else(|_| "(its Display panicked)".to_owned())
}

/// A text that stops growing.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_TEXT - self.0.len();
        self.0.push_str(begin(text, room));
        if text.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let long = "é".repeat(1_000);
        assert_eq!(cut(&long).len(), MOST_TEXT);
        assert_eq!(said(&format_args!("{}{long}", "x")).len(), MOST_TEXT - 1);
        assert_eq!(said(&"short"), "short");
    }

    #[test]
    fn a_display_that_panics_is_no_harm() {
        struct Angry;
        impl fmt::Display for Angry {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("no")
            }
        }
        assert_eq!(said(&Angry), "(its Display panicked)");
    }

    #[test]
    fn a_panic_raised_again_keeps_its_place() {
        install();
        let raised = std::panic::catch_unwind(|| panic!("on {}", "purpose")).unwrap_err();
        let first = caught(&*raised);
        assert_eq!(first.message, "on purpose");
        assert!(first.place.as_ref().unwrap().file.ends_with("panics.rs"));
        let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| std::panic::resume_unwind(raised))).unwrap_err();
        assert_eq!(caught(&*again), first);
        let untold_before = untold();
        let other = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("other"))).unwrap_err();
        assert_eq!(caught(&*other), Panic { message: "other".to_owned(), place: None });
        assert!(untold() > untold_before);
    }
}
