//! The one table of keys. The handler, the footer and the help screen all read it, so none can say something
//! that another does not do.

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
    /// Sort by the next column to the right, or to the left.
    SortBy(Side),
    /// Turn the order round.
    Reverse,
    /// Tasks below the task that spawned them, or a plain list.
    Tree,
    /// Show ended tasks too, or not.
    Ended,
    /// What is wrong.
    Findings,
    /// Locks, semaphores, timers and channels.
    Resources,
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
    /// Keep the filter as it is typed.
    Keep,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The table of tasks.
    Tasks,
    /// The panel of one task.
    Details,
    /// What is wrong.
    Findings,
    /// Locks, semaphores, timers and channels.
    Resources,
    /// A question that is to be answered by yes or no.
    Question,
    /// The line in which a filter is typed.
    Typing,
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

const fn key(code: KeyCode) -> Press {
    (code, KeyModifiers::NONE)
}

const fn ch(c: char) -> Press {
    (KeyCode::Char(c), KeyModifiers::NONE)
}

const fn ctrl(c: char) -> Press {
    (KeyCode::Char(c), KeyModifiers::CONTROL)
}

/// Everywhere but where text is typed.
const ALL: &[Place] =
    &[Place::Tasks, Place::Details, Place::Findings, Place::Resources, Place::Picker, Place::Help];
const TASKS: &[Place] = &[Place::Tasks];
const ENDING: &[Place] = &[Place::Tasks, Place::Resources];
const TYPING: &[Place] = &[Place::Typing];
const QUESTION: &[Place] = &[Place::Question];
const LISTS: &[Place] = &[Place::Tasks, Place::Findings, Place::Resources, Place::Picker];
const TASK: &[Place] = &[Place::Tasks, Place::Details];
const DETAILS: &[Place] = &[Place::Details];
const PROGRAM: &[Place] = &[Place::Tasks, Place::Details, Place::Findings, Place::Resources];

/// A line of the table that is not in the footer.
const fn on(
    keys: &'static [Press],
    places: &'static [Place],
    command: Command,
    help: &'static str,
) -> Binding {
    Binding { keys, places, command, help, short: "" }
}

impl Binding {
    /// The same, and in the footer.
    const fn short(mut self, short: &'static str) -> Self {
        self.short = short;
        self
    }

    /// The key that is shown.
    pub(super) fn label(&self) -> String {
        self.labels().next().unwrap_or_default()
    }

    /// Its keys as a person reads them.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> + '_ {
        self.keys.iter().map(|press| label(*press))
    }
}

/// Every key there is, in the order of the help screen.
pub(super) const KEYS: &[Binding] = &[
    on(&[ch('q')], ALL, Command::Quit, "quit").short("quit"),
    on(
        &[ctrl('c')],
        &[
            Place::Tasks,
            Place::Details,
            Place::Findings,
            Place::Resources,
            Place::Question,
            Place::Picker,
            Place::Help,
            Place::Typing,
        ],
        Command::Quit,
        "quit",
    ),
    on(&[ch('?'), key(KeyCode::F(1))], ALL, Command::Help, "this help").short("help"),
    on(&[ch('/')], TASKS, Command::Filter, "filter the tasks").short("filter"),
    on(
        &[key(KeyCode::Enter)],
        LISTS,
        Command::Open,
        "open the task, the tasks of a finding or that wait, the process",
    )
    .short("open"),
    on(&[ch('f')], TASK, Command::Findings, "findings: what is wrong, worst first").short("findings"),
    on(&[ch('R')], TASK, Command::Resources, "resources: locks, semaphores, timers, and who waits")
        .short("resources"),
    on(&[ch('c')], TASK, Command::Cancel, "cancel the task: it is asked to stop").short("cancel"),
    on(&[ch('x')], DETAILS, Command::Trace, "poll the task once more for its stack of awaits").short("stack"),
    on(&[ch('y'), key(KeyCode::Enter)], QUESTION, Command::Yes, "yes: cancel it").short("yes"),
    on(&[ch('n'), key(KeyCode::Esc), ch('q')], QUESTION, Command::Back, "no: leave it").short("no"),
    on(
        &[ch('>'), ch('s'), key(KeyCode::Right)],
        TASKS,
        Command::SortBy(Side::Right),
        "sort by the next column",
    )
    .short("sort"),
    on(
        &[ch('<'), ch('S'), key(KeyCode::Left)],
        TASKS,
        Command::SortBy(Side::Left),
        "sort by the column before",
    ),
    on(&[ch('r')], TASKS, Command::Reverse, "turn the order round").short("reverse"),
    on(&[ch('t')], TASKS, Command::Tree, "tree: each task below the one that spawned it").short("tree"),
    on(&[ch('e')], ENDING, Command::Ended, "ended tasks, dropped resources too, or not").short("ended"),
    on(&[ch('p')], PROGRAM, Command::Processes, "choose another process").short("processes"),
    on(&[key(KeyCode::Esc)], ALL, Command::Back, "back; clear the filter; let go of the row").short("back"),
    on(&[key(KeyCode::Down), ch('j')], ALL, Command::Move(Step::Down), "one line down"),
    on(&[key(KeyCode::Up), ch('k')], ALL, Command::Move(Step::Up), "one line up"),
    on(&[key(KeyCode::PageDown), ctrl('f'), ch(' ')], ALL, Command::Move(Step::PageDown), "one page down"),
    on(&[key(KeyCode::PageUp), ctrl('b')], ALL, Command::Move(Step::PageUp), "one page up"),
    on(&[key(KeyCode::Home), ch('g')], ALL, Command::Move(Step::First), "to the first line"),
    on(&[key(KeyCode::End), ch('G')], ALL, Command::Move(Step::Last), "to the last line"),
    on(&[key(KeyCode::Enter)], TYPING, Command::Keep, "keep the filter").short("keep"),
    on(&[key(KeyCode::Esc)], TYPING, Command::Back, "leave the filter as it was").short("as it was"),
    on(
        &[key(KeyCode::Left), ctrl('b')],
        TYPING,
        Command::Edit(Edit::Cursor(Side::Left)),
        "the cursor to the left",
    ),
    on(
        &[key(KeyCode::Right), ctrl('f')],
        TYPING,
        Command::Edit(Edit::Cursor(Side::Right)),
        "the cursor to the right",
    ),
    on(&[key(KeyCode::Home), ctrl('a')], TYPING, Command::Edit(Edit::Start), "the cursor to the start"),
    on(&[key(KeyCode::End), ctrl('e')], TYPING, Command::Edit(Edit::End), "the cursor to the end"),
    on(
        &[key(KeyCode::Backspace), ctrl('h')],
        TYPING,
        Command::Edit(Edit::Backspace),
        "delete the character before the cursor",
    ),
    on(
        &[key(KeyCode::Delete), ctrl('d')],
        TYPING,
        Command::Edit(Edit::Delete),
        "delete the character at the cursor",
    ),
    on(&[ctrl('w')], TYPING, Command::Edit(Edit::DeleteWord), "delete the word before the cursor")
        .short("delete word"),
    on(&[ctrl('u')], TYPING, Command::Edit(Edit::DeleteToStart), "delete up to the start")
        .short("delete all"),
];

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
        KeyCode::Char(c) if place == Place::Typing && types_a_character(event.modifiers) => {
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
        assert_eq!(command(Place::Tasks, &q), Some(Command::Quit));
        assert_eq!(command(Place::Typing, &q), Some(Command::Edit(Edit::Insert('q'))));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(command(Place::Tasks, &shifted), Some(Command::Move(Step::Last)));
        let unbound = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL);
        assert_eq!(command(Place::Typing, &unbound), None);
    }
}
