//! What came of the program's own commands and values, in words.

use crate::source::one_line;
use taskscope_model::codes::CallOutcome;
use taskscope_model::request::{Called, Evaluated};

/// What came of a command.
pub(super) fn came_of(called: &Called) -> String {
    let text = one_line(&called.text);
    let more = if called.cut > 0 || called.text.chars().count() > text.chars().count() {
        " ... (`taskscope call` shows all of it)"
    } else {
        ""
    };
    match (called.outcome, text.is_empty()) {
        (CallOutcome::RETURNED, true) => format!("done in {}", called.took),
        (CallOutcome::FAILED, false) => format!("failed: {text}{more}"),
        (outcome, true) => outcome.to_string(),
        (_, false) => format!("{text}{more}"),
    }
}

/// What values are.
pub(super) fn are(evaluated: &Evaluated) -> String {
    if evaluated.values.is_empty() {
        return "the program offers no values".to_owned();
    }
    let values = evaluated.values.iter().map(|value| format!("{}: {}", value.name, one_line(&value.text)));
    values.collect::<Vec<_>>().join("; ")
}
