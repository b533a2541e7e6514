//! What is where in one unit. Read through once, as cheaply as possible: names are looked up later, by place.

use super::Bytes;
use super::opened::Opened;
use gimli::{
    Abbreviation, Attribute, AttributeValue, DebugStrOffset, Dwarf, EntriesRaw, Operation, Result,
    Section as _, Unit,
};

/// Scopes are nested at most this deep.
const DEEPEST: usize = 64;
/// The scope around everything else.
pub(super) const OUTERMOST: u32 = u32::MAX;

/// What is in a unit. All places are offsets into it.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Namespaces and types that hold others.
    pub(super) scopes: Vec<Scope>,
    /// Types, by ascending place, each with its scope.
    pub(super) types: Vec<(u32, u32)>,
    /// Functions with code, by ascending first address.
    pub(super) functions: Vec<Function>,
    /// All functions, by ascending place, each with its scope.
    pub(super) described: Vec<(u32, u32)>,
    /// Of these, the ones that poll an `async fn` or block.
    pub(super) coroutines: Vec<u32>,
    /// Variables at the top that have an address, by ascending address, each with the place of its type.
    pub(super) statics: Vec<(u64, u32)>,
    /// tokio's `Stage` types: what a task holds, a future or its result.
    pub(super) stages: Vec<u32>,
}

/// A scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Number of the one around it.
    pub(super) parent: u32,
    /// Its place.
    pub(super) place: u32,
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) first: u64,
    pub(super) behind: u64,
    pub(super) place: u32,
}

/// The namespace in which tokio defines its tasks. Names end with a zero.
const STAGES: [&[u8]; 4] = [b"tokio\0", b"runtime\0", b"task\0", b"core\0"];

/// Scopes around the entry that is read.
struct Around {
    depth: isize,
    scope: u32,
    /// How many names of [`STAGES`] have been met.
    towards_stages: usize,
}

impl Index {
    pub(super) fn read(opened: &Opened<'_>) -> Result<Self> {
        let Opened { dwarf, unit, .. } = opened;
        let mut pass =
            Pass { dwarf, unit, index: Self::default(), around: Vec::new(), attributes: Vec::new() };
        pass.run()?;
        let mut index = pass.index;
        index.functions.sort_unstable_by_key(|function| function.first);
        index.statics.sort_unstable();
        Ok(index)
    }
}

struct Pass<'a, 'b> {
    dwarf: &'b Dwarf<Bytes<'a>>,
    unit: &'b Unit<Bytes<'a>>,
    index: Index,
    around: Vec<Around>,
    attributes: Vec<Attribute<Bytes<'a>>>,
}

impl<'a, 'b> Pass<'a, 'b> {
    fn run(&mut self) -> Result<()> {
        let mut entries = self.unit.entries_raw(None)?;
        while !entries.is_empty() {
            let (place, depth) = (entries.next_offset().0, entries.next_depth());
            let Some(kind) = entries.read_abbreviation()? else { continue };
            while self.around.last().is_some_and(|around| around.depth >= depth) {
                self.around.pop();
            }
            self.entry(&mut entries, kind, u32::try_from(place).unwrap_or(u32::MAX), depth)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entries: &mut EntriesRaw<'b, Bytes<'a>>,
        kind: &Abbreviation,
        place: u32,
        depth: isize,
    ) -> Result<()> {
        let (scope, towards_stages) =
            self.around.last().map_or((OUTERMOST, 0), |around| (around.scope, around.towards_stages));
        match kind.tag() {
            gimli::DW_TAG_namespace => {
                entries.read_attributes(kind.attributes(), &mut self.attributes)?;
                let at_depth = self.around.len() == towards_stages;
                let is_next =
                    at_depth && STAGES.get(towards_stages).is_some_and(|next| self.name_begins_with(next));
                self.enter(depth, place, scope, if is_next { towards_stages + 1 } else { towards_stages });
            }
            gimli::DW_TAG_structure_type | gimli::DW_TAG_enumeration_type | gimli::DW_TAG_union_type => {
                self.index.types.push((place, scope));
                if towards_stages == STAGES.len() {
                    entries.read_attributes(kind.attributes(), &mut self.attributes)?;
                    if self.name_begins_with(b"Stage<") {
                        self.index.stages.push(place);
                    }
                } else {
                    entries.skip_attributes(kind.attributes())?;
                }
                if kind.has_children() {
                    self.enter(depth, place, scope, 0);
                }
            }
            gimli::DW_TAG_subprogram => {
                entries.read_attributes(kind.attributes(), &mut self.attributes)?;
                self.index.described.push((place, scope));
                if self.name_begins_with(b"{async_") {
                    self.index.coroutines.push(place);
                }
                let code = self.code();
                self.index.functions.extend(code.map(|(first, behind)| Function { first, behind, place }));
            }
            gimli::DW_TAG_variable if depth == 1 => {
                entries.read_attributes(kind.attributes(), &mut self.attributes)?;
                let found = self.address().zip(self.of_type());
                self.index.statics.extend(found);
            }
            _ => entries.skip_attributes(kind.attributes())?,
        }
        Ok(())
    }

    fn enter(&mut self, depth: isize, place: u32, parent: u32, towards_stages: usize) {
        if self.around.len() < DEEPEST {
            let scope = u32::try_from(self.index.scopes.len()).unwrap_or(OUTERMOST);
            self.index.scopes.push(Scope { parent, place });
            self.around.push(Around { depth, scope, towards_stages });
        }
    }

    fn attribute(&self, name: gimli::DwAt) -> Option<AttributeValue<Bytes<'a>>> {
        self.attributes.iter().find(|attribute| attribute.name() == name).map(Attribute::value)
    }

    /// Looks no farther than that: names are long, and there are many.
    fn name_begins_with(&self, prefix: &[u8]) -> bool {
        let names = self.dwarf.debug_str.reader().slice();
        let is_at = |place: DebugStrOffset| names.get(place.0..).is_some_and(|name| name.starts_with(prefix));
        match self.attribute(gimli::DW_AT_name) {
            Some(AttributeValue::DebugStrRef(place)) => is_at(place),
            Some(AttributeValue::DebugStrOffsetsIndex(index)) => {
                self.dwarf.string_offset(self.unit, index).is_ok_and(is_at)
            }
            Some(AttributeValue::String(name)) => begins_with(name.slice(), prefix),
            Some(other) => {
                let name = self.dwarf.attr_string(self.unit, other);
                name.is_ok_and(|name| begins_with(name.slice(), prefix))
            }
            None => false,
        }
    }

    /// First address of a function, and the one behind its last.
    fn code(&self) -> Option<(u64, u64)> {
        let first = self.attribute(gimli::DW_AT_low_pc)?;
        let first = self.dwarf.attr_address(self.unit, first).ok()??;
        let behind = match self.attribute(gimli::DW_AT_high_pc)? {
            AttributeValue::Udata(length) => first.checked_add(length)?,
            address => self.dwarf.attr_address(self.unit, address).ok()??,
        };
        Some((first, behind))
    }

    fn address(&self) -> Option<u64> {
        let AttributeValue::Exprloc(location) = self.attribute(gimli::DW_AT_location)? else { return None };
        match location.operations(self.unit.encoding()).next().ok()?? {
            Operation::Address { address } => Some(address),
            Operation::AddressIndex { index } => self.dwarf.address(self.unit, index).ok(),
            _ => None,
        }
    }

    fn of_type(&self) -> Option<u32> {
        match self.attribute(gimli::DW_AT_type)? {
            AttributeValue::UnitRef(place) => u32::try_from(place.0).ok(),
            _ => None,
        }
    }
}

/// Whether a name begins with that, its end counted as a zero.
fn begins_with(name: &[u8], prefix: &[u8]) -> bool {
    name.iter().chain(&[0]).take(prefix.len()).eq(prefix)
}
