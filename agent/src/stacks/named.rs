//! A function with its line, as the debug information has it.

use super::origin::Origins;
use taskscope_model::codes::Origin;

/// A function at an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Empty if unknown.
    pub(crate) function: String,
    /// Empty if unknown.
    pub(crate) file: String,
    /// 0 if unknown; the column too.
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The folder in which it was compiled; empty if unknown.
    pub(crate) folder: String,
}

impl Named {
    /// Whose function it is.
    pub(crate) fn origin(&self, origins: &Origins, is_executable: bool) -> Origin {
        origins.of(&self.file, &self.function, is_executable)
    }

    /// The file as the compiler was given it: relative to the folder, where it lies in that.
    pub(crate) fn short_file(&self) -> &str {
        let relative = self.file.strip_prefix(self.folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
        relative.filter(|_| !self.folder.is_empty()).unwrap_or(&self.file)
    }
}
