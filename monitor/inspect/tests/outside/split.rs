//! Debug information in files of its own: what is in the right one is seen, and from a wrong one nothing is taken.

use crate::outside::damages::survived;
use crate::outside::expected::Expected;
use crate::outside::factors::{Shows, check_running};
use crate::outside::fixture::{Build, Running};
use crate::outside::image::Image;
use crate::outside::truth::{differences, look, spawned};
use object::{Object as _, ObjectSection as _};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use taskscope_inspect::{Information, Snapshot, Target, Unread};

/// In one package beside the program.
const PACKED: Build = Build { profile: "split", ..Build::BASE };
/// In the object files that the compiler left.
const UNPACKED: Build = Build { profile: "unpacked", ..Build::BASE };

/// A copy of the program of its own, and perhaps of its package.
struct Deployed(tempfile::TempDir);

impl Deployed {
    fn new(package: Option<&[u8]>) -> Self {
        let deployed = Self(tempfile::tempdir().expect("a folder"));
        copy(&PACKED.program(), &deployed.program());
        if let Some(bytes) = package {
            fs::write(deployed.package(), bytes).expect("it can be written");
        }
        deployed
    }

    fn program(&self) -> PathBuf {
        self.0.path().join("plain")
    }

    fn package(&self) -> PathBuf {
        self.0.path().join("plain.dwp")
    }

    fn start(&self) -> Running {
        Running::start(&self.program(), &[])
    }
}

/// By another process: what is open for writing here may not be started, and other tests start programs meanwhile,
/// which have it open for a moment.
fn copy(from: &Path, to: &Path) {
    run("cp", &[from.as_os_str(), to.as_os_str()]);
}

fn run(program: &str, arguments: &[&OsStr]) {
    let status = Command::new(program).args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
}

fn package() -> Vec<u8> {
    fs::read(PACKED.program().with_extension("dwp")).expect("it was built")
}

/// Gives units other numbers: those of the slots for which `which` says so.
fn renumbered(mut package: Vec<u8>, which: impl Fn(usize) -> bool) -> Vec<u8> {
    let elf = object::File::parse(&*package).expect("it is an ELF file");
    let index = elf.section_by_name(".debug_cu_index").expect("it has an index");
    let (begin, _) = index.file_range().expect("it is in the file");
    let slots = index.data().expect("it is in the file")[12..16].try_into().expect("four bytes");
    let slots = u32::from_le_bytes(slots) as usize;
    let begin = usize::try_from(begin).expect("it fits") + 16;
    for slot in (0..slots).filter(|slot| which(*slot)) {
        // Not the bits by which it is found.
        package[begin + 8 * slot + 3] ^= 0x55;
    }
    package
}

#[track_caller]
fn shows_no_more_than_symbols(running: Running, why: Unread) {
    let snapshot = check_running(running, Shows::Tasks);
    assert_eq!((snapshot.information, snapshot.unread), (Information::Split, Some(why)));
}

#[track_caller]
fn shows_everything(running: Running) {
    let snapshot = check_running(running, Shows::Everything);
    assert_eq!((snapshot.information, snapshot.unread), (Information::Types, None));
}

#[test]
#[ignore = "a build of its own"]
fn everything_is_in_the_package() {
    shows_everything(PACKED.start(&[]));
    shows_everything(Deployed::new(Some(&package())).start());
}

/// Skeletons, indexes and lists are others there.
#[test]
#[ignore = "a build of its own"]
fn everything_is_in_a_package_of_dwarf_5() {
    shows_everything(Build { rustflags: "-Cdwarf-version=5", ..PACKED }.start(&[]));
}

#[test]
#[ignore = "a build of its own"]
fn everything_is_in_the_object_files() {
    shows_everything(UNPACKED.start(&[]));
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("plain");
    copy(&UNPACKED.program(), &program);
    shows_everything(Running::start(&program, &[]));
    // As if they had been built again since.
    run("touch", &[OsStr::new("-d"), OsStr::new("@0"), program.as_os_str()]);
    shows_no_more_than_symbols(Running::start(&program, &[]), Unread::OtherBuild);
}

#[test]
#[ignore = "a build of its own"]
fn without_the_package_nothing_is_made_up() {
    shows_no_more_than_symbols(Deployed::new(None).start(), Unread::Missing);
}

#[test]
#[ignore = "a build of its own"]
fn a_package_of_another_build() {
    let other = renumbered(package(), |_| true);
    shows_no_more_than_symbols(Deployed::new(Some(&other)).start(), Unread::OtherBuild);
}

#[test]
#[ignore = "a build of its own"]
fn a_package_that_was_cut_off_or_is_something_else() {
    let whole = package();
    for damaged in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], b"", b"something else"] {
        shows_no_more_than_symbols(Deployed::new(Some(damaged)).start(), Unread::Damaged);
    }
}

/// A program that was built again lies where the one that runs did, and so does its package. The numbers of the units
/// may be the same, for they are not made of the lines.
#[test]
#[ignore = "a build of its own"]
fn a_program_that_was_replaced() {
    let deployed = Deployed::new(Some(&package()));
    let (running, again) = (deployed.start(), deployed.start());
    replace(&deployed.program(), &Build::BASE.program());
    shows_no_more_than_symbols(running, Unread::OtherBuild);
    fs::remove_file(deployed.program()).expect("it is ours");
    shows_no_more_than_symbols(again, Unread::OtherBuild);
}

fn replace(program: &Path, with: &Path) {
    let new = program.with_extension("new");
    copy(with, &new);
    fs::rename(new, program).expect("it is ours");
}

/// Some of the program was built again since: what is seen is right, and of what is not it is said why. Which units share a
/// part of the index is up to their numbers, which each place of a build has others of.
#[test]
#[ignore = "a build of its own"]
fn a_package_of_which_part_is_of_another_build() {
    const PARTS: usize = 4;
    let expected = Expected::of("plain");
    let (mut seen_at_all, mut missed) = (0, 0);
    for part in 0..PARTS {
        let deployed = Deployed::new(Some(&renumbered(package(), |slot| slot % PARTS == part)));
        let mut running = deployed.start();
        let spawned = spawned(&mut running, &expected);
        let mut target = Target::attach(running.pid()).expect("it can be read");
        let snapshot = look(&mut target, |snapshot| {
            // One of the tasks runs now and then.
            let ids = snapshot.tasks.iter().filter(|task| !task.id.is_root()).count();
            if ids >= spawned.len() { Ok(()) } else { Err(format!("{ids} tasks are seen")) }
        });
        seen_at_all += seen(&snapshot);
        let Some(why) = snapshot.unread else { continue };
        assert_eq!(why, Unread::OtherBuild);
        missed += 1;
        let differ = differences(&expected, &spawned, &snapshot).expect_err("not all is seen");
        for wrong in differ.lines().filter(|line| line.starts_with("seen:")) {
            assert!(is_less(wrong, &differ), "{wrong}\nof\n{differ}");
        }
    }
    assert!(seen_at_all > 0, "what is of this build is seen");
    assert!(missed > 0, "and not what is of another");
}

/// The same image without a package is looked at in `tests/end_to_end`.
#[test]
#[ignore = "a build of its own"]
fn a_damaged_package_is_survived() {
    let running = PACKED.start(&[]);
    let image = Image::record(running.pid());
    drop(running);
    survived(&image, 40);
}

fn seen(snapshot: &Snapshot) -> usize {
    snapshot.tasks.iter().filter(|task| task.awaits.is_some()).count()
}

/// Whether a line has only words of the one that should be there instead.
fn is_less(seen: &str, differ: &str) -> bool {
    let words = |line: &str| line.split([' ', ',', '[', ']']).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let seen: Vec<_> =
        words(seen).into_iter().filter(|word| !["", ">", "-", ":"].contains(&&**word)).collect();
    // An id alone says nothing; without names a runtime's workers cannot be told from other blocking tasks.
    if seen.len() < 2 {
        return true;
    }
    let mut should = differ.lines().filter(|line| line.starts_with("should:")).map(words);
    should.any(|should| seen.iter().all(|word| should.contains(word)))
}
