//! A program that is looked at: from its process number to one snapshot after the other.

use crate::Error;
use crate::find_future;
use crate::heads::{self, Head, StateWord};
use crate::memory::{CoreFile, Live, Mapping, Memory, Piece};
use crate::met::Met;
use crate::module;
use crate::names::{self, Name, Sure};
use crate::plans::Plans;
use crate::root::{self, Blocked, Signs};
use crate::scan;
use crate::snapshot::{Snapshot, Spawn, Task, TaskState};
use crate::symbols::{AllTypes, Concrete, Symbols};
use crate::task_types::{self, TaskType, TaskTypes};
use crate::tree::{Held, Node, Wait};
use crate::types::Number;
use crate::view::View;
use crate::vtables::{VtableId, Vtables};
use crate::walk::{self, Left, Walker};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use taskscope_model::TaskId;
use taskscope_model::codes::TaskKind;

/// How often a task that changes while it is read is read again.
const ATTEMPTS: usize = 3;
/// Tasks whose memory is copied at once, and how many bytes of it at most.
const BATCH: usize = 4096;
const BATCH_BYTES: u64 = 32 << 20;
/// A larger future is not walked.
const LARGEST: u64 = 1 << 20;
/// Longest path of a source file.
const LONGEST_PATH: u64 = 4096;

/// The memory of a live process, for those who want to put something in between. [`Target::attach`] needs no more.
///
/// # Errors
/// There is no such process.
pub fn live(pid: u32) -> Result<Box<dyn Memory>, Error> {
    Ok(Box::new(Live::attach(pid)?))
}

/// A program that is looked at.
pub struct Target {
    memory: Box<dyn Memory>,
    mapped: Vec<Mapping>,
    symbols: Symbols,
    vtables: Vtables,
    known: Known,
}

/// What was found out so far and stays true.
#[derive(Default)]
struct Known {
    task_types: TaskTypes,
    plans: Plans,
    concrete: Concrete,
    spawns: HashMap<u64, Option<Spawn>>,
    signs: Signs,
}

impl Target {
    /// Looks at a live process.
    ///
    /// # Errors
    /// It may not be read, is gone, has no tokio in it, or one that this version cannot read.
    pub fn attach(pid: u32) -> Result<Self, Error> {
        Self::new(live(pid)?)
    }

    /// Looks at a core dump. The files that were mapped have to be where they were.
    ///
    /// # Errors
    /// It is no core dump, has no tokio in it, or one that this version cannot read.
    pub fn core(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Box::new(CoreFile::open(path.as_ref())?))
    }

    /// Looks at any memory.
    ///
    /// # Errors
    /// It cannot be read, has no tokio in it, or one that this version cannot read.
    pub fn new(memory: Box<dyn Memory>) -> Result<Self, Error> {
        let mappings = memory.mappings()?;
        let modules = module::modules(&*memory, &mappings)?;
        let vtables = Vtables::find(&*memory, &modules)?;
        let mapped = code(&mappings);
        let symbols = Symbols::new(modules, &vtables);
        Ok(Self { memory, mapped, symbols, vtables, known: Known::default() })
    }

    /// The tasks that live now, and what each awaits.
    ///
    /// # Errors
    /// The program is gone, or may no longer be read.
    pub fn snapshot(&mut self) -> Result<Snapshot, Error> {
        let mappings = self.memory.mappings()?;
        if code(&mappings) != self.mapped {
            // It has loaded or unloaded code.
            let modules = module::modules(&*self.memory, &mappings)?;
            self.vtables = Vtables::find(&*self.memory, &modules)?;
            self.symbols = Symbols::new(modules, &self.vtables);
            self.mapped = code(&mappings);
            self.known = Known::default();
        }
        let at = self.memory.now();
        let suspects = scan::scan(&*self.memory, &mappings, &self.vtables)?;
        let heads = heads::heads(&*self.memory, &self.vtables, &suspects)?;
        let Self { memory, symbols, vtables, known, .. } = self;
        let types = AllTypes::new(symbols);
        prepare(symbols, vtables, &known.task_types, &heads);
        let ids = walk::ids(&heads);
        let mut reader = Reader { memory: &**memory, types: &types, vtables, known, ids: &ids };
        let mut tasks = Vec::with_capacity(heads.len());
        for batch in batches(vtables, &heads) {
            reader.tasks(batch, &mut tasks)?;
        }
        let blocked = root::blocked(reader.memory, &mappings, &types, &mut reader.known.signs)?;
        let roots = blocked.into_iter().zip(1..).map(|(blocked, number)| reader.root(blocked, number));
        tasks.extend(roots);
        name_sockets(&**memory, &mut tasks);
        let information = known.task_types.information(symbols, vtables);
        Ok(Snapshot { at, tasks, information, unread: symbols.unread() })
    }
}

/// Looks up the ends of the sockets that tasks wait for, all at once.
fn name_sockets(memory: &dyn Memory, tasks: &mut [Task]) {
    let mut descriptors = Vec::new();
    for node in tasks.iter_mut().filter_map(|task| task.awaits.as_mut()) {
        node.each_wait(&mut |wait| {
            if let Wait::Io { descriptor: Some(descriptor), .. } = wait {
                descriptors.push(*descriptor);
            }
        });
    }
    if descriptors.is_empty() {
        return;
    }
    let sockets = memory.sockets(&descriptors);
    for node in tasks.iter_mut().filter_map(|task| task.awaits.as_mut()) {
        node.each_wait(&mut |wait| {
            if let Wait::Io { descriptor: Some(descriptor), socket, .. } = wait {
                *socket = sockets.get(descriptor).cloned();
            }
        });
    }
}

fn code(mappings: &[Mapping]) -> Vec<Mapping> {
    mappings.iter().filter(|mapping| mapping.executable && mapping.inode != 0).cloned().collect()
}

/// Reads the debug information of the vtables that are new, all at once.
fn prepare(symbols: &Symbols, vtables: &Vtables, known: &TaskTypes, heads: &[Head]) {
    let mut new: Vec<VtableId> = heads.iter().map(|head| head.suspect.vtable).collect();
    new.sort_unstable();
    new.dedup();
    new.retain(|id| !known.knows(*id));
    let mut addresses: HashMap<usize, Vec<u64>> = HashMap::new();
    for vtable in new.iter().filter_map(|id| vtables.get(*id)) {
        let bias = symbols.module(vtable.module).map_or(0, |module| module.bias);
        addresses.entry(vtable.module).or_default().push(vtable.poll().wrapping_sub(bias));
    }
    for (module, addresses) in addresses {
        if let Some(debug) = symbols.debug(module) {
            debug.prepare(&addresses);
        }
    }
}

/// As many tasks as may be copied at once.
fn batches<'a>(vtables: &'a Vtables, heads: &'a [Head]) -> impl Iterator<Item = &'a [Head]> {
    let mut rest = heads;
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |head: &&Head| {
            bytes += vtables.get(head.suspect.vtable).map_or(0, |vtable| vtable.trailer.min(LARGEST));
            bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(BATCH).take_while(fits).count().max(1).min(rest.len());
        let (batch, behind) = rest.split_at(count);
        rest = behind;
        (!batch.is_empty()).then_some(batch)
    })
}

/// Reads tasks.
struct Reader<'a, 't> {
    memory: &'a dyn Memory,
    types: &'a AllTypes<'t>,
    vtables: &'a Vtables,
    known: &'a mut Known,
    ids: &'a HashMap<u64, u64>,
}

/// A task that is being read.
struct Draft {
    head: Head,
    of: Arc<TaskType>,
    length: usize,
    /// What was found at the last attempt.
    awaits: Option<Node>,
    holds: Vec<Held>,
    fingerprint: u64,
    /// It was the same before and after.
    steady: bool,
    gone: bool,
}

/// What was copied, and which draft it was copied for.
#[derive(Default)]
struct Seen {
    pieces: Vec<Piece>,
    owners: Vec<usize>,
    bytes: usize,
}

impl Seen {
    fn add(&mut self, owner: usize, pieces: Vec<Piece>) {
        self.bytes += pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>();
        self.owners.extend(std::iter::repeat_n(owner, pieces.len()));
        self.pieces.extend(pieces);
    }

    /// The drafts of which something is different now.
    fn changed(self, memory: &dyn Memory) -> Result<Vec<usize>, Error> {
        let mut again: Vec<_> =
            self.pieces.iter().map(|piece| Piece::new(piece.address, piece.bytes.len())).collect();
        memory.read_many(&mut again)?;
        let pairs = self.owners.into_iter().zip(self.pieces.iter().zip(&again));
        Ok(pairs.filter(|(_, (before, after))| before != after).map(|(owner, _)| owner).collect())
    }
}

impl Reader<'_, '_> {
    /// Copies the tasks, walks the copies, and looks whether the tasks are still the same.
    fn tasks(&mut self, heads: &[Head], tasks: &mut Vec<Task>) -> Result<(), Error> {
        let mut drafts: Vec<_> = heads.iter().filter_map(|head| self.draft(head)).collect();
        for _ in 0..ATTEMPTS {
            let mut open: Vec<&mut Draft> = drafts.iter_mut().filter(|it| !it.steady && !it.gone).collect();
            if open.is_empty() {
                break;
            }
            self.attempt(&mut open)?;
        }
        tasks.extend(drafts.into_iter().filter(|draft| !draft.gone).map(|draft| self.task(draft)));
        Ok(())
    }

    fn draft(&mut self, head: &Head) -> Option<Draft> {
        let id = head.suspect.vtable;
        let vtable = self.vtables.get(id)?;
        let of = self.known.task_types.get(self.types, self.vtables.all(), (id, vtable));
        let whole = vtable.trailer <= LARGEST && of.stage.is_some();
        let length = if whole { usize::try_from(vtable.trailer).ok()? } else { heads::length(vtable) };
        if of.is_worker {
            return None;
        }
        Some(Draft {
            head: *head,
            of,
            length,
            awaits: None,
            holds: Vec::new(),
            fingerprint: 0,
            steady: false,
            gone: false,
        })
    }

    fn attempt(&mut self, drafts: &mut [&mut Draft]) -> Result<(), Error> {
        let mut copies: Vec<_> =
            drafts.iter().map(|draft| Piece::new(draft.head.suspect.header, draft.length)).collect();
        self.memory.read_many(&mut copies)?;
        let (mut seen, mut unsteady) = (Seen::default(), Vec::new());
        for (number, (draft, copy)) in drafts.iter_mut().zip(copies).enumerate() {
            let vtable = self.vtables.get(draft.head.suspect.vtable);
            let head = vtable.and_then(|vtable| heads::head(draft.head.suspect, vtable, &copy));
            let Some(head) = head.filter(|head| head.id == draft.head.id) else {
                draft.gone = true;
                continue;
            };
            draft.head = head;
            let copied = self.walk(draft, copy);
            draft.fingerprint = Piece::fingerprint(&copied);
            draft.steady = true;
            seen.add(number, copied);
            if seen.bytes as u64 > BATCH_BYTES {
                unsteady.extend(std::mem::take(&mut seen).changed(self.memory)?);
            }
        }
        unsteady.extend(seen.changed(self.memory)?);
        for number in unsteady {
            if let Some(draft) = drafts.get_mut(number) {
                draft.steady = false;
            }
        }
        Ok(())
    }

    /// Walks a copy of a task, and gives back all that was copied for it.
    fn walk(&mut self, draft: &mut Draft, copy: Piece) -> Vec<Piece> {
        let mut view = View::new(self.memory, copy);
        (draft.awaits, draft.holds) = (None, Vec::new());
        let header = draft.head.suspect.header;
        let stage = draft.of.stage.filter(|_| !draft.head.state.is_running());
        if let Some(stage) = stage
            && stage.has_future(|number: Number| view.number(header, number)) == Some(true)
            && let Some(address) = header.checked_add(stage.offset)
        {
            let Known { plans, concrete, .. } = &mut *self.known;
            let (types, vtables, ids) = (self.types, self.vtables, self.ids);
            let left = Left::default();
            let mut walker =
                Walker { types, plans, concrete, vtables, ids, left, strict: false, met: Met::default() };
            let found = walker.walk(&mut view, stage.future, address);
            draft.awaits = found.ok().and_then(|found| one(found, &draft.of));
            draft.holds = if draft.awaits.is_some() { walker.met.held } else { Vec::new() };
        }
        view.into_pieces()
    }

    /// A thread in `block_on`, as a task.
    fn root(&mut self, blocked: Blocked, number: u32) -> Task {
        let Known { plans, concrete, .. } = &mut *self.known;
        let (types, vtables, ids, left) = (self.types, self.vtables, self.ids, Left::default());
        let mut walker =
            Walker { types, plans, concrete, vtables, ids, left, strict: true, met: Met::default() };
        let mut view = View::new(self.memory, blocked.stack.clone());
        let found =
            if blocked.is_running { None } else { find_future::find(&mut walker, &mut view, &blocked) };
        let defined =
            types.of(blocked.future.module).and_then(|types| task_types::begins(types, blocked.future.die));
        Task {
            id: TaskId::root(number),
            header: found.as_ref().map_or(0, |(address, _)| *address),
            state: if blocked.is_running { TaskState::Running } else { TaskState::Idle },
            cancelled: false,
            kind: Some(TaskKind::BLOCK_ON),
            owner: None,
            flavor: None,
            future: Some(Name { text: names::pretty(&blocked.path).into(), sure: Sure::Type }),
            size: types.of(blocked.future.module).map(|types| types.get(blocked.future.die).size),
            spawned_at: None,
            defined_at: defined,
            awaits: found.map(|(_, node)| node),
            fingerprint: 0,
            // The walk goes on after the place was found: what it held last is not the future's.
            holds: Vec::new(),
        }
    }

    fn task(&mut self, draft: Draft) -> Task {
        let Draft { head, of, steady, awaits, holds, fingerprint, .. } = draft;
        let spawned_at = head.location.and_then(|location| self.spawn(location));
        let is_blocking = head.owner == 0;
        Task {
            id: TaskId(head.id),
            header: head.suspect.header,
            state: state(head.state),
            cancelled: head.state.is_cancelled(),
            kind: of.kind.or(is_blocking.then_some(TaskKind::BLOCKING)),
            owner: (!is_blocking).then_some(head.owner),
            flavor: of.flavor,
            future: of.future.clone(),
            size: of.size,
            spawned_at,
            defined_at: of.defined.clone(),
            awaits: awaits.filter(|_| steady),
            fingerprint,
            holds: if steady { holds } else { Vec::new() },
        }
    }

    /// Reads a `Location`: pointer and length of the file's name, line and column.
    fn spawn(&mut self, address: u64) -> Option<Spawn> {
        let memory = self.memory;
        let read = || {
            let mut location = Piece::new(address, 24);
            memory.read(address, &mut location.bytes).ok().filter(|read| *read == 24)?;
            let (name, length) = (location.word(address)?, location.word(address + 8)?);
            let numbers = location.word(address + 16)?;
            let mut file = vec![0; usize::try_from(length).ok().filter(|_| length < LONGEST_PATH)?];
            memory.read(name, &mut file).ok().filter(|read| *read == file.len())?;
            let (line, column) = (numbers as u32, (numbers >> 32) as u32);
            Some(Spawn { file: String::from_utf8(file).ok()?, line, column })
        };
        self.known.spawns.entry(address).or_insert_with(read).clone()
    }
}

fn state(word: StateWord) -> TaskState {
    if word.is_running() {
        TaskState::Running
    } else if word.is_notified() {
        TaskState::Scheduled
    } else {
        TaskState::Idle
    }
}

/// A task has one future. If that is none with a line of its own, what was found in it is put below its name.
fn one(mut found: Vec<Node>, of: &TaskType) -> Option<Node> {
    if found.len() == 1 {
        return found.pop();
    }
    let function = of.future.as_ref()?.text.clone();
    let location = of.defined.clone();
    (!found.is_empty()).then_some(Node { function, location, detail: None, waits_for: None, children: found })
}
