//! Looks things up in the debug information: entries, their names and what they refer to.

use super::index::{Function, Index, OUTERMOST};
use super::{Bytes, Debug, Die};
use gimli::{AttributeValue, DebugInfoOffset, DebuggingInformationEntry, DwAt, Dwarf, Unit, UnitOffset};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Longest chain of scopes that is followed.
const DEEPEST: usize = 64;

/// Debug information open for reading.
pub(crate) struct Reading<'a> {
    pub(super) debug: &'a Debug,
    pub(super) dwarf: Dwarf<Bytes<'a>>,
    units: RefCell<HashMap<usize, Option<Rc<Unit<Bytes<'a>>>>>>,
    coroutines: OnceCell<HashMap<String, Die>>,
}

/// An entry, with what is needed to read it.
pub(crate) struct Entry<'a> {
    number: usize,
    unit: Rc<Unit<Bytes<'a>>>,
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
        Self { debug, dwarf: debug.dwarf(), units: RefCell::default(), coroutines: OnceCell::new() }
    }

    pub(super) fn unit(&self, number: usize) -> Option<Rc<Unit<Bytes<'a>>>> {
        let open = || {
            let place = DebugInfoOffset(self.debug.units.get(number)?.begin);
            Some(Rc::new(self.dwarf.unit(self.dwarf.unit_header(place).ok()?).ok()?))
        };
        self.units.borrow_mut().entry(number).or_insert_with(open).clone()
    }

    pub(super) fn begin(&self, number: usize) -> usize {
        self.debug.units.get(number).map_or(0, |unit| unit.begin)
    }

    /// The entry at a place.
    pub(crate) fn entry(&self, die: Die) -> Option<Entry<'a>> {
        let number = self.debug.unit_of(die)?;
        let unit = self.unit(number)?;
        let entry = unit.entry(UnitOffset(die.0.checked_sub(self.begin(number))?)).ok()?;
        Some(Entry { number, unit, entry })
    }

    /// Calls `each` for the entries directly below one, until it has enough.
    pub(crate) fn children(&self, die: Die, mut each: impl FnMut(Die, Entry<'a>) -> bool) -> Option<()> {
        let number = self.debug.unit_of(die)?;
        let (unit, begin) = (self.unit(number)?, self.begin(number));
        let mut cursor = unit.entries_at_offset(UnitOffset(die.0.checked_sub(begin)?)).ok()?;
        cursor.next_entry().ok()?;
        if !cursor.current()?.has_children() {
            return Some(());
        }
        cursor.next_entry().ok()?;
        while let Some(entry) = cursor.current() {
            let place = Die(begin + entry.offset().0);
            let entry = Entry { number, unit: unit.clone(), entry: entry.clone() };
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
        let name = name.and_then(|name| self.dwarf.attr_string(&entry.unit, name).ok());
        name.and_then(|name| std::str::from_utf8(name.slice()).ok()).unwrap_or_default()
    }

    /// The entry that an attribute refers to.
    pub(crate) fn reference(&self, entry: &Entry<'a>, name: DwAt) -> Option<Die> {
        match entry.entry.attr_value(name)? {
            AttributeValue::UnitRef(place) => Some(Die(self.begin(entry.number).checked_add(place.0)?)),
            AttributeValue::DebugInfoRef(place) => Some(Die(place.0)),
            _ => None,
        }
    }

    /// The source file that an attribute names.
    pub(crate) fn file(&self, entry: &Entry<'a>) -> Option<String> {
        let AttributeValue::FileIndex(index) = entry.entry.attr_value(gimli::DW_AT_decl_file)? else {
            return None;
        };
        let header = entry.unit.line_program.as_ref()?.header();
        let file = header.file(index)?;
        let text =
            |value| Some(self.dwarf.attr_string(&entry.unit, value).ok()?.to_string_lossy().into_owned());
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
        let number = self.debug.unit_of(die)?;
        let index = self.debug.index(number)?;
        let place = u32::try_from(die.0 - self.begin(number)).ok()?;
        let at = index.types.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        let own = self.name(&self.entry(die)?);
        let scopes = self.scopes(number, index, index.types.get(at)?.1);
        Some(if scopes.is_empty() { own.to_owned() } else { format!("{scopes}::{own}") })
    }

    /// The scopes of a function that is described at a place, whether it has code or not.
    pub(super) fn scopes_of_function(&self, die: Die) -> Option<String> {
        let number = self.debug.unit_of(die)?;
        let index = self.debug.index(number)?;
        let place = u32::try_from(die.0 - self.begin(number)).ok()?;
        let at = index.described.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.scopes(number, index, index.described.get(at)?.1))
    }

    fn scopes(&self, number: usize, index: &Index, mut scope: u32) -> String {
        let mut names = Vec::new();
        while let Some(found) = index.scopes.get(scope as usize).filter(|_| names.len() < DEEPEST) {
            let entry = self.entry(Die(self.begin(number) + found.place as usize));
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
        Some(self.place(number, index.functions.get(at)?))
    }

    fn index_at(&self, address: u64) -> Option<(usize, &'a Index)> {
        let number = self.debug.unit_at(address)?;
        Some((number, self.debug.index(number)?))
    }

    fn place(&self, number: usize, function: &Function) -> Die {
        Die(self.begin(number) + function.place as usize)
    }

    /// The function that an address lies in.
    pub(super) fn function_around(&self, address: u64) -> Option<Die> {
        let (number, index) = self.index_at(address)?;
        let before = index.functions.partition_point(|function| function.first <= address);
        let function = index.functions.get(before.checked_sub(1)?)?;
        (address < function.behind).then(|| self.place(number, function))
    }

    /// The type of the variable at an address, in the units that have been read.
    pub(crate) fn variable(&self, address: u64) -> Option<Die> {
        self.read_units().find_map(|(number, index)| {
            let at = index.statics.binary_search_by_key(&address, |(address, _)| *address).ok()?;
            Some(Die(self.begin(number) + index.statics.get(at)?.1 as usize))
        })
    }

    fn read_units(&self) -> impl Iterator<Item = (usize, &'a Index)> {
        let units = self.debug.units.iter().enumerate();
        units.filter_map(|(number, unit)| Some((number, unit.index.get()?.as_ref()?)))
    }

    /// tokio's `Stage` types in the units that have been read, those of one unit first.
    pub(crate) fn stages(&self, near: Die) -> Vec<Die> {
        let near = self.debug.unit_of(near);
        let mut units: Vec<_> = self.read_units().collect();
        units.sort_by_key(|(number, _)| Some(*number) != near);
        let places = |(number, index): &(usize, &'a Index)| {
            let begin = self.begin(*number);
            index.stages.iter().map(move |place| Die(begin + *place as usize)).collect::<Vec<_>>()
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
                let die = Die(self.begin(number) + *place as usize);
                let path = self.entry(die).zip(self.scopes_of_function(die));
                all.extend(path.map(|(entry, scopes)| (format!("{scopes}::{}", self.name(&entry)), die)));
            }
        }
        all
    }
}
