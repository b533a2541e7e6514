//! The sources of the programs, in which marker comments name the lines that tests refer to.

use std::path::{Path, PathBuf};

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The lines, from 1, whose comment `// expect: ...` has a word in its list.
///
/// # Panics
/// The file is not there.
#[track_caller]
pub fn lines_marked(file: &str, word: &str) -> Vec<u64> {
    let text = std::fs::read_to_string(root().join(file)).expect("the source is there");
    let is_marked = |line: &str| {
        let marks = line.split_once("// expect: ").map(|(_, marks)| marks.trim_end());
        marks.is_some_and(|marks| marks.split(", ").any(|mark| mark == word))
    };
    text.lines().zip(1..).filter(|(line, _)| is_marked(line)).map(|(_, number)| number).collect()
}

/// The line, from 1, that ends in the comment `// expect: MARKER`. The file is named from the workspace's root,
/// as the compiler names it.
///
/// # Panics
/// There is not exactly one.
#[track_caller]
pub fn marked_line(file: &str, marker: &str) -> u64 {
    let text = std::fs::read_to_string(root().join(file)).expect("the source is there");
    let comment = format!("// expect: {marker}");
    let marked: Vec<_> =
        text.lines().zip(1..).filter(|(line, _)| line.trim_end().ends_with(&comment)).collect();
    match marked[..] {
        [(_, number)] => number,
        _ => panic!("{file} has {} lines with `{comment}`", marked.len()),
    }
}
