//! The file: written beside its place, then moved there, so that whoever reads it finds a whole one.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use taskscope_model::frame;
use taskscope_model::hello::Hello;

/// Stands for the process's number in the name of the file.
const PID: &str = "{pid}";

/// The file that is meant: an absolute path, for the program may go to another folder.
pub(crate) fn place(named: &Path) -> PathBuf {
    let own = std::process::id().to_string();
    let path = match named.to_str() {
        Some(text) => PathBuf::from(text.replace(PID, &own)),
        None => named.to_owned(),
    };
    std::path::absolute(&path).unwrap_or(path)
}

/// Writes a recording: the first words, and pieces of whole frames. Only the program's own user may read it.
pub(crate) fn write(path: &Path, hello: &Hello, pieces: &[&[u8]]) -> io::Result<()> {
    let first = frame::preamble(hello)?;
    let beside = beside(path);
    let written = fill(&beside, &first, pieces).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Half of it would only take room; what was there before stays.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Whether the file could be written: the reason why not is told before it is needed.
pub(crate) fn try_out(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let beside = beside(path);
    fill(&beside, &[], &[])?;
    fs::remove_file(&beside)
}

/// Of each process its own: two that are given one path do not write into one file.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

fn fill(path: &Path, first: &[u8], pieces: &[&[u8]]) -> io::Result<()> {
    // Left by a process of the same number that was killed at this very moment.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(first)?;
    pieces.iter().try_for_each(|piece| file.write_all(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_the_process_may_be_in_the_name() {
        let named = place(Path::new("/tmp/{pid}.taskscope"));
        assert_eq!(named, PathBuf::from(format!("/tmp/{}.taskscope", std::process::id())));
        assert!(place(Path::new("box")).is_absolute());
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("taskscope-box-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        assert!(try_out(&folder).is_err());
        assert!(try_out(&folder.join("none/box")).is_err());
        assert!(try_out(&folder.join("box")).is_ok());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
    }
}
