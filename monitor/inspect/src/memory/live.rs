//! A live process: `process_vm_readv` and `/proc`. Nothing here stops it or writes to it.

mod maps;
mod sockets;

pub(super) use maps::parse as mappings;

use super::{Mapping, Memory, Piece, Socket, Thread};
use crate::Error;
use rustix::fs::{FileExt as _, MetadataExt as _};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use taskscope_model::At;

/// What one call of the kernel's takes at most (`UIO_MAXIOV` is 1024).
const PIECES: usize = 512;
/// Pieces so near to each other are read together, with what lies between: what costs is to find the pages.
const NEAR: u64 = 1 << 10;
/// Read together at most.
const TOGETHER: u64 = 1 << 18;
/// Where pages are larger it is not asked what they hold.
const PAGE: u64 = 4096;

/// A live process.
pub(crate) struct Live {
    pid: u32,
    pagemap: Option<File>,
    /// By inode. The kernel walks all sockets of the machine for its tables, so they are read only for new ones.
    sockets: Mutex<HashMap<u64, Option<Socket>>>,
}

impl Live {
    /// Fails if there is no such process. That it may be read shows at the first reading.
    pub(crate) fn attach(pid: u32) -> Result<Self, Error> {
        if !PathBuf::from(format!("/proc/{pid}")).is_dir() {
            return Err(Error::Gone { pid });
        }
        // Without it the scan still works, but makes the process's page tables grow.
        let has_usual_pages = rustix::param::page_size() as u64 == PAGE;
        let pagemap = File::open(format!("/proc/{pid}/pagemap")).ok().filter(|_| has_usual_pages);
        Ok(Self { pid, pagemap, sockets: Mutex::default() })
    }

    fn path(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.pid).into()
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        fs::read_to_string(self.path(name)).map_err(|source| self.why(name, source))
    }

    fn why(&self, what: &str, source: io::Error) -> Error {
        match source.raw_os_error() {
            Some(libc::ESRCH | libc::ENOENT) => Error::Gone { pid: self.pid },
            Some(libc::EPERM | libc::EACCES) => Error::NotPermitted { pid: self.pid },
            _ => Error::Io { what: format!("{what} of process {}", self.pid), source },
        }
    }

    /// Reads pieces that lie near to each other, by way of `room`; false if something there is not mapped.
    fn read_together(&self, pieces: &mut [&mut Piece], room: &mut Vec<u8>) -> Result<bool, Error> {
        let begin = pieces.first().map_or(0, |first| first.address);
        let ends = pieces.iter().map(|piece| piece.address.saturating_add(piece.bytes.len() as u64));
        let length = usize::try_from(ends.max().unwrap_or(begin) - begin).unwrap_or(usize::MAX);
        room.resize(room.len().max(length), 0);
        let Some(room) = room.get_mut(..length) else { return Ok(false) };
        if self.read(begin, room)? < length {
            return Ok(false);
        }
        for piece in pieces {
            let at = usize::try_from(piece.address - begin).unwrap_or(usize::MAX);
            let Some(bytes) = room.get(at..).and_then(|rest| rest.get(..piece.bytes.len())) else {
                return Ok(false);
            };
            piece.bytes.copy_from_slice(bytes);
        }
        Ok(true)
    }

    /// Reads pieces that lie apart, many with one call.
    fn read_apart(&self, pieces: &mut [&mut Piece]) -> Result<(), Error> {
        for batch in pieces.chunks_mut(PIECES) {
            let from: Vec<_> = batch.iter().map(|piece| remote(piece.address, piece.bytes.len())).collect();
            let wanted: usize = batch.iter().map(|piece| piece.bytes.len()).sum();
            let into: Vec<_> = batch.iter_mut().map(|piece| local(&mut piece.bytes)).collect();
            if self.call(&into, &from)? == wanted {
                continue;
            }
            // One of them is not mapped, and those behind it were not read: one by one.
            for piece in batch {
                if self.read(piece.address, &mut piece.bytes)? < piece.bytes.len() {
                    piece.bytes.clear();
                }
            }
        }
        Ok(())
    }

    /// One call for all of them: bytes read, from the first on.
    fn call(&self, local: &[libc::iovec], remote: &[libc::iovec]) -> Result<usize, Error> {
        let pid = self.pid.cast_signed();
        let (locals, remotes) = (local.len() as libc::c_ulong, remote.len() as libc::c_ulong);
        // SAFETY: both arrays live during the call; the local pieces are exclusively borrowed buffers of the
        // lengths given, by the callers' construction, and the kernel checks the remote ones.
        let read =
            unsafe { libc::process_vm_readv(pid, local.as_ptr(), locals, remote.as_ptr(), remotes, 0) };
        match usize::try_from(read) {
            Ok(read) => Ok(read),
            Err(_) => match io::Error::last_os_error() {
                unmapped if unmapped.raw_os_error() == Some(libc::EFAULT) => Ok(0),
                other => Err(self.why("the memory", other)),
            },
        }
    }
}

/// How many of the first pieces are read together. They are sorted by their addresses.
fn near(pieces: &[&mut Piece]) -> usize {
    let begin = pieces.first().map_or(0, |first| first.address);
    let mut end = begin;
    let is_near = |piece: &&&mut Piece| {
        let is_near = piece.address.saturating_sub(end) <= NEAR;
        end = end.max(piece.address.saturating_add(piece.bytes.len() as u64));
        is_near && end - begin <= TOGETHER
    };
    pieces.iter().take_while(is_near).count().max(1)
}

fn local(bytes: &mut [u8]) -> libc::iovec {
    libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() }
}

fn remote(address: u64, length: usize) -> libc::iovec {
    libc::iovec { iov_base: std::ptr::without_provenance_mut(address as usize), iov_len: length }
}

impl Memory for Live {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        let from = remote(address, into.len());
        self.call(&[local(into)], &[from])
    }

    fn read_many(&self, pieces: &mut [Piece]) -> Result<(), Error> {
        let mut pieces: Vec<&mut Piece> = pieces.iter_mut().collect();
        pieces.sort_unstable_by_key(|piece| piece.address);
        let (mut rest, mut alone, mut room) = (&mut pieces[..], Vec::new(), Vec::new());
        while !rest.is_empty() {
            let count = near(rest);
            let (near, behind) = std::mem::take(&mut rest).split_at_mut(count);
            rest = behind;
            if near.len() == 1 || !self.read_together(near, &mut room)? {
                alone.extend(near.iter_mut().map(|piece| &mut **piece));
            }
        }
        self.read_apart(&mut alone)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        let mappings = maps::parse(&self.text("maps")?);
        // A process that is ending, and a thread of the kernel's, have none.
        if mappings.is_empty() { Err(Error::Gone { pid: self.pid }) } else { Ok(mappings) }
    }

    fn resident(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
        let Some(pagemap) = &self.pagemap else { return Ok(vec![range]) };
        let mut found: Vec<Range<u64>> = Vec::new();
        let mut entries = vec![0; 1 << 16];
        let mut at = range.start;
        while at < range.end {
            let wanted = usize::try_from((range.end - at) / PAGE * 8).unwrap_or(usize::MAX);
            let wanted = wanted.min(entries.len());
            let read = pagemap.read_at(&mut entries[..wanted], at / PAGE * 8).unwrap_or(0) / 8 * 8;
            if read == 0 {
                found.push(at..range.end);
                break;
            }
            for entry in entries[..read].chunks_exact(8) {
                // Bit 63: present, bit 62: swapped out. Both are at the top of the last byte.
                if entry.last().is_some_and(|top| top >> 6 != 0) {
                    match found.last_mut() {
                        Some(last) if last.end == at => last.end = at + PAGE,
                        _ => found.push(at..at + PAGE),
                    }
                }
                at += PAGE;
            }
        }
        Ok(found)
    }

    fn threads(&self) -> Result<Vec<Thread>, Error> {
        let folder = fs::read_dir(self.path("task")).map_err(|source| self.why("the threads", source))?;
        let tids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut tids: Vec<u32> = tids.collect();
        tids.sort_by_key(|tid| (*tid != self.pid, *tid));
        let thread = |tid| {
            let syscall = fs::read_to_string(self.path(&format!("task/{tid}/syscall"))).unwrap_or_default();
            Thread { tid, stack_pointer: maps::stack_pointer(&syscall) }
        };
        Ok(tids.into_iter().map(thread).collect())
    }

    fn file(&self, mapping: &Mapping) -> Option<File> {
        let same = |file: &File| file.metadata().is_ok_and(|is| is.ino() == mapping.inode);
        // The first knows nothing of names, so a deleted file opens too; but it needs more rights than the rest.
        let range = format!("map_files/{:x}-{:x}", mapping.range.start, mapping.range.end);
        let places = [range, "exe".to_owned(), format!("root{}", mapping.path)];
        places.iter().filter_map(|place| File::open(self.path(place)).ok()).find(same)
    }

    fn root(&self) -> PathBuf {
        self.path("root")
    }

    fn now(&self) -> Option<At> {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let (seconds, nanos) = (u64::try_from(now.tv_sec).ok()?, u64::try_from(now.tv_nsec).ok()?);
        Some(At(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?))
    }

    fn sockets(&self, descriptors: &[i32]) -> HashMap<i32, Socket> {
        let inode = |descriptor: i32| {
            let link = fs::read_link(self.path(&format!("fd/{descriptor}"))).ok()?;
            link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        };
        let inodes: Vec<(i32, u64)> = descriptors.iter().filter_map(|it| Some((*it, inode(*it)?))).collect();
        let mut known = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        if inodes.iter().any(|(_, inode)| !known.contains_key(inode)) {
            let wanted: Vec<u64> = inodes.iter().map(|(_, inode)| *inode).collect();
            let read = |table: &str| fs::read_to_string(self.path(&format!("net/{table}"))).ok();
            let all = sockets::all(&wanted, read);
            *known = inodes.iter().map(|(_, inode)| (*inode, all.get(inode).cloned())).collect();
        }
        let socket = |inode| known.get(inode).cloned().flatten();
        inodes.iter().filter_map(|(descriptor, inode)| Some((*descriptor, socket(inode)?))).collect()
    }

    fn program(&self) -> String {
        let exe = fs::read_link(self.path("exe")).ok();
        let name = exe.as_deref().and_then(|exe| exe.file_name()?.to_str());
        let name = name.map(|name| name.trim_end_matches(" (deleted)").to_owned());
        name.unwrap_or_else(|| format!("process {}", self.pid))
    }
}
