//! What a task's future is called, from the best source there is, and how sure that is.

use crate::debug::{Die, Reading};
use crate::module::Module;
use crate::vtables::Vtable;
use object::{Object, ObjectSymbol};
use std::collections::HashMap;
use std::sync::Arc;

/// A future's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// `crate::module::function` for an `async fn`; the type's path for anything else.
    pub text: Arc<str>,
    /// How sure it is.
    pub sure: Sure,
}

/// How sure a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sure {
    /// From the debug information of the type itself.
    Type,
    /// From the name of a function that was compiled for this type. The linker may have merged it with that of
    /// another type.
    Inferred,
}

/// The part of a function's name that is the future's type and the scheduler's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) future: Box<str>,
    pub(crate) scheduler: Box<str>,
}

impl Arguments {
    /// Those of `name<Future, Scheduler>` and of `path::name::<Future, Scheduler>`.
    pub(crate) fn of(name: &str, function: &str) -> Option<Self> {
        // The first occurrence is the function's own name: what is in its arguments comes later.
        let (_, behind) = name.split_once(function)?;
        let behind = behind.trim_start_matches(':');
        let inside = behind.strip_prefix('<')?.strip_suffix('>')?;
        let (future, scheduler) = inside.split_at(top_level_comma(inside)?);
        let scheduler = scheduler.trim_start_matches([',', ' ']);
        Some(Self { future: future.into(), scheduler: scheduler.into() })
    }
}

/// The first comma that is in no brackets. The arrow of a function's type is none.
fn top_level_comma(text: &str) -> Option<usize> {
    let (mut depth, mut before) = (0_i32, ' ');
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => return Some(at),
            _ => {}
        }
        before = character;
    }
    None
}

/// A type's path as people write it: an `async fn` by its name, a block and a closure by where they stand.
pub(crate) fn pretty(path: &str) -> String {
    let mut text = path.replace("::{async_fn_env#0}", "");
    for (written, shown) in [
        ("{async_fn_env#", "{async fn#"),
        ("{async_block_env#", "{async block#"),
        ("{async_closure_env#", "{async closure#"),
        ("{closure_env#", "{closure#"),
        ("alloc::alloc::Global", ""),
        (", >", ">"),
        ("alloc::boxed::Box", "Box"),
        ("core::pin::Pin", "Pin"),
        ("core::future::future::Future", "Future"),
        ("core::marker::Send", "Send"),
        ("alloc::string::String", "String"),
        ("alloc::sync::Arc", "Arc"),
        ("alloc::vec::Vec", "Vec"),
        ("core::option::Option", "Option"),
        ("core::result::Result", "Result"),
    ] {
        text = text.replace(written, shown);
    }
    // The number of an impl says nothing to people.
    while let Some(begin) = text.find("::{impl#") {
        let Some(end) = text.get(begin..).and_then(|rest| rest.find('}')) else { break };
        text.replace_range(begin..=begin + end, "");
    }
    text
}

/// The types that a vtable's functions were compiled for, by the debug information, and one of these functions.
///
/// The compiler merges functions with equal code. What is left of the others is a jump that nothing describes, or
/// nothing at all; so the functions are asked in the order of how much of the type is in their code.
pub(crate) fn from_debug(
    reading: &Reading<'_>,
    module: &Module,
    vtable: &Vtable,
) -> Option<(Arguments, Die, Sure)> {
    let functions =
        [("poll", 0), ("shutdown", 6), ("dealloc", 2), ("drop_join_handle_slow", 4), ("try_read_output", 3)];
    let mut found = functions.iter().filter_map(|(function, at)| {
        let address = vtable.functions.get(*at)?.wrapping_sub(module.bias);
        let die = reading.function(address)?;
        let arguments = Arguments::of(reading.name(&reading.entry(die)?), function)?;
        Some((arguments, die, if *at == 0 { Sure::Type } else { Sure::Inferred }))
    });
    found.next()
}

/// The same from the symbols: the new mangling spells the types out, the old one does not.
pub(crate) fn from_symbols<'a>(
    module: &Module,
    vtables: impl Iterator<Item = &'a Vtable>,
) -> HashMap<u64, Arguments> {
    let wanted: HashMap<u64, u64> =
        vtables.map(|vtable| (vtable.poll().wrapping_sub(module.bias), vtable.address)).collect();
    let mut found: HashMap<u64, Arguments> = HashMap::new();
    let Some(elf) = module.elf() else { return found };
    for symbol in elf.symbols() {
        let Some(vtable) = wanted.get(&symbol.address()) else { continue };
        let Ok(name) = symbol.name() else { continue };
        let name = format!("{:#}", rustc_demangle::demangle(name));
        if let Some(arguments) = Arguments::of(&name, "raw::poll") {
            found.entry(*vtable).or_insert(arguments);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_at_the_comma_between_them() {
        let of =
            |name, function| Arguments::of(name, function).map(|it| (it.future.into_string(), it.scheduler));
        let name = "poll<a::b<c, fn(d, e) -> f>::{async_fn_env#0}, alloc::sync::Arc<g::Handle, h>>";
        let future = "a::b<c, fn(d, e) -> f>::{async_fn_env#0}".to_owned();
        assert_eq!(of(name, "poll"), Some((future, "alloc::sync::Arc<g::Handle, h>".into())));
        let name = "tokio::runtime::task::raw::poll::<x::raw::poll::{closure#0}, S>";
        assert_eq!(of(name, "raw::poll"), Some(("x::raw::poll::{closure#0}".to_owned(), "S".into())));
        for wrong in
            ["", "poll", "poll<", "poll<a>", "poll<a, b", "tokio::runtime::task::raw::poll", ">,<poll"]
        {
            assert_eq!(of(wrong, "poll"), None, "{wrong}");
        }
    }

    #[test]
    fn paths_read_like_source() {
        assert_eq!(pretty("a::b::{async_fn_env#0}"), "a::b");
        assert_eq!(pretty("a::{impl#12}::b::{async_block_env#1}"), "a::b::{async block#1}");
        assert_eq!(pretty("a::{impl#"), "a::{impl#");
        let boxed = "core::pin::Pin<alloc::boxed::Box<dyn core::future::future::Future<Output=()>, alloc::alloc::Global>>";
        assert_eq!(pretty(boxed), "Pin<Box<dyn Future<Output=()>>>");
    }
}
