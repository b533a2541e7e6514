//! The sources of the programs, in which marker comments name the lines that tests refer to.

use std::path::{Path, PathBuf};

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The marker of each line that ends in the comment `// expect: MARKER`, and the line, from 1.
///
/// # Panics
/// The file is not there.
#[track_caller]
pub fn marked_lines(file: &str) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(root().join(file)).expect("the source is there");
    let marker = |line: &str| Some(line.trim_end().rsplit_once("// expect: ")?.1.to_owned());
    text.lines().zip(1..).filter_map(|(line, number)| Some((marker(line)?, number))).collect()
}

/// The line, from 1, that ends in the comment `// expect: MARKER`. The file is named from the workspace's root,
/// as the compiler names it.
///
/// # Panics
/// There is not exactly one.
#[track_caller]
pub fn marked_line(file: &str, marker: &str) -> u64 {
    let marked: Vec<_> = marked_lines(file).into_iter().filter(|(it, _)| it == marker).collect();
    match marked[..] {
        [(_, number)] => number,
        _ => panic!("{file} has {} lines with `// expect: {marker}`", marked.len()),
    }
}
