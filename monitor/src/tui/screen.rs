//! The screens of the tab bar.

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Screen {
    /// Health at a glance.
    Overview,
    /// The table of tasks.
    Tasks,
    /// One task.
    Task,
    /// What is wrong.
    Findings,
    /// Workers, queues, blocking threads.
    Runtime,
    /// Tasks that have ended.
    Ended,
    /// What has happened.
    Events,
    /// Locks, semaphores, timers and channels.
    Resources,
}

impl Screen {
    /// Every screen, in the order of the tab bar: the first one has the key 1.
    pub(super) const ALL: [Screen; 8] = [
        Screen::Overview,
        Screen::Tasks,
        Screen::Task,
        Screen::Findings,
        Screen::Runtime,
        Screen::Ended,
        Screen::Events,
        Screen::Resources,
    ];

    /// Its name in the tab bar.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Screen::Overview => "Overview",
            Screen::Tasks => "Tasks",
            Screen::Task => "Task",
            Screen::Findings => "Findings",
            Screen::Runtime => "Runtime",
            Screen::Ended => "Ended",
            Screen::Events => "Events",
            Screen::Resources => "Resources",
        }
    }

    /// The screen of that name, whatever its case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|screen| screen.title().eq_ignore_ascii_case(name))
    }

    /// Its place in the tab bar.
    pub(super) fn number(self) -> usize {
        Self::ALL.iter().position(|screen| *screen == self).unwrap_or(0)
    }

    /// Whether it is a table of tasks.
    pub(super) const fn is_table(self) -> bool {
        matches!(self, Screen::Tasks | Screen::Ended)
    }
}
