//! What all tasks with the same vtable have in common: their future's name and kind, and where in the task the
//! future lies. Found out once for each vtable.

use crate::debug::Die;
use crate::module::Module;
use crate::names::{self, Arguments, Name, Sure};
use crate::plans::TypeKey;
use crate::snapshot::Information;
use crate::symbols::{AllTypes, Symbols};
use crate::tree::Place;
use crate::types::{Number, Types};
use crate::vtables::{Vtable, VtableId, Vtables};
use std::collections::HashMap;
use std::sync::Arc;
use taskscope_model::codes::{Flavor, TaskKind};

/// What tasks with the same vtable have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskType {
    pub(crate) future: Option<Name>,
    pub(crate) kind: Option<TaskKind>,
    pub(crate) flavor: Option<Flavor>,
    /// Where its `async fn` or block begins.
    pub(crate) defined: Option<Place>,
    pub(crate) stage: Option<Stage>,
    /// Size of the future, bytes.
    pub(crate) size: Option<u64>,
    /// A runtime's own: its workers are tasks of the blocking pool.
    pub(crate) is_worker: bool,
}

/// Where the future lies in a task that is not over. Offsets are from the task's beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    number: Number,
    /// The number says that there is a future; `None` if it is the one that no other variant has.
    running: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) future: TypeKey,
}

impl Stage {
    /// Whether there is a future: once it is over, or taken, there is none. `read` reads numbers of the task.
    pub(crate) fn has_future(&self, read: impl FnOnce(Number) -> Option<u64>) -> Option<bool> {
        Some(Some(read(self.number)?) == self.running)
    }
}

/// The task types found so far.
#[derive(Debug, Default)]
pub(crate) struct TaskTypes {
    known: HashMap<VtableId, Arc<TaskType>>,
    /// By module: what the symbols say. Read only where there is no debug information.
    symbols: HashMap<usize, HashMap<u64, Arguments>>,
}

impl TaskTypes {
    pub(crate) fn knows(&self, id: VtableId) -> bool {
        self.known.contains_key(&id)
    }

    /// What is common to the tasks of a vtable; `all` are those of its module.
    pub(crate) fn get(
        &mut self,
        types: &AllTypes<'_>,
        all: &[Vtable],
        (id, vtable): (VtableId, &Vtable),
    ) -> Arc<TaskType> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let found = Arc::new(self.find(types, all, vtable).unwrap_or_default());
        self.known.insert(id, found.clone());
        found
    }

    /// How much the build tells, by the task types met so far: of the one of which it tells most.
    pub(crate) fn information(&self, symbols: &Symbols, vtables: &Vtables) -> Information {
        let of = |(id, of): (&VtableId, &Arc<TaskType>)| {
            let module = vtables.get(*id).map(|vtable| vtable.module);
            let debug = module.and_then(|module| symbols.debug(module));
            match (of.stage, debug) {
                (Some(_), _) => Information::Types,
                (None, Some(debug)) if debug.unread().is_some() => Information::Split,
                (None, Some(_)) => Information::Functions,
                (None, None) if of.future.is_some() => Information::Symbols,
                (None, None) => Information::Nothing,
            }
        };
        let none_met = || match symbols.debug(0) {
            Some(debug) if debug.unread().is_some() => Information::Split,
            Some(_) => Information::Types,
            None => Information::Nothing,
        };
        self.known.iter().map(of).max().unwrap_or_else(none_met)
    }

    fn find(&mut self, all: &AllTypes<'_>, vtables: &[Vtable], vtable: &Vtable) -> Option<TaskType> {
        let module = all.symbols().module(vtable.module)?;
        if let Some(types) = all.of(vtable.module)
            && let Some((mut found, mut path)) = from_debug(types, module, vtable)
        {
            // A unit describes only the types that its own code looks into: another one will have it, first of all one
            // of the same crate.
            let debug = all.symbols().debug(vtable.module)?;
            if found.stage.is_none() {
                debug.prepare_crate(vtable.poll().wrapping_sub(module.bias));
                (found, path) = from_debug(types, module, vtable).unwrap_or((found, path));
            }
            if found.stage.is_none() {
                debug.prepare_all();
                (found, path) = from_debug(types, module, vtable).unwrap_or((found, path));
            }
            if found.stage.is_none() {
                found.defined = types.reading().defined(&path).and_then(place);
            }
            // Merged functions belong to several types, of which the one that is described may be another.
            if vtables.iter().filter(|other| other.poll() == vtable.poll()).count() > 1 {
                found.stage = None;
                found.future.iter_mut().for_each(|name| name.sure = Sure::Inferred);
            }
            return Some(found);
        }
        let of_module = || vtables.iter().filter(|other| other.module == vtable.module);
        let symbols =
            self.symbols.entry(vtable.module).or_insert_with(|| names::from_symbols(module, of_module()));
        let arguments = symbols.get(&vtable.address)?;
        let future = Name { text: names::pretty(&arguments.future).into(), sure: Sure::Inferred };
        let (kind, flavor) = kind(&arguments.scheduler);
        let is_worker = is_worker(&arguments.future);
        Some(TaskType { future: Some(future), kind, flavor, is_worker, ..TaskType::default() })
    }
}

/// And the path of the future's type.
fn from_debug(types: &Types<'_>, module: &Module, vtable: &Vtable) -> Option<(TaskType, Box<str>)> {
    let (arguments, function, sure) = names::from_debug(types.reading(), module, vtable)?;
    let (kind, flavor) = kind(&arguments.scheduler);
    let text: Arc<str> = names::pretty(&arguments.future).into();
    let stage = stage(types, function, &arguments, vtable);
    let sure = if stage.is_some() { sure } else { Sure::Inferred };
    let defined = stage.and_then(|stage| begins(types, stage.future.die));
    let is_worker = is_worker(&arguments.future);
    let size = stage.map(|stage| types.get(stage.future.die).size);
    let future = Some(Name { text, sure });
    Some((TaskType { future, kind, flavor, defined, stage, size, is_worker }, arguments.future))
}

/// The line of a coroutine's first state.
pub(crate) fn begins(types: &Types<'_>, future: Die) -> Option<Place> {
    let of = types.get(future);
    place(of.choice().filter(|_| of.is_coroutine())?.cases.first()?.place.clone()?)
}

fn place((file, line): (String, u64)) -> Option<Place> {
    Some(Place { file: file.into(), line: u32::try_from(line).ok()?, exact: false })
}

fn is_worker(future: &str) -> bool {
    future.contains("tokio::runtime::scheduler::multi_thread::worker::") && future.contains("BlockingTask<")
}

/// By the type of the scheduler.
fn kind(scheduler: &str) -> (Option<TaskKind>, Option<Flavor>) {
    if scheduler.contains("tokio::task::local::Shared") {
        (Some(TaskKind::LOCAL), None)
    } else if scheduler.contains("scheduler::multi_thread") {
        (Some(TaskKind::ASYNC), Some(Flavor::MULTI_THREAD))
    } else if scheduler.contains("scheduler::current_thread") {
        (Some(TaskKind::ASYNC), Some(Flavor::CURRENT_THREAD))
    } else if scheduler.contains("BlockingSchedule") {
        (Some(TaskKind::BLOCKING), None)
    } else {
        (None, None)
    }
}

/// The stage is an enum of which one variant holds the future. Where it lies follows from its alignment, and has
/// to agree with what the vtable says of the members around it.
fn stage(types: &Types<'_>, near: Die, arguments: &Arguments, vtable: &Vtable) -> Option<Stage> {
    let wanted = format!("Stage<{}>", arguments.future);
    let mut stages = types.reading().stages(near).into_iter();
    let die = stages.find(|stage| *types.get(*stage).name == *wanted)?;
    let stage = types.get(die);
    // Before it come the scheduler, the id and, in some builds, the place where the task was spawned.
    let before = vtable.location.unwrap_or(vtable.id) + 8;
    let offset = before.checked_next_multiple_of(stage.alignment)?;
    let length = offset.checked_add(stage.size)?.checked_sub(vtable.scheduler)?;
    let length = length.checked_next_multiple_of(stage.alignment.max(8))?;
    let choice = stage.choice().filter(|_| vtable.scheduler.checked_add(length) == Some(vtable.trailer))?;
    let case = choice.cases.iter().find(|case| &*types.get(case.of).name == "Running")?;
    let (inside, future) = types.field(case.of, &["__0"])?;
    let number = Number { offset: offset.checked_add(choice.number.offset)?, ..choice.number };
    let offset = offset.checked_add(case.offset)?.checked_add(inside)?;
    Some(Stage {
        number,
        running: case.value,
        offset,
        future: TypeKey { module: vtable.module, die: future },
    })
}
