//! All places, by location and label, and by the number that nodes name them by.

use super::place::Place;
use crate::places::{OTHER_PLACES, Places};
use crate::sync::lock;
use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::ptr;
use std::sync::Mutex;
use taskscope_model::codes::DropKind;

/// Places that a thread has at hand.
const NEAR: usize = 64;
/// What a thread's slot knows by which addresses.
type Near = Cell<(Key, Option<&'static Place>)>;
/// Address of the location, address and length of the label.
type Key = (usize, usize, usize);

thread_local! {
    static NEAR_PLACES: [Near; NEAR] = const { [const { Cell::new(((0, 0, 0), None)) }; NEAR] };
}

/// All places. Bounded by [`Places`]: what finds no room there is of one common place.
#[derive(Default)]
pub(crate) struct Table(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    all: Vec<&'static Place>,
    by_text: HashMap<(Text, &'static str), &'static Place>,
}

/// File, line and column: one source line may have several `Location`s, one a codegen unit.
type Text = (&'static str, u32, u32);

impl Table {
    /// The place of futures made here under this label.
    #[inline]
    pub(super) fn place(
        &self,
        places: &Places,
        location: &'static Location<'static>,
        label: &'static str,
    ) -> &'static Place {
        let key = (ptr::from_ref(location).addr(), label.as_ptr().addr(), label.len());
        NEAR_PLACES.with(|near| {
            let near = &near[(key.0 >> 3 ^ key.1 >> 1) % NEAR];
            match near.get() {
                (known, Some(place)) if known == key => place,
                _ => {
                    let place = self.far(places, location, label, DropKind::FUTURE);
                    near.set((key, Some(place)));
                    place
                }
            }
        })
    }

    /// The same, by the table alone.
    #[cold]
    pub(super) fn far(
        &self,
        places: &Places,
        location: &'static Location<'static>,
        label: &'static str,
        kind: DropKind,
    ) -> &'static Place {
        let label = function(label);
        let mut inner = lock(&self.0);
        let text = (location.file(), location.line(), location.column());
        if let Some(place) = inner.by_text.get(&(text, label)) {
            return place;
        }
        let number = places.location(location);
        // A place is told by its location's number: the second label of a location gets one of its own.
        let taken = number != OTHER_PLACES && inner.all.iter().any(|place| place.number == number);
        let number = if taken { places.another(location) } else { number };
        if number == OTHER_PLACES
            && let Some(other) = inner.all.iter().find(|place| place.number == OTHER_PLACES)
        {
            return other;
        }
        let label = if number == OTHER_PLACES { "(other places)" } else { label };
        let place = Place::new(inner.all.len() as u32, number, label, location, kind);
        let place: &'static Place = Box::leak(Box::new(place));
        inner.all.push(place);
        if number != OTHER_PLACES {
            inner.by_text.insert((text, label), place);
        }
        place
    }

    /// All places, by index.
    pub(super) fn all(&self) -> Vec<&'static Place> {
        lock(&self.0).all.clone()
    }
}

/// The function in the type name of its future; any other label as it is.
fn function(label: &'static str) -> &'static str {
    const FUTURE: &str = "::{{closure}}";
    let function = label.trim_end_matches(FUTURE);
    if function.len() == label.len() || !function.ends_with('>') {
        return function;
    }
    // Its own type parameters differ from call to call.
    let mut depth = 0;
    let opens = function.char_indices().rev().find(|(_, c)| {
        depth += i32::from(*c == '>') - i32::from(*c == '<');
        depth == 0
    });
    opens.map_or(function, |(at, _)| function[..at].trim_end_matches("::"))
}

#[cfg(test)]
mod tests {
    use super::function;

    #[test]
    fn a_function_is_called_by_its_name() {
        for (label, expected) in [
            ("a::b::{{closure}}", "a::b"),
            ("a::b::{{closure}}::{{closure}}", "a::b"),
            ("a::b<alloc::vec::Vec<u8>, u8>::{{closure}}", "a::b"),
            ("<a::T<u8> as a::Trait>::b::{{closure}}", "<a::T<u8> as a::Trait>::b"),
            ("order <7>", "order <7>"),
            ("", ""),
        ] {
            assert_eq!(function(label), expected);
        }
    }
}
