//! The addresses that stacks consist of, interned: each gets a number at once and its names once.

use super::Version;
use super::named::Named;
use super::origin::Origins;
use std::collections::HashMap;
use std::path::PathBuf;
use taskscope_model::change::{Call, Frame, Location};
use taskscope_model::codes::Origin;
use taskscope_model::{Fact, FrameId, LocationId};

/// Most addresses; of stacks beyond that the outer part is cut off.
const MOST_FRAMES: usize = 16_384;
/// Most lines.
const MOST_LOCATIONS: usize = 16_384;
/// Numbers of lines in stacks begin here: those below are of spawn locations.
const FIRST_LOCATION: u32 = 1 << 24;

/// A file in the process's memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Module {
    pub(crate) path: PathBuf,
    pub(crate) build_id: Vec<u8>,
}

/// An address in a stack.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) address: u64,
    /// As the module's file counts.
    pub(crate) offset: u64,
    pub(crate) module: Option<Module>,
}

/// All addresses.
#[derive(Default)]
pub(crate) struct Frames {
    all: Vec<Entry>,
    numbers: HashMap<(Option<Module>, u64), u32>,
    locations: Vec<(u64, Location)>,
    by_text: HashMap<(String, u32, u32), LocationId>,
    /// Frames up to this one have been named.
    named: usize,
}

struct Entry {
    version: u64,
    address: Address,
    frame: Frame,
}

impl Frames {
    /// The numbers of these addresses; fewer if there is no room.
    pub(crate) fn intern(&mut self, addresses: Vec<Address>, version: &Version) -> Vec<FrameId> {
        addresses.into_iter().map_while(|address| self.number(address, version)).collect()
    }

    fn number(&mut self, address: Address, version: &Version) -> Option<FrameId> {
        let key = (address.module.clone(), address.offset);
        if let Some(number) = self.numbers.get(&key) {
            return Some(FrameId(*number));
        }
        if self.all.len() >= MOST_FRAMES {
            return None;
        }
        let number = self.all.len() as u32;
        let module = address.module.as_ref();
        let frame = Frame {
            id: FrameId(number),
            address: address.address,
            module: module.map(Module::text).unwrap_or_default(),
            build_id: module.map(|module| hexadecimal(&module.build_id)).unwrap_or_default(),
            offset: address.offset,
            calls: Vec::new(),
        };
        self.numbers.insert(key, number);
        self.all.push(Entry { version: version.next(), address, frame });
        Some(FrameId(number))
    }

    /// The next address without names, and its number.
    pub(crate) fn unnamed(&self) -> Option<(u32, Address)> {
        let entry = self.all.get(self.named)?;
        Some((entry.frame.id.0, entry.address.clone()))
    }

    /// Whether every address has been looked up.
    pub(crate) fn is_named(&self) -> bool {
        self.named >= self.all.len()
    }

    /// Takes what was found for the next address; nothing may have been.
    pub(crate) fn name(&mut self, number: u32, found: Vec<Named>, origins: &Origins, version: &Version) {
        self.named = self.named.max(number as usize + 1);
        let Some(entry) = self.all.get(number as usize) else { return };
        let is_executable = entry.address.module.as_ref().is_none_or(Module::is_executable);
        let calls = found.into_iter().map(|named| {
            let origin = named.origin(origins, is_executable);
            let location = self.location(&named, origin, version);
            Call { function: named.function, location, origin }
        });
        let calls = calls.collect();
        if let Some(entry) = self.all.get_mut(number as usize) {
            entry.frame.calls = calls;
            entry.version = version.next();
        }
    }

    fn location(&mut self, named: &Named, origin: Origin, version: &Version) -> Option<LocationId> {
        if named.file.is_empty() || named.line == 0 {
            return None;
        }
        let file = if origin == Origin::USER { named.short_file() } else { &named.file };
        let key = (file.to_owned(), named.line, named.column);
        if let Some(known) = self.by_text.get(&key) {
            return Some(*known);
        }
        if self.locations.len() >= MOST_LOCATIONS {
            return None;
        }
        let id = LocationId(FIRST_LOCATION + self.locations.len() as u32);
        let location = Location { id, file: key.0.clone(), line: named.line, column: named.column };
        self.by_text.insert(key, id);
        self.locations.push((version.next(), location));
        Some(id)
    }

    /// Whether all of a stack has been looked up.
    pub(crate) fn names(&self, stack: &[FrameId]) -> bool {
        stack.iter().all(|id| (id.0 as usize) < self.named)
    }

    /// The program's own innermost line in a stack, and its function, as far as the stack has been looked up.
    pub(crate) fn own_place(&self, stack: &[FrameId]) -> Option<(LocationId, &str)> {
        let entries = stack.iter().map_while(|id| self.all.get(..self.named)?.get(id.0 as usize));
        let mut calls =
            entries.flat_map(|entry| &entry.frame.calls).filter(|call| call.origin == Origin::USER);
        calls.find_map(|call| Some((call.location?, call.function.as_str())))
    }

    /// Tells what is new since a version.
    pub(crate) fn tell_after(&self, told: u64, tell: &mut impl FnMut(Fact)) {
        for (version, location) in &self.locations {
            if *version > told {
                tell(location.clone().into());
            }
        }
        for entry in &self.all {
            if entry.version > told {
                tell(entry.frame.clone().into());
            }
        }
    }
}

impl Module {
    /// The program's executable.
    pub(crate) fn executable(build_id: Vec<u8>) -> Self {
        Self { path: PathBuf::from("/proc/self/exe"), build_id }
    }

    /// Its path as a person knows it.
    fn text(&self) -> String {
        let executable = self.is_executable().then(std::env::current_exe).and_then(Result::ok);
        executable.as_ref().unwrap_or(&self.path).to_string_lossy().into_owned()
    }

    fn is_executable(&self) -> bool {
        self.path.as_os_str() == "/proc/self/exe"
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
