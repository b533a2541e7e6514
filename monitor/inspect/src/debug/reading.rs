//! Looks things up in the debug information: entries, their names and what they refer to.

use super::index::{Index, OUTERMOST};
use super::opened::Opened;
use super::{Bytes, Debug, Die};
use gimli::{AttributeValue, DebuggingInformationEntry, DwAt};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Longest chain of scopes that is followed.
const DEEPEST: usize = 64;

/// Debug information open for reading.
pub(crate) struct Reading<'a> {
    pub(super) debug: &'a Debug,
    units: RefCell<HashMap<usize, Option<Rc<Opened<'a>>>>>,
    coroutines: OnceCell<HashMap<String, Die>>,
}

/// An entry, with what is needed to read it.
pub(crate) struct Entry<'a> {
    number: usize,
    opened: Rc<Opened<'a>>,
    entry: DebuggingInformationEntry<Bytes<'a>>,
}

impl Entry<'_> {
    pub(crate) fn tag(&self) -> gimli::DwTag {
        self.entry.tag()
    }

    pub(crate) fn number(&self, name: DwAt) -> Option<u64> {
        let value = self.entry.attr_value(name)?;
        value.udata_value().or_else(|| value.sdata_value().map(i64::cast_unsigned))
    }
}

impl<'a> Reading<'a> {
    pub(super) fn new(debug: &'a Debug) -> Self {
        Self { debug, units: RefCell::default(), coroutines: OnceCell::new() }
    }

    pub(super) fn unit(&self, number: usize) -> Option<Rc<Opened<'a>>> {
        let open = || Some(Rc::new(Opened::new(self.debug, number)?));
        self.units.borrow_mut().entry(number).or_insert_with(open).clone()
    }

    /// The entry at a place.
    pub(crate) fn entry(&self, die: Die) -> Option<Entry<'a>> {
        let opened = self.unit(die.unit())?;
        let entry = opened.unit.entry(die.offset()).ok()?;
        Some(Entry { number: die.unit(), opened, entry })
    }

    /// Calls `each` for the entries directly below one, until it has enough.
    pub(crate) fn children(&self, die: Die, mut each: impl FnMut(Die, Entry<'a>) -> bool) -> Option<()> {
        let number = die.unit();
        let opened = self.unit(number)?;
        let mut cursor = opened.unit.entries_at_offset(die.offset()).ok()?;
        cursor.next_entry().ok()?;
        if !cursor.current()?.has_children() {
            return Some(());
        }
        cursor.next_entry().ok()?;
        while let Some(entry) = cursor.current() {
            let place = Die::new(number, u32::try_from(entry.offset().0).ok()?);
            let entry = Entry { number, opened: opened.clone(), entry: entry.clone() };
            if !each(place, entry) {
                break;
            }
            cursor.next_sibling().ok()?;
        }
        Some(())
    }

    /// The entry's own name, without its scopes; empty if it has none.
    pub(crate) fn name(&self, entry: &Entry<'a>) -> &'a str {
        let name = entry.entry.attr_value(gimli::DW_AT_name);
        let opened = &entry.opened;
        let name = name.and_then(|name| opened.dwarf.attr_string(&opened.unit, name).ok());
        name.and_then(|name| std::str::from_utf8(name.slice()).ok()).unwrap_or_default()
    }

    /// The entry that an attribute refers to.
    pub(crate) fn reference(&self, entry: &Entry<'a>, name: DwAt) -> Option<Die> {
        match entry.entry.attr_value(name)? {
            AttributeValue::UnitRef(place) => Some(Die::new(entry.number, u32::try_from(place.0).ok()?)),
            // A unit that was split off can refer to itself alone.
            AttributeValue::DebugInfoRef(place) if !entry.opened.is_split() => self.debug.entry_at(place.0),
            _ => None,
        }
    }

    /// The source file that an attribute names.
    pub(crate) fn file(&self, entry: &Entry<'a>) -> Option<String> {
        let AttributeValue::FileIndex(index) = entry.entry.attr_value(gimli::DW_AT_decl_file)? else {
            return None;
        };
        let (dwarf, unit) = entry.opened.files();
        let header = unit.line_program.as_ref()?.header();
        let file = header.file(index)?;
        let text = |value| Some(dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned());
        let name = text(file.path_name())?;
        // Directory 0 is the one that the compiler was started in.
        let directory = file.directory(header).and_then(text).filter(|directory| !directory.is_empty());
        match directory {
            Some(directory) if !name.starts_with('/') => Some(format!("{directory}/{name}")),
            _ => Some(name),
        }
    }

    /// The scopes of a type and its own name, joined as Rust does; `None` for what is no type in a read unit.
    pub(crate) fn path(&self, die: Die) -> Option<String> {
        let index = self.debug.index(die.unit())?;
        let at = index.types.binary_search_by_key(&die.place, |(place, _)| *place).ok()?;
        let own = self.name(&self.entry(die)?);
        let scopes = self.scopes(die.unit(), index, index.types.get(at)?.1);
        Some(if scopes.is_empty() { own.to_owned() } else { format!("{scopes}::{own}") })
    }

    /// The scopes of a function that is described at a place, whether it has code or not.
    pub(super) fn scopes_of_function(&self, die: Die) -> Option<String> {
        let index = self.debug.index(die.unit())?;
        let at = index.described.binary_search_by_key(&die.place, |(place, _)| *place).ok()?;
        Some(self.scopes(die.unit(), index, index.described.get(at)?.1))
    }

    fn scopes(&self, number: usize, index: &Index, mut scope: u32) -> String {
        let mut names = Vec::new();
        while let Some(found) = index.scopes.get(scope as usize).filter(|_| names.len() < DEEPEST) {
            let entry = self.entry(Die::new(number, found.place));
            names.push(entry.map_or("", |entry| self.name(&entry)));
            scope = if found.parent == OUTERMOST { OUTERMOST } else { found.parent };
        }
        names.reverse();
        names.join("::")
    }

    /// The function that begins at an address.
    pub(crate) fn function(&self, address: u64) -> Option<Die> {
        let (number, index) = self.index_at(address)?;
        let at = index.functions.binary_search_by_key(&address, |function| function.first).ok()?;
        Some(Die::new(number, index.functions.get(at)?.place))
    }

    fn index_at(&self, address: u64) -> Option<(usize, &'a Index)> {
        let number = self.debug.unit_at(address)?;
        Some((number, self.debug.index(number)?))
    }

    /// The function that an address lies in.
    pub(super) fn function_around(&self, address: u64) -> Option<Die> {
        let (number, index) = self.index_at(address)?;
        let before = index.functions.partition_point(|function| function.first <= address);
        let function = index.functions.get(before.checked_sub(1)?)?;
        (address < function.behind).then(|| Die::new(number, function.place))
    }

    /// The type of the variable at an address, in the units that have been read.
    pub(crate) fn variable(&self, address: u64) -> Option<Die> {
        self.read_units().find_map(|(number, index)| {
            let at = index.statics.binary_search_by_key(&address, |(address, _)| *address).ok()?;
            Some(Die::new(number, index.statics.get(at)?.1))
        })
    }

    fn read_units(&self) -> impl Iterator<Item = (usize, &'a Index)> {
        let units = self.debug.units.iter().enumerate();
        units.filter_map(|(number, unit)| Some((number, unit.index.get()?.as_ref()?)))
    }

    /// tokio's `Stage` types in the units that have been read, those of one unit first.
    pub(crate) fn stages(&self, near: Die) -> Vec<Die> {
        let near = near.unit();
        let mut units: Vec<_> = self.read_units().collect();
        units.sort_by_key(|(number, _)| *number != near);
        let places = |(number, index): &(usize, &'a Index)| {
            index.stages.iter().map(|place| Die::new(*number, *place)).collect::<Vec<_>>()
        };
        units.iter().flat_map(places).collect()
    }

    /// File and line of an `async fn` or block by the path of its state: those of the function that polls it.
    /// Reads all units.
    pub(crate) fn defined(&self, state: &str) -> Option<(String, u64)> {
        let die = self.coroutines.get_or_init(|| self.all_coroutines()).get(&state.replace("_env#", "#"))?;
        let entry = self.entry(*die)?;
        Some((self.file(&entry)?, entry.number(gimli::DW_AT_decl_line)?))
    }

    fn all_coroutines(&self) -> HashMap<String, Die> {
        let mut all = HashMap::new();
        self.debug.prepare_all();
        for (number, index) in self.read_units() {
            for place in &index.coroutines {
                let die = Die::new(number, *place);
                let path = self.entry(die).zip(self.scopes_of_function(die));
                all.extend(path.map(|(entry, scopes)| (format!("{scopes}::{}", self.name(&entry)), die)));
            }
        }
        all
    }
}
