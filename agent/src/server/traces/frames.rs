//! The frames of one stack that say something: from the task's own future down to the leaf that waits.

use crate::extensions::Stack;
use crate::places::Places;
use std::collections::HashMap;
use std::ffi::c_void;

/// Below this frame is the agent and tokio's harness.
const TASK: &str = "wrapped::asked::probe_poll";
/// Above this frame is the agent: the leaf has cloned its waker.
const LEAF: &str = "wrapped::waker::clone";
/// What says nothing, wherever it stands.
const SILENT: &[&str] = &["std", "core", "alloc", "taskscope_agent"];

/// What tokio's macros and budget are made of.
const PLUMBING: &[&str] = &["tokio::future::", "tokio::macros::", "tokio::task::coop::", "tokio::util::"];

/// Where a frame is in the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FramePlace {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A function on a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) function: String,
    pub(super) place: Option<FramePlace>,
}

/// What an address says: the functions that it is in, inlined ones first.
type Said = Vec<(String, Option<FramePlace>)>;

/// What awaits what on a stack, outermost first. `known` keeps what addresses say: stacks of one poll have most of
/// them in common.
pub(super) fn frames(stack: &Stack, places: &Places, known: &mut HashMap<usize, Said>) -> Vec<Frame> {
    let mut all = Vec::new();
    for address in stack {
        let said = known.entry(*address).or_insert_with(|| resolve(*address));
        let is_task = said.iter().any(|(name, _)| name.contains(TASK));
        all.extend(said.iter().cloned());
        // Below it is nothing of interest, and much to look up.
        if is_task {
            break;
        }
    }
    let mut frames = telling(&all);
    for place in frames.iter_mut().filter_map(|frame| frame.place.as_mut()) {
        // The path as the program's own locations name it, if they do.
        if let Some(known) = places.file_in(&place.file) {
            known.clone_into(&mut place.file);
        }
    }
    frames
}

fn resolve(address: usize) -> Said {
    let mut said = Vec::new();
    backtrace::resolve(std::ptr::without_provenance_mut::<c_void>(address), |symbol| {
        let Some(name) = symbol.name() else { return };
        let place = symbol.filename().zip(symbol.lineno()).map(|(file, line)| FramePlace {
            file: file.to_string_lossy().into_owned(),
            line,
            column: symbol.colno().unwrap_or(0),
        });
        said.push((format!("{name:#}"), place));
    });
    said
}

/// What says something of a stack that is given innermost first.
fn telling(all: &[(String, Option<FramePlace>)]) -> Vec<Frame> {
    let first = all.iter().rposition(|(name, _)| name.contains(LEAF)).map_or(0, |at| at + 1);
    let last = all.iter().position(|(name, _)| name.contains(TASK)).unwrap_or(all.len());
    told(all.get(first..last).unwrap_or_default().iter().rev())
}

/// Leaves out what says nothing; the frames come outermost first. Of tokio's own frames in a row the outermost says it all.
fn told<'a>(frames: impl Iterator<Item = &'a (String, Option<FramePlace>)>) -> Vec<Frame> {
    let mut told: Vec<Frame> = Vec::new();
    let (mut in_tokio, mut before) = (false, String::new());
    for (name, place) in frames {
        let Some(origin) = origin(name).filter(|origin| !SILENT.contains(origin)) else { continue };
        let plain = name.trim_start_matches('<');
        if PLUMBING.iter().any(|plumbing| plain.starts_with(plumbing)) {
            continue;
        }
        let (was_in_tokio, is_tokio) = (in_tokio, origin == "tokio");
        in_tokio = is_tokio;
        if was_in_tokio && is_tokio {
            continue;
        }
        // The closure of a `join!` or `select!` stands within the function that has it.
        let within = name.len() > before.len() && name.starts_with(before.as_str()) && !before.is_empty();
        name.clone_into(&mut before);
        if within {
            continue;
        }
        let place = if is_tokio { None } else { place.clone() };
        told.push(Frame { function: function(name).to_owned(), place });
    }
    told
}

/// The crate that a function is of; `None` for generic code that only says `<F as Future>`.
fn origin(name: &str) -> Option<&str> {
    let start = name.trim_start_matches(['<', '&', '*']);
    let start = start.strip_prefix("mut ").unwrap_or(start);
    let (origin, _) = start.split_once("::")?;
    let is_name = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    (!origin.is_empty() && origin.bytes().all(is_name)).then_some(origin)
}

/// A function's name without what the compiler makes of `async`; of a poll the future's type.
fn function(name: &str) -> &str {
    let of_type = name.strip_prefix('<').and_then(|name| name.strip_suffix(" as core::future::future::Future>::poll"));
    let mut name = of_type.unwrap_or(name);
    while let Some((outer, inner)) = name.rsplit_once("::") {
        if !inner.starts_with("{{closure") && !inner.starts_with("{closure") {
            break;
        }
        name = outer;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &[(&str, &str, u32)] = &[
        ("taskscope_agent::extensions::probe::stack", "agent/src/extensions/probe.rs", 1),
        ("taskscope_agent::wrapped::waker::clone", "agent/src/wrapped/waker.rs", 43),
        ("<core::task::wake::Waker as core::clone::Clone>::clone", "library/core/src/task/wake.rs", 600),
        ("tokio::runtime::time::entry::TimerEntry::poll_elapsed", "tokio/src/runtime/time/entry.rs", 1),
        ("<tokio::time::sleep::Sleep as core::future::future::Future>::poll", "tokio/src/time/sleep.rs", 1),
        ("shop::orders::fetch::{{closure}}", "src/orders.rs", 12),
        ("shop::orders::all::{{closure}}::{{closure}}", "src/orders.rs", 22),
        ("<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll", "poll_fn.rs", 1),
        ("<tokio::future::maybe_done::MaybeDone<F> as core::future::future::Future>::poll", "maybe_done.rs", 1),
        ("shop::orders::all::{{closure}}", "src/orders.rs", 20),
        ("<F as core::future::future::Future>::poll", "", 0),
        ("<shop::Retry<F> as core::future::future::Future>::poll", "src/retry.rs", 7),
        ("taskscope_agent::wrapped::asked::probe_poll", "agent/src/wrapped/asked.rs", 110),
        ("tokio::runtime::task::core::Core<T,S>::poll", "tokio/src/runtime/task/core.rs", 1),
    ];

    fn all(stack: &[(&str, &str, u32)]) -> Vec<(String, Option<FramePlace>)> {
        let place = |file: &str, line| FramePlace { file: file.to_owned(), line, column: 5 };
        stack.iter().map(|(name, file, line)| ((*name).to_owned(), Some(place(file, *line)))).collect()
    }

    #[test]
    fn a_stack_is_what_awaits_what() {
        let frames = telling(&all(STACK));
        let said: Vec<_> = frames
            .iter()
            .map(|it| (it.function.as_str(), it.place.as_ref().map(|at| (at.file.as_str(), at.line))))
            .collect();
        let expected = [
            ("shop::Retry<F>", Some(("src/retry.rs", 7))),
            ("shop::orders::all", Some(("src/orders.rs", 20))),
            ("shop::orders::fetch", Some(("src/orders.rs", 12))),
            ("tokio::time::sleep::Sleep", None),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_stack_without_marks_is_no_harm() {
        assert_eq!(telling(&[]), []);
        let odd = [("", "", 0), ("{{closure}}", "", 0), ("<", "", 0), ("a::b", "", 0), ("::", "", 0)];
        assert_eq!(telling(&all(&odd)).len(), 1);
        // The marks stand the wrong way round.
        let mut turned: Vec<_> = STACK.to_vec();
        turned.reverse();
        assert_eq!(telling(&all(&turned)), []);
    }
}
