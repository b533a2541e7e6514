//! Which functions an address of code belongs to: the one that was compiled, and those inlined into it there.

use super::{Die, Reading};

/// Functions inlined into each other at one place at most.
const DEEPEST: usize = 64;

impl Reading<'_> {
    /// The functions around an address, the outermost first, each with its scopes as `a::b::function<T>`, and
    /// where it is described.
    pub(crate) fn functions_around(&self, address: u64) -> Vec<(String, Die)> {
        let mut found = Vec::new();
        let mut next = self.function_around(address);
        while let Some(die) = next.filter(|_| found.len() < DEEPEST) {
            next = None;
            found.extend(self.described(die));
            let mut blocks = vec![die];
            while let Some(block) = blocks.pop() {
                self.children(block, |place, entry| {
                    match entry.tag() {
                        gimli::DW_TAG_inlined_subroutine if self.covers(place, address) => next = Some(place),
                        gimli::DW_TAG_lexical_block if self.covers(place, address) => blocks.push(place),
                        _ => {}
                    }
                    next.is_none()
                });
            }
        }
        found
    }

    fn covers(&self, die: Die, address: u64) -> bool {
        let ranges = || {
            let opened = self.unit(die.unit())?;
            let entry = opened.unit.entry(die.offset()).ok()?;
            let mut ranges = opened.dwarf.die_ranges(&opened.unit, &entry).ok()?;
            while let Some(range) = ranges.next().ok()? {
                if (range.begin..range.end).contains(&address) {
                    return Some(());
                }
            }
            None
        };
        ranges().is_some()
    }

    /// A function's code refers to where it is described, and that perhaps to where it is declared.
    fn described(&self, mut die: Die) -> Option<(String, Die)> {
        for _ in 0..4 {
            let entry = self.entry(die)?;
            let further = self.reference(&entry, gimli::DW_AT_abstract_origin);
            match further.or_else(|| self.reference(&entry, gimli::DW_AT_specification)) {
                Some(further) => die = further,
                None => {
                    let name = self.name(&entry).to_owned();
                    let scopes = self.scopes_of_function(die).unwrap_or_default();
                    return Some((if scopes.is_empty() { name } else { format!("{scopes}::{name}") }, die));
                }
            }
        }
        None
    }

    /// The type that a generic function was compiled with.
    pub(crate) fn argument(&self, function: Die) -> Option<Die> {
        let mut found = None;
        self.children(function, |_, entry| {
            if entry.tag() == gimli::DW_TAG_template_type_parameter {
                found = self.reference(&entry, gimli::DW_AT_type);
            }
            found.is_none()
        })?;
        found
    }
}
