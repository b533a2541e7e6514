//! What `/proc` says about a process. Every question may find no answer: the process is gone, is another
//! user's, or the system has no `/proc`.

use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
#[cfg(any(feature = "console", target_os = "linux"))]
use taskscope_model::At;
#[cfg(target_os = "linux")]
use {crate::clock, taskscope_model::Nanos};

/// Largest environment that is read; longer ones are cut.
const MAX_ENVIRON: u64 = 256 * 1024;

/// Longest line of ancestors that is followed.
const MOST_ANCESTORS: usize = 128;

/// Every process there is.
pub(crate) fn all() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Its file in `/proc`.
fn file(pid: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

/// Its executable, to be opened.
#[cfg(target_os = "linux")]
pub(crate) fn executable(pid: u32) -> PathBuf {
    file(pid, "exe")
}

fn status(pid: u32, field: &str) -> Option<Vec<u32>> {
    numbers_of(&fs::read_to_string(file(pid, "status")).ok()?, field)
}

fn numbers_of(status: &str, field: &str) -> Option<Vec<u32>> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().map(|number| number.parse().ok()).collect()
}

/// The user it acts as, as this process counts users.
pub(crate) fn user(pid: u32) -> Option<u32> {
    status(pid, "Uid")?.get(1).copied()
}

/// Whether it is a descendant of that process.
pub(crate) fn is_below(pid: u32, ancestor: u32) -> bool {
    let parent = |pid: &u32| status(*pid, "PPid")?.first().copied().filter(|parent| *parent > 0);
    let ancestors = std::iter::successors(parent(&pid), parent);
    // Numbers may be given anew while one looks, so that a circle shows.
    ancestors.take(MOST_ANCESTORS).any(|one| one == ancestor)
}

/// The processes that it has started, as far as they live and the system tells.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(file(pid, "task")) else { return Vec::new() };
    let of_thread = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("children")).ok();
    let texts = threads.filter_map(|entry| of_thread(entry.ok()?));
    texts
        .flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Its number as it knows it itself, inside its container.
pub(crate) fn inner_pid(pid: u32) -> Option<u32> {
    // Kernels without namespaces have no such line.
    status(pid, "NSpid").and_then(|pids| pids.last().copied()).or_else(|| user(pid).map(|_| pid))
}

/// Its user's number as it knows it itself, inside its container.
pub(crate) fn inner_user(pid: u32, user: u32) -> Option<u32> {
    mapped(&fs::read_to_string(file(pid, "uid_map")).ok()?, user)
}

/// Lines of `inside outside length`.
fn mapped(map: &str, outside: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().ok());
        let (inner, outer, length) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let offset = outside.checked_sub(outer).filter(|offset| *offset < length)?;
        inner.checked_add(offset)
    })
}

/// Its mount namespace; equal for processes that see the same files.
pub(crate) fn mounts(pid: u32) -> Option<PathBuf> {
    fs::read_link(file(pid, "ns/mnt")).ok()
}

/// This process's own mount namespace.
pub(crate) fn own_mounts() -> Option<PathBuf> {
    fs::read_link("/proc/self/ns/mnt").ok()
}

/// The directory that is its root.
pub(crate) fn root(pid: u32) -> PathBuf {
    file(pid, "root")
}

/// A variable of the environment it was started with.
pub(crate) fn variables<const N: usize>(pid: u32, names: [&str; N]) -> [Option<PathBuf>; N] {
    let mut environ = Vec::new();
    // What could be read counts.
    let _ =
        fs::File::open(file(pid, "environ")).and_then(|it| it.take(MAX_ENVIRON).read_to_end(&mut environ));
    names.map(|name| {
        let value = environ.split(|byte| *byte == 0).find_map(|entry| {
            entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").filter(|value| !value.is_empty())
        })?;
        Some(Path::new(std::ffi::OsStr::from_bytes(value)).to_owned())
    })
}

/// Name of its executable, as far as the system tells.
pub(crate) fn program(pid: u32) -> Option<String> {
    if let Some(name) = fs::read_link(file(pid, "exe")).ok().as_deref().and_then(Path::file_name) {
        let name = name.to_string_lossy();
        return Some(name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned());
    }
    Some(fs::read_to_string(file(pid, "comm")).ok()?.trim_end().to_owned())
}

/// When it began, on this host's CLOCK_MONOTONIC.
#[cfg(target_os = "linux")]
pub(crate) fn started(pid: u32) -> Option<At> {
    let ticks = birth(pid)?;
    let since_boot = Nanos(ticks.saturating_mul(1_000_000_000 / TICKS_A_SECOND));
    let age = clock::since_boot() - since_boot;
    Some(At(clock::monotonic().0.saturating_sub(age.0)))
}

#[cfg(all(feature = "console", not(target_os = "linux")))]
pub(crate) fn started(_pid: u32) -> Option<At> {
    None
}

/// When it began, in ticks since this host was started: with its number this tells it from every other process.
#[cfg(target_os = "linux")]
pub(crate) fn birth(pid: u32) -> Option<u64> {
    start_ticks(&fs::read_to_string(file(pid, "stat")).ok()?)
}

/// What `/proc` counts time in, whatever the kernel's own clock does.
#[cfg(target_os = "linux")]
const TICKS_A_SECOND: u64 = 100;

/// The 22nd field. The second one, the name, may hold spaces and parentheses.
#[cfg(target_os = "linux")]
fn start_ticks(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_status_are_read_by_their_whole_name() {
        let status = "Name:\tNSpid: 3\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t4711\t7\n";
        assert_eq!(numbers_of(status, "NSpid"), Some(vec![4711, 7]));
        assert_eq!(numbers_of(status, "Uid"), Some(vec![1000, 1001, 1000, 1000]));
        assert_eq!(numbers_of(status, "Gid"), None);
    }

    #[test]
    fn users_are_mapped_as_the_container_sees_them() {
        let map = "         0       1000          1\n         1     100000      65536\n";
        assert_eq!(mapped(map, 1000), Some(0));
        assert_eq!(mapped(map, 100_999), Some(1_000));
        assert_eq!(mapped(map, 1001), None);
        assert_eq!(mapped("0 0 4294967295", 1000), Some(1000));
        assert_eq!(mapped("nonsense", 0), None);
    }
}
