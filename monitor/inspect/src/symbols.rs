//! The debug information of all modules of a program, and what was found in it: kept from one snapshot to the
//! next, since it does not change.

use crate::debug::{Debug, Die, Unread};
use crate::memory::Memory;
use crate::module::Module;
use crate::plans::TypeKey;
use crate::types::{Kind, Types};
use crate::vtables::Vtables;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// The debug information of all modules, each opened when first asked for.
pub(crate) struct Symbols {
    modules: Vec<(Module, OnceLock<Option<Debug>>)>,
    /// Numbers of those that have tables of tasks, and so tokio.
    with_tasks: BTreeSet<usize>,
}

impl Symbols {
    pub(crate) fn new(modules: Vec<Module>, vtables: &Vtables) -> Self {
        let with_tasks = vtables.all().iter().map(|vtable| vtable.module).collect();
        Self { modules: modules.into_iter().map(|module| (module, OnceLock::new())).collect(), with_tasks }
    }

    pub(crate) fn module(&self, number: usize) -> Option<&Module> {
        self.modules.get(number).map(|(module, _)| module)
    }

    pub(crate) fn debug(&self, number: usize) -> Option<&Debug> {
        let (module, debug) = self.modules.get(number)?;
        debug.get_or_init(|| Debug::open(module)).as_ref()
    }

    /// Why not all of the debug information in files of its own was read, if so, as far as it was looked for.
    pub(crate) fn unread(&self) -> Option<Unread> {
        self.modules.iter().filter_map(|(_, debug)| debug.get()?.as_ref()?.unread()).max()
    }

    /// The module with tokio in it whose code is at an address.
    pub(crate) fn tokio_code(&self, address: u64) -> Option<usize> {
        let is_code = |number: &usize| self.module(*number).is_some_and(|module| module.is_code(address));
        self.with_tasks.iter().copied().find(is_code)
    }

    fn holding(&self, address: u64) -> Option<usize> {
        let holds = |module: &Module| module.data.iter().chain(&module.text).any(|it| it.contains(&address));
        self.modules.iter().position(|(module, _)| holds(module))
    }
}

/// The types of all modules, open for one snapshot.
pub(crate) struct AllTypes<'a> {
    symbols: &'a Symbols,
    types: Vec<OnceLock<Option<Box<Types<'a>>>>>,
}

impl<'a> AllTypes<'a> {
    pub(crate) fn new(symbols: &'a Symbols) -> Self {
        Self { symbols, types: symbols.modules.iter().map(|_| OnceLock::new()).collect() }
    }

    /// Those of one module; `None` if it has no debug information.
    pub(crate) fn of(&self, module: usize) -> Option<&Types<'a>> {
        let open = || Some(Box::new(Types::new(self.symbols.debug(module)?.reading())));
        self.types.get(module)?.get_or_init(open).as_deref()
    }

    pub(crate) fn symbols(&self) -> &'a Symbols {
        self.symbols
    }
}

/// Vtables of `dyn Future` and their like: which type each stands for.
#[derive(Debug, Default)]
pub(crate) struct Concrete {
    known: HashMap<u64, Option<TypeKey>>,
}

impl Concrete {
    /// The type behind a pointer with this vtable.
    pub(crate) fn get(&mut self, all: &AllTypes<'_>, memory: &dyn Memory, vtable: u64) -> Option<TypeKey> {
        *self.known.entry(vtable).or_insert_with(|| find(all, memory, vtable))
    }
}

fn find(all: &AllTypes<'_>, memory: &dyn Memory, vtable: u64) -> Option<TypeKey> {
    let module = all.symbols.holding(vtable)?;
    let (types, bias) = (all.of(module)?, all.symbols.module(module)?.bias);
    let key = |die| TypeKey { module, die };
    let described = || {
        let table = types.reading().variable(vtable.wrapping_sub(bias))?;
        let table = types.reading().entry(table)?;
        types.reading().reference(&table, gimli::DW_AT_containing_type).map(key)
    };
    if let Some(found) = described() {
        return Some(found);
    }
    // Its methods come behind `drop`, size and alignment; the unit of the first is the next best place to look.
    let mut words = [0; 32];
    let is_read = memory.read(vtable, &mut words).ok()? == words.len();
    let method = words.as_chunks().0.last().filter(|_| is_read).map(|word| u64::from_le_bytes(*word))?;
    let method = method.wrapping_sub(bias);
    let debug = all.symbols.debug(module)?;
    debug.prepare(&[method]);
    if let Some(found) = described().or_else(|| receiver(types, method).map(key)) {
        return Some(found);
    }
    debug.prepare_crate(method);
    described().or_else(|| {
        debug.prepare_all();
        described()
    })
}

/// The type that a method was compiled for, by its first parameter: `Pin<&mut Type>`.
fn receiver(types: &Types<'_>, method: u64) -> Option<Die> {
    let reading = types.reading();
    let mut first = None;
    reading.children(reading.function(method)?, |_, entry| {
        if entry.tag() == gimli::DW_TAG_formal_parameter {
            first = reading.reference(&entry, gimli::DW_AT_type);
        }
        first.is_none()
    })?;
    let die = types.pointee(first?)?;
    let of = types.get(die);
    // A generic function that was merged with another has the other's parameter; a coroutine's is its own.
    (of.is_coroutine() && matches!(of.kind, Kind::Parts { .. })).then_some(die)
}
