//! The one table of keys. The handler, the footer and the help screen all read it, so none can say something
//! that another does not do.

mod table;

pub(super) use table::KEYS;

use super::screen::Screen;
use crate::replay::Order;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key asks for. What it does then is said in [`update`](super::update).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Leave.
    Quit,
    /// Show or hide the help.
    Help,
    /// One step back: close what is in front.
    Back,
    /// Move the selection, or scroll.
    Move(Step),
    /// Open what is selected.
    Open,
    /// Begin to type a filter.
    Filter,
    /// Begin to type a command.
    Prompt,
    /// Sort by the next column to the right, or to the left.
    SortBy(Side),
    /// Turn the order round.
    Reverse,
    /// Tasks below the task that spawned them, below the one that they wait for, or a plain list.
    Tree,
    /// One line for all tasks spawned at one place, for all with one await stack, or a line for each task.
    Group,
    /// Show ended tasks too, or not.
    Ended,
    /// Keep the task at the top of the table, or no longer.
    Pin,
    /// Bring a screen in front.
    Show(Screen),
    /// Bring the next screen in front, or the one before.
    NextScreen(Side),
    /// Look at the next task of the table, or the one before.
    NextTask(Side),
    /// Take the stacks of the threads.
    Stacks,
    /// Look at the next process with the same view, or the one before.
    NextProcess(Side),
    /// What is on the screen stays as it is, or goes on.
    Freeze,
    /// Go about in the recording.
    Replay(Order),
    /// Copy what is selected.
    Copy,
    /// Open the line in an editor.
    Editor,
    /// Save the rows as JSON.
    Save,
    /// Let the shell go on.
    Suspend,
    /// Ask the task to stop.
    Cancel,
    /// Yes, that is meant.
    Yes,
    /// Ask the task for its stack of awaits.
    Trace,
    /// Choose another process.
    Processes,
    /// Change the text being typed.
    Edit(Edit),
    /// Keep the filter as it is typed; do the command.
    Keep,
    /// Complete the word before the cursor.
    Complete,
    /// Bring back an earlier command, or a later one.
    Recall(Side),
}

/// A move of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
}

/// Left or right of the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// A change of the text being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A character at the cursor.
    Insert(char),
    /// Away with the character before the cursor.
    Backspace,
    /// Away with the character at the cursor.
    Delete,
    /// Away with the word before the cursor.
    DeleteWord,
    /// Away with everything before the cursor.
    DeleteToStart,
    /// The cursor one character on.
    Cursor(Side),
    /// The cursor to the start.
    Start,
    /// The cursor to the end.
    End,
}

/// What is in front: it decides what a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A screen.
    On(Screen),
    /// A question that is to be answered by yes or no.
    Question,
    /// The line in which a filter is typed.
    Typing,
    /// The line in which a command is typed.
    Prompt,
    /// The list of processes.
    Picker,
    /// The help.
    Help,
}

/// One key and the modifiers that have to be held with it.
pub(super) type Press = (KeyCode, KeyModifiers);

/// One line of the table.
pub(super) struct Binding {
    /// The keys that do it; the first is the one that is shown.
    pub(super) keys: &'static [Press],
    /// Where they do it.
    pub(super) places: &'static [Place],
    /// What they do.
    pub(super) command: Command,
    /// What they do, for the help screen.
    pub(super) help: &'static str,
    /// The same in a word, for the footer; empty: not there.
    pub(super) short: &'static str,
}

impl Binding {
    /// The key that is shown.
    pub(super) fn label(&self) -> String {
        self.labels().next().unwrap_or_default()
    }

    /// Its keys as a person reads them.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> + '_ {
        self.keys.iter().map(|press| label(*press))
    }
}

/// What a key means where one is.
pub(super) fn command(place: Place, event: &KeyEvent) -> Option<Command> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let bound = KEYS.iter().filter(|binding| binding.places.contains(&place));
    for binding in bound {
        if binding.keys.iter().any(|press| is(*press, event)) {
            return Some(binding.command);
        }
    }
    match event.code {
        KeyCode::Char(c)
            if matches!(place, Place::Typing | Place::Prompt) && types_a_character(event.modifiers) =>
        {
            Some(Command::Edit(Edit::Insert(c)))
        }
        _ => None,
    }
}

/// The lines of the table that hold in a place and stand in the footer, most important first.
pub(super) fn footer(place: Place) -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(move |binding| !binding.short.is_empty() && binding.places.contains(&place))
}

/// The key that is shown for a command, for use in a sentence.
pub(super) fn label_of(command: Command) -> String {
    KEYS.iter().find(|binding| binding.command == command).map(Binding::label).unwrap_or_default()
}

/// The key that is shown for a command where it has several meanings.
pub(super) fn label_in(place: Place, command: Command) -> String {
    let mut bound = KEYS.iter().filter(|binding| binding.places.contains(&place));
    bound.find(|binding| binding.command == command).map(Binding::label).unwrap_or_default()
}

/// Shift is part of the character itself, so it is not compared.
fn is(press: Press, event: &KeyEvent) -> bool {
    press.0 == event.code && press.1 == event.modifiers - KeyModifiers::SHIFT
}

/// Control and Alt alone make no text; together they are AltGr on some terminals.
fn types_a_character(modifiers: KeyModifiers) -> bool {
    let both = KeyModifiers::CONTROL | KeyModifiers::ALT;
    !modifiers.intersects(both) || modifiers.contains(both)
}

fn label((code, modifiers): Press) -> String {
    let name = match code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => c.to_uppercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(n) => format!("F{n}"),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        other => format!("{other:?}"),
    };
    if modifiers.contains(KeyModifiers::CONTROL) { format!("Ctrl-{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut seen = std::collections::HashSet::new();
        for binding in KEYS {
            for place in binding.places {
                for press in binding.keys {
                    assert!(seen.insert((format!("{place:?}"), *press)), "{} at {place:?}", label(*press));
                }
            }
        }
    }

    #[test]
    fn text_is_typed_where_text_is_typed_and_nowhere_else() {
        let q = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        let tasks = Place::On(Screen::Tasks);
        assert_eq!(command(tasks, &q), Some(Command::Quit));
        assert_eq!(command(Place::Typing, &q), Some(Command::Edit(Edit::Insert('q'))));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(command(tasks, &shifted), Some(Command::Move(Step::Last)));
        let unbound = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL);
        assert_eq!(command(Place::Typing, &unbound), None);
    }
}
