//! The tracked files of the workspace, with what is in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Paths from the workspace's root, with forward slashes, and the text of each file that is text.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// What git would commit: tracked files and new ones that are not ignored. Of a packed tree without git, every
    /// file outside of `target`.
    pub(crate) fn of_this_workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
        let paths = listed_by_git(root).unwrap_or_else(|| {
            let mut found = Vec::new();
            walk(root, "", &mut found);
            found
        });
        let read = |path: String| Some((path.clone(), std::fs::read_to_string(root.join(path)).ok()?));
        Self(paths.into_iter().filter_map(read).collect())
    }

    /// A tree as a test of a rule needs it.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Every file: path and text.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every Rust file below a folder (`""`: the whole tree).
    pub(crate) fn rust<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter(move |(path, _)| path.starts_with(folder) && path.ends_with(".rs"))
    }

    /// One file's text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is such a file, or a folder with files.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.keys().any(|known| known == path || known.starts_with(&folder))
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let answer = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let list = String::from_utf8(answer.stdout).ok()?;
    let paths: Vec<_> = list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (answer.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path, folder: &str, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && name != "target" && name != ".git" => walk(root, &path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}
