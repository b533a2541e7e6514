//! Every key there is.

use super::{Binding, Command, Edit, Place, Press, Side, Step};
use crate::replay::{Order, Way};
use crate::tui::screen::Screen;
use crossterm::event::{KeyCode, KeyModifiers};
use taskscope_model::Nanos;

const fn key(code: KeyCode) -> Press {
    (code, KeyModifiers::NONE)
}

const fn ch(c: char) -> Press {
    (KeyCode::Char(c), KeyModifiers::NONE)
}

const fn ctrl(c: char) -> Press {
    (KeyCode::Char(c), KeyModifiers::CONTROL)
}

const OVERVIEW: Place = Place::On(Screen::Overview);
const TASKS: Place = Place::On(Screen::Tasks);
const TASK: Place = Place::On(Screen::Task);
const FINDINGS: Place = Place::On(Screen::Findings);
const RUNTIME: Place = Place::On(Screen::Runtime);
const ENDED: Place = Place::On(Screen::Ended);
const EVENTS: Place = Place::On(Screen::Events);
const RESOURCES: Place = Place::On(Screen::Resources);

const PROGRAM: &[Place] = &[OVERVIEW, TASKS, TASK, FINDINGS, RUNTIME, ENDED, EVENTS, RESOURCES];
/// Everywhere but where text is typed or a question is asked.
const ALL: &[Place] =
    &[OVERVIEW, TASKS, TASK, FINDINGS, RUNTIME, ENDED, EVENTS, RESOURCES, Place::Picker, Place::Help];
const EVERYWHERE: &[Place] = &[
    OVERVIEW,
    TASKS,
    TASK,
    FINDINGS,
    RUNTIME,
    ENDED,
    EVENTS,
    RESOURCES,
    Place::Picker,
    Place::Help,
    Place::Question,
    Place::Typing,
    Place::Prompt,
];
const COMMANDING: &[Place] =
    &[OVERVIEW, TASKS, TASK, FINDINGS, RUNTIME, ENDED, EVENTS, RESOURCES, Place::Picker];
const LISTS: &[Place] = &[OVERVIEW, TASKS, FINDINGS, ENDED, EVENTS, RESOURCES, Place::Picker];
const TABLES: &[Place] = &[TASKS, ENDED];
const ABOUT_TASKS: &[Place] = &[TASKS, TASK, ENDED];
const OPENING: &[Place] = &[TASKS, TASK, FINDINGS, ENDED, EVENTS, RESOURCES];
/// A stretch of a recording.
const SKIP: Nanos = Nanos(10_000_000_000);
const LINE: &[Place] = &[Place::Typing, Place::Prompt];

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
}

/// Every key there is, in the order of the help screen.
pub(in crate::tui) const KEYS: &[Binding] = &[
    on(&[ch('q')], ALL, Command::Quit, "quit").short("quit"),
    on(&[ctrl('c')], EVERYWHERE, Command::Quit, "quit"),
    on(&[ch('?'), key(KeyCode::F(1))], ALL, Command::Help, "this help").short("help"),
    on(&[ch('1')], PROGRAM, Command::Show(Screen::Overview), "overview: health at a glance"),
    on(&[ch('2')], PROGRAM, Command::Show(Screen::Tasks), "tasks: the table, the tree, the groups"),
    on(&[ch('3')], PROGRAM, Command::Show(Screen::Task), "task: all about one"),
    on(&[ch('4'), ch('f')], PROGRAM, Command::Show(Screen::Findings), "findings: what is wrong, worst first"),
    on(
        &[ch('5')],
        PROGRAM,
        Command::Show(Screen::Runtime),
        "runtime: workers, queues, blocking threads, stacks",
    ),
    on(&[ch('6')], PROGRAM, Command::Show(Screen::Ended), "ended: how tasks ended, and why"),
    on(&[ch('7')], PROGRAM, Command::Show(Screen::Events), "events: spawned, ended, cancelled, found"),
    on(
        &[ch('8'), ch('R')],
        PROGRAM,
        Command::Show(Screen::Resources),
        "resources: locks, semaphores, timers, and who waits",
    ),
    on(&[key(KeyCode::Tab)], PROGRAM, Command::NextScreen(Side::Right), "the next screen"),
    on(&[key(KeyCode::BackTab)], PROGRAM, Command::NextScreen(Side::Left), "the screen before"),
    on(&[ch('/')], TABLES, Command::Filter, "filter the tasks").short("filter"),
    on(&[ch(':')], COMMANDING, Command::Prompt, "type a command").short("command"),
    on(
        // What is typed while an editor is in front, by a terminal that makes lines of it, comes with Ctrl-J.
        &[key(KeyCode::Enter), ctrl('j')],
        LISTS,
        Command::Open,
        "open the task, the tasks of a finding, a group or that wait, the process",
    )
    .short("open"),
    on(&[ch('c')], &[TASKS, TASK], Command::Cancel, "cancel the task: it is asked to stop").short("cancel"),
    on(&[ch('x')], &[TASK], Command::Trace, "poll the task once more for its stack of awaits").short("stack"),
    on(&[ch('x')], &[RUNTIME], Command::Stacks, "take the stacks of workers and blocking threads")
        .short("stacks"),
    on(
        &[ch('n'), key(KeyCode::Right), ch(']')],
        &[TASK],
        Command::NextTask(Side::Right),
        "the next task of the table",
    )
    .short("next"),
    on(&[ch('N'), key(KeyCode::Left), ch('[')], &[TASK], Command::NextTask(Side::Left), "the task before it"),
    on(&[ch('y'), key(KeyCode::Enter)], &[Place::Question], Command::Yes, "yes: cancel it").short("yes"),
    on(&[ch('n'), key(KeyCode::Esc), ch('q')], &[Place::Question], Command::Back, "no: leave it").short("no"),
    on(
        &[ch('>'), ch('s'), key(KeyCode::Right)],
        TABLES,
        Command::SortBy(Side::Right),
        "sort by the next column; a click on a column's head sorts by it",
    )
    .short("sort"),
    on(
        &[ch('<'), ch('S'), key(KeyCode::Left)],
        TABLES,
        Command::SortBy(Side::Left),
        "sort by the column before",
    ),
    on(&[ch('r')], TABLES, Command::Reverse, "turn the order round").short("reverse"),
    on(&[ch('t')], &[TASKS], Command::Tree, "tree: each task below the one that spawned it, or waited for")
        .short("tree"),
    on(&[ch('b')], &[TASKS], Command::Group, "groups: a line a spawn location, a line an await stack")
        .short("group"),
    on(
        &[ch('E')],
        &[TASKS, EVENTS, RESOURCES],
        Command::Ended,
        "ended tasks, dropped resources, events of healthy tasks: with them, or without",
    )
    .short("ended"),
    on(&[ch('P')], ABOUT_TASKS, Command::Pin, "keep the task at the top of the table, or no longer"),
    on(&[ch(' ')], PROGRAM, Command::Freeze, "freeze this screen, and go on: the program is left alone")
        .short("freeze"),
    on(&[ch('.')], PROGRAM, Command::Replay(Order::Step(Way::On)), "recording: one moment on (Space plays)"),
    on(&[ch(',')], PROGRAM, Command::Replay(Order::Step(Way::Back)), "recording: one moment back"),
    on(&[ch(')')], PROGRAM, Command::Replay(Order::Skip(Way::On, SKIP)), "recording: ten seconds on"),
    on(&[ch('(')], PROGRAM, Command::Replay(Order::Skip(Way::Back, SKIP)), "recording: ten seconds back"),
    on(&[ch('}')], PROGRAM, Command::Replay(Order::Finding(Way::On)), "recording: to the next finding"),
    on(&[ch('{')], PROGRAM, Command::Replay(Order::Finding(Way::Back)), "recording: to the finding before"),
    on(&[ch('+'), ch('=')], PROGRAM, Command::Replay(Order::Faster), "recording: faster"),
    on(&[ch('-')], PROGRAM, Command::Replay(Order::Slower), "recording: slower"),
    on(&[ch('y')], OPENING, Command::Copy, "copy what is selected, through the terminal"),
    on(&[ch('e')], OPENING, Command::Editor, "open the line in $VISUAL or $EDITOR"),
    on(&[ch('w')], PROGRAM, Command::Save, "write the rows to a file, as JSON"),
    on(&[ch('p')], PROGRAM, Command::Processes, "choose another process").short("processes"),
    on(&[ctrl('n')], PROGRAM, Command::NextProcess(Side::Right), "the next process, with the same view"),
    on(&[ctrl('p')], PROGRAM, Command::NextProcess(Side::Left), "the process before it"),
    on(&[ctrl('z')], EVERYWHERE, Command::Suspend, "leave it to the shell; `fg` comes back"),
    on(&[key(KeyCode::Esc)], ALL, Command::Back, "back; clear the filter; let go of the row").short("back"),
    on(&[key(KeyCode::Down), ch('j')], ALL, Command::Move(Step::Down), "one line down"),
    on(&[key(KeyCode::Up), ch('k')], ALL, Command::Move(Step::Up), "one line up"),
    on(&[key(KeyCode::PageDown), ctrl('f'), ctrl('d')], ALL, Command::Move(Step::PageDown), "one page down"),
    on(&[key(KeyCode::PageUp), ctrl('b'), ctrl('u')], ALL, Command::Move(Step::PageUp), "one page up"),
    on(&[key(KeyCode::Home), ch('g')], ALL, Command::Move(Step::First), "to the first line (gg too)"),
    on(&[key(KeyCode::End), ch('G')], ALL, Command::Move(Step::Last), "to the last line"),
    on(&[key(KeyCode::Enter), ctrl('j')], &[Place::Typing], Command::Keep, "keep the filter").short("keep"),
    on(&[key(KeyCode::Esc)], &[Place::Typing], Command::Back, "leave the filter as it was")
        .short("as it was"),
    on(&[key(KeyCode::Enter), ctrl('j')], &[Place::Prompt], Command::Keep, "do the command").short("do it"),
    on(&[key(KeyCode::Esc)], &[Place::Prompt], Command::Back, "leave it").short("leave it"),
    on(&[key(KeyCode::Tab)], &[Place::Prompt], Command::Complete, "complete the word").short("complete"),
    on(&[key(KeyCode::Up), ctrl('p')], &[Place::Prompt], Command::Recall(Side::Left), "the command before")
        .short("earlier"),
    on(&[key(KeyCode::Down), ctrl('n')], &[Place::Prompt], Command::Recall(Side::Right), "the one after it"),
    on(
        &[key(KeyCode::Left), ctrl('b')],
        LINE,
        Command::Edit(Edit::Cursor(Side::Left)),
        "the cursor to the left",
    ),
    on(
        &[key(KeyCode::Right), ctrl('f')],
        LINE,
        Command::Edit(Edit::Cursor(Side::Right)),
        "the cursor to the right",
    ),
    on(&[key(KeyCode::Home), ctrl('a')], LINE, Command::Edit(Edit::Start), "the cursor to the start"),
    on(&[key(KeyCode::End), ctrl('e')], LINE, Command::Edit(Edit::End), "the cursor to the end"),
    on(
        &[key(KeyCode::Backspace), ctrl('h')],
        LINE,
        Command::Edit(Edit::Backspace),
        "delete the character before the cursor",
    ),
    on(
        &[key(KeyCode::Delete), ctrl('d')],
        LINE,
        Command::Edit(Edit::Delete),
        "delete the character at the cursor",
    ),
    on(&[ctrl('w')], LINE, Command::Edit(Edit::DeleteWord), "delete the word before the cursor")
        .short("delete word"),
    on(&[ctrl('u')], LINE, Command::Edit(Edit::DeleteToStart), "delete up to the start").short("delete all"),
];
