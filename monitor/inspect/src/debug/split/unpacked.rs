//! Split units in the object files that the compiler left where it built them (`.dwo`). The program names each.

use super::Unread;
use super::copied::{Copied, SECTIONS};
use crate::debug::Bytes;
use crate::debug::sections::Section;
use crate::module::Module;
use gimli::{AttributeValue, Dwarf, DwarfSections, SectionId, Unit};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Bytes that are copied of all of them together.
const MOST: u64 = 1 << 30;

/// The object files of a module.
pub(super) struct Unpacked {
    module: Module,
    /// When the module's file was written; `None` if it is not known to be the one that is mapped.
    written: Option<SystemTime>,
    known: Mutex<HashMap<PathBuf, Result<Arc<Contents>, Unread>>>,
    left: AtomicU64,
}

/// Copies of the sections of one.
type Contents = HashMap<&'static str, Arc<Vec<u8>>>;

impl Unpacked {
    pub(super) fn new(module: &Module) -> Self {
        let place = module.place();
        let written = place.and_then(|place| std::fs::metadata(place).ok()?.modified().ok());
        Self { module: module.clone(), written, known: Mutex::default(), left: AtomicU64::new(MOST) }
    }

    /// The sections of the file that a skeleton names.
    pub(super) fn unit(
        &self,
        dwarf: &Dwarf<Bytes<'_>>,
        skeleton: &Unit<Bytes<'_>>,
    ) -> Result<DwarfSections<Section>, Unread> {
        let path = path(dwarf, skeleton).ok_or(Unread::Damaged)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = known.entry(path).or_insert_with_key(|path| self.read(path)).clone()?;
        DwarfSections::load(|id| {
            let bytes = contents.get(id.name()).cloned().unwrap_or_default();
            let all = 0..bytes.len();
            Ok(Section::Shared(bytes, all))
        })
    }

    fn read(&self, path: &Path) -> Result<Arc<Contents>, Unread> {
        let [theirs, ours] = self.module.seen_at(path);
        let file = Copied::open(&theirs).or_else(|_| Copied::open(&ours))?;
        if self.written.is_none_or(|written| file.written > written) {
            return Err(Unread::OtherBuild);
        }
        let copy = |id: &SectionId| {
            let take = |left: u64| left.checked_sub(file.length(*id));
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
            Some((id.name(), Arc::new(file.whole(*id)?)))
        };
        let wanted = SECTIONS.iter().filter(|id| **id != SectionId::DebugCuIndex);
        wanted.map(copy).collect::<Option<Contents>>().map(Arc::new).ok_or(Unread::Damaged)
    }
}

/// As the compiler knew it, below the folder in which it was started.
fn path(dwarf: &Dwarf<Bytes<'_>>, skeleton: &Unit<Bytes<'_>>) -> Option<PathBuf> {
    let name: AttributeValue<_> = skeleton.dwo_name().ok()??;
    let name = dwarf.attr_string(skeleton, name).ok()?;
    let folder = skeleton.comp_dir.map_or(&b"/"[..], |folder| folder.slice());
    let path = Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name.slice()));
    path.is_absolute().then_some(path)
}
