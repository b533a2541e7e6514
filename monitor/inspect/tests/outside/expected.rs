//! What the marker comments in a program's sources say of its tasks: see `tests/outside/plain/src/main.rs`.

use crate::outside::fixture::source;
use std::collections::BTreeMap;

/// What the markers say.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// File and line of each mark, and its name.
    pub(crate) marks: BTreeMap<(String, u32), String>,
    /// Label to tree.
    pub(crate) trees: BTreeMap<String, String>,
    /// The same of threads in `block_on`.
    pub(crate) roots: BTreeMap<String, String>,
    /// Label to the future's name.
    pub(crate) names: BTreeMap<String, String>,
}

impl Expected {
    /// Reads the sources of a package.
    pub(crate) fn of(package: &str) -> Self {
        let mut expected = Self::default();
        let folder = source().join(package).join("src");
        for file in std::fs::read_dir(&folder).expect("there are sources") {
            let path = file.expect("it can be listed").path();
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let name = path.file_name().and_then(|name| name.to_str()).expect("it has a name");
            expected.file(&format!("{package}/src/{name}"), &text);
        }
        assert!(!expected.trees.is_empty(), "no markers in {package}");
        expected
    }

    fn file(&mut self, name: &str, text: &str) {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some((before, mark)) = line.split_once("// at: ") {
                let marked = if before.trim().is_empty() { number + 1 } else { number };
                self.marks.insert((name.to_owned(), marked), mark.to_owned());
            }
            let pair = |marker: &str| {
                let (label, rest) = line.trim_start().strip_prefix(marker)?.split_once(" = ")?;
                Some((label.to_owned(), rest.to_owned()))
            };
            self.trees.extend(pair("// task: "));
            self.roots.extend(pair("// root: "));
            self.names.extend(pair("// name: "));
        }
    }

    pub(crate) fn name(&self, label: &str) -> String {
        self.names.get(label).cloned().unwrap_or_else(|| format!("plain::waits::{label}"))
    }
}
