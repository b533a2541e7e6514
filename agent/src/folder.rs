//! The folder of the Unix socket. It is used only if it is ours, closed to others, and no link.

use std::fs::{DirBuilder, Permissions, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("{} is not a folder of this user's with mode 0700", .0.display())]
    NotOurs(PathBuf),
    #[error("{}: {error}", folder.display())]
    Io { folder: PathBuf, error: io::Error },
}

/// Where this process's socket is to be: the first place that can be used.
///
/// # Errors
/// No place can be used; the error is that of the last one.
pub(crate) fn socket_path() -> Result<PathBuf, FolderError> {
    path("sock")
}

/// Where the socket of this process's console-subscriber is to be: beside its other one.
///
/// # Errors
/// As [`socket_path`].
#[cfg(feature = "console")]
pub(crate) fn console_path() -> Result<PathBuf, FolderError> {
    path("console")
}

fn path(ending: &str) -> Result<PathBuf, FolderError> {
    let mut last = None;
    for folder in candidates() {
        match prepare(&folder) {
            Ok(()) => return Ok(folder.join(format!("{}.{ending}", std::process::id()))),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| FolderError::NotOurs(PathBuf::from("/"))))
}

/// The program's user.
pub(crate) fn own_user() -> u32 {
    // SAFETY: it only asks, and cannot fail.
    unsafe { libc::getuid() }
}

/// The folders where a monitor looks, the preferred one first.
fn candidates() -> Vec<PathBuf> {
    let uid = own_user();
    let private = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let private = private.or_else(|| Some(PathBuf::from(format!("/run/user/{uid}"))).filter(|dir| dir.is_dir()));
    let shared = std::env::temp_dir().join(format!("taskscope-{uid}"));
    private.map(|dir| dir.join("taskscope")).into_iter().chain([shared]).collect()
}

/// Makes the folder if it is missing, and checks it.
fn prepare(folder: &Path) -> Result<(), FolderError> {
    let io = |error| FolderError::Io { folder: folder.to_owned(), error };
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            // The umask may have taken bits away that we need, never added any.
            std::fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(io)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    // The link itself, not what it points to.
    let found = symlink_metadata(folder).map_err(io)?;
    let ours = found.is_dir() && found.uid() == own_user() && found.mode() & 0o777 == 0o700;
    if ours { Ok(()) } else { Err(FolderError::NotOurs(folder.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_closed_and_a_prepared_one_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let good = temp.path().join("good");
        prepare(&good).unwrap();
        prepare(&good).unwrap();
        assert_eq!(symlink_metadata(&good).unwrap().mode() & 0o777, 0o700);

        let open = temp.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(prepare(&open), Err(FolderError::NotOurs(_))));

        let link = temp.path().join("link");
        std::os::unix::fs::symlink(&good, &link).unwrap();
        assert!(matches!(prepare(&link), Err(FolderError::NotOurs(_))));

        let file = temp.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(prepare(&file), Err(FolderError::NotOurs(_))));
        assert!(matches!(prepare(&temp.path().join("missing/below")), Err(FolderError::Io { .. })));
    }
}
