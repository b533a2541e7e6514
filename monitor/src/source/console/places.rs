//! Source locations, each told once.

use console_api::Location as Told;
use std::collections::HashMap;
use taskscope_model::change::Location;
use taskscope_model::{Fact, LocationId};

/// The locations told so far.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: HashMap<(String, u32, u32), LocationId>,
}

impl Places {
    /// The number of a location; tells of it the first time. `None` if it names no line of a file.
    pub(super) fn of(&mut self, told: Option<&Told>, out: &mut Vec<Fact>) -> Option<LocationId> {
        let told = told?;
        let (file, line) = (told.file.clone()?, told.line?);
        let column = told.column.unwrap_or(0);
        let next = LocationId(u32::try_from(self.known.len()).ok()?);
        let id = *self.known.entry((file.clone(), line, column)).or_insert(next);
        if id == next {
            out.push(Location { id, file, line, column }.into());
        }
        Some(id)
    }

    /// Whether that is the number of a place in this line.
    pub(super) fn is_at(&self, id: LocationId, file: &str, line: u32) -> bool {
        self.known
            .iter()
            .any(|((its_file, its_line, _), its)| *its == id && its_file == file && *its_line == line)
    }
}
