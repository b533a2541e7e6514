//! What all tasks with the same vtable have in common: their future's name and kind, and where in the task the
//! future lies. Found out once for each vtable.

use crate::debug::Die;
use crate::module::Module;
use crate::names::{self, Arguments, Name, Sure};
use crate::plans::TypeKey;
use crate::symbols::AllTypes;
use crate::tree::Place;
use crate::types::{Number, Types};
use crate::vtables::{Vtable, VtableId};
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

    fn find(&mut self, all: &AllTypes<'_>, vtables: &[Vtable], vtable: &Vtable) -> Option<TaskType> {
        let module = all.symbols().module(vtable.module)?;
        if let Some(types) = all.of(vtable.module)
            && let Some(found) = from_debug(types, module, vtable)
        {
            return Some(found);
        }
        let of_module = || vtables.iter().filter(|other| other.module == vtable.module);
        let symbols =
            self.symbols.entry(vtable.module).or_insert_with(|| names::from_symbols(module, of_module()));
        let arguments = symbols.get(&vtable.address)?;
        let future = Name { text: names::pretty(&arguments.future).into(), sure: Sure::Inferred };
        let (kind, flavor) = kind(&arguments.scheduler);
        Some(TaskType { future: Some(future), kind, flavor, ..TaskType::default() })
    }
}

fn from_debug(types: &Types<'_>, module: &Module, vtable: &Vtable) -> Option<TaskType> {
    let (arguments, poll) = names::from_debug(types.reading(), module, vtable)?;
    let (kind, flavor) = kind(&arguments.scheduler);
    let text: Arc<str> = names::pretty(&arguments.future).into();
    let stage = poll.and_then(|poll| stage(types, poll, &arguments, vtable));
    let sure = if stage.is_some() { Sure::Type } else { Sure::Inferred };
    let defined = stage.as_ref().map_or_else(
        || types.reading().defined(&arguments.future, poll?),
        |stage| {
            let choice = types.get(stage.future.die);
            choice.choice()?.cases.first()?.place.clone()
        },
    );
    let defined = defined.and_then(|(file, line)| {
        Some(Place { file: file.into(), line: u32::try_from(line).ok()?, exact: false })
    });
    Some(TaskType { future: Some(Name { text, sure }), kind, flavor, defined, stage })
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

/// `Cell<T, S>` is the task; in its core is the stage, an enum of which the first variant holds the future.
fn stage(types: &Types<'_>, poll: Die, arguments: &Arguments, vtable: &Vtable) -> Option<Stage> {
    let wanted = format!("Cell<{}, {}>", arguments.future, arguments.scheduler);
    let mut cells = types.reading().cells(poll).into_iter();
    let cell = cells.find(|cell| *types.get(*cell).name == *wanted)?;
    // The vtable says the same about some members as the type does: if not, it is not this type's.
    let agrees = types.field(cell, &["core", "scheduler"])?.0 == vtable.scheduler
        && types.field(cell, &["core", "task_id"])?.0 == vtable.id
        && types.field(cell, &["trailer"])?.0 == vtable.trailer;
    let (mut offset, mut die) = types.field(cell, &["core", "stage"]).filter(|_| agrees)?;
    // Cells around it, one more or one less from version to version.
    for _ in 0..8 {
        let of = types.get(die);
        if let Some(choice) = of.choice() {
            let case = choice.cases.iter().find(|case| &*types.get(case.of).name == "Running")?;
            let (inside, future) = types.field(case.of, &["__0"])?;
            let number = Number { offset: offset.checked_add(choice.number.offset)?, ..choice.number };
            let offset = offset.checked_add(case.offset)?.checked_add(inside)?;
            let future = TypeKey { module: vtable.module, die: future };
            return Some(Stage { number, running: case.value, offset, future });
        }
        let inner = of.members().iter().find(|member| types.get(member.of).size > 0)?;
        offset = offset.checked_add(inner.offset)?;
        die = inner.of;
    }
    None
}
