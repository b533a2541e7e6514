//! What is seen from outside and what is not, and the line that would show more.

use taskscope_inspect::{Information, Snapshot, Sure, TaskState, Unread};
use taskscope_model::change::Coverage;
use taskscope_model::codes::Seen;

const AGENT: &str = "#[taskscope_agent::main] on the main function";
const TYPES: &str = "debug = 2 below [profile.release] in Cargo.toml";
const UNSTRIPPED: &str = "debug = 2 below [profile.release] in Cargo.toml, and no strip there";
const UNSPLIT: &str = "PROGRAM.dwp of the same build beside the program, or split-debuginfo = \"off\" below \
                       [profile.release] in Cargo.toml";
const WHOLE: &str = "a whole copy of the build's PROGRAM.dwp beside the program";
const SAME_BUILD: &str = "PROGRAM.dwp of the build that runs, beside the program as it was started; or a restart of \
                          what was built last";
const SPAWN_LOCATIONS: &str =
    "rustflags = [\"--cfg\", \"tokio_unstable\"] below [build] in .cargo/config.toml";

/// What the last look has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) information: Information,
    /// Why debug information in files of its own was not read, if so.
    pub(super) unread: Option<Unread>,
    pub(super) tasks: usize,
    /// Tasks of which no name is known, and those whose name may be another's.
    pub(super) nameless: usize,
    pub(super) inferred: usize,
    /// Tasks that wait, and it is not seen where.
    pub(super) unseen: usize,
    /// Tasks that say where they were spawned.
    pub(super) spawned_at: usize,
    /// Tasks that nobody spawned.
    pub(super) roots: usize,
}

impl Shown {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let tasks = || snapshot.tasks.iter();
        let is_inferred = |task: &&taskscope_inspect::Task| {
            task.future.as_ref().is_some_and(|name| name.sure == Sure::Inferred)
        };
        Self {
            information: snapshot.information,
            unread: snapshot.unread,
            tasks: tasks().count(),
            nameless: tasks().filter(|task| task.future.is_none()).count(),
            inferred: tasks().filter(is_inferred).count(),
            unseen: tasks().filter(|task| task.state == TaskState::Idle && task.awaits.is_none()).count(),
            roots: tasks().filter(|task| task.id.is_root()).count(),
            spawned_at: tasks().filter(|task| task.spawned_at.is_some()).count(),
        }
    }
}

/// Everything there is to say.
pub(super) fn coverage(shown: &Shown) -> Vec<Coverage> {
    vec![
        topic("tasks", Seen::YES, "", ""),
        topic("polls", Seen::NO, "memory does not tell how often and how long tasks were polled", AGENT),
        topic("outcomes", Seen::NO, "of a task that is over nothing is left in memory", AGENT),
        topic("spawners", Seen::NO, "memory does not tell which task spawned which", AGENT),
        spawn_locations(shown),
        topic("scheduled", Seen::NO, "memory tells that a task was woken, not when", AGENT),
        names(shown),
        topic("wakes", Seen::NO, "memory does not tell how often a task was woken", AGENT),
        trees(shown),
        topic("stacks", Seen::NO, "the program is not stopped, and its stacks are not taken", AGENT),
        topic("local tasks", Seen::YES, "", ""),
        topic("blocking tasks", Seen::YES, "", ""),
        updates(),
    ]
}

fn topic(topic: &str, seen: Seen, why: &str, remedy: &str) -> Coverage {
    Coverage { topic: topic.to_owned(), seen, why: why.to_owned(), remedy: remedy.to_owned() }
}

fn updates() -> Coverage {
    let why = "it is looked at once a second: what comes and goes in between is not seen";
    topic("updates", Seen::PARTLY, why, AGENT)
}

fn spawn_locations(shown: &Shown) -> Coverage {
    match shown.spawned_at {
        0 if shown.tasks > shown.roots => {
            topic("spawn locations", Seen::NO, "tokio notes them only if built for that", SPAWN_LOCATIONS)
        }
        _ => topic("spawn locations", Seen::YES, "", ""),
    }
}

fn names(shown: &Shown) -> Coverage {
    let Shown { nameless, inferred, .. } = *shown;
    let remedy = remedy(shown);
    match (nameless, inferred) {
        (0, 0) => topic("names", Seen::YES, "", ""),
        (0, inferred) => {
            let why = format!(
                "of {inferred} tasks the type of the future follows from the name of a function, which may \
                 have been merged with another"
            );
            topic("names", Seen::PARTLY, &why, remedy)
        }
        (all, _) if all == shown.tasks && shown.unread.is_none() => {
            topic("names", Seen::NO, "the program has no debug information and no symbols", remedy)
        }
        (nameless, _) => {
            let why = match shown.unread {
                Some(unread) => apart(unread).0.to_owned(),
                None => format!("of {nameless} tasks neither debug information nor symbols tell the type"),
            };
            topic("names", if nameless == shown.tasks { Seen::NO } else { Seen::PARTLY }, &why, remedy)
        }
    }
}

fn trees(shown: &Shown) -> Coverage {
    let remedy = remedy(shown);
    match (shown.information, shown.unseen) {
        (Information::Types, 0) => topic("await trees", Seen::YES, "", ""),
        (Information::Types, unseen) => {
            let why = match shown.unread {
                Some(unread) => apart(unread).0.to_owned(),
                None => format!(
                    "{unseen} of {} tasks changed while they were read, or the debug information does not describe \
                     what they wait in",
                    shown.tasks
                ),
            };
            topic("await trees", Seen::PARTLY, &why, remedy)
        }
        (Information::Functions, _) => {
            let why = "its debug information describes functions and lines, and no types";
            topic("await trees", Seen::NO, why, remedy)
        }
        (Information::Split, _) => {
            let why = apart(shown.unread.unwrap_or(Unread::Missing)).0;
            topic("await trees", Seen::NO, why, remedy)
        }
        (Information::Symbols, _) => topic("await trees", Seen::NO, "it has no debug information", remedy),
        (Information::Nothing, _) => {
            topic("await trees", Seen::NO, "it has no debug information and no symbols", remedy)
        }
    }
}

fn remedy(shown: &Shown) -> &'static str {
    match (shown.unread, shown.information) {
        (Some(unread), _) => apart(unread).1,
        (None, Information::Split) => UNSPLIT,
        (None, Information::Types) => "",
        (None, Information::Functions | Information::Symbols) => TYPES,
        (None, Information::Nothing) => UNSTRIPPED,
    }
}

/// Why debug information in files of its own is not read, and what helps.
fn apart(unread: Unread) -> (&'static str, &'static str) {
    match unread {
        Unread::Missing => {
            ("its debug information is in a file of its own (split-debuginfo), which is not there", UNSPLIT)
        }
        Unread::Damaged => {
            ("the file with its debug information (.dwp or .dwo) is cut off or damaged", WHOLE)
        }
        Unread::OtherBuild => {
            ("the file with debug information (.dwp or .dwo) is of another build than what runs", SAME_BUILD)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about<'a>(all: &'a [Coverage], wanted: &str) -> &'a Coverage {
        all.iter().find(|it| it.topic == wanted).unwrap()
    }

    #[test]
    fn what_is_kept_apart_is_asked_for() {
        for (unread, words) in [
            (Unread::Missing, "split-debuginfo"),
            (Unread::Damaged, "a whole copy"),
            (Unread::OtherBuild, "of the build that runs"),
        ] {
            let unread = Some(unread);
            let none =
                Shown { information: Information::Split, unread, tasks: 5, nameless: 5, ..Shown::default() };
            let some = Shown {
                information: Information::Types,
                unread,
                tasks: 5,
                nameless: 1,
                unseen: 1,
                ..Shown::default()
            };
            for (shown, seen) in [(none, Seen::NO), (some, Seen::PARTLY)] {
                for it in ["names", "await trees"].map(|topic| about(&coverage(&shown), topic).clone()) {
                    assert_eq!(it.seen, seen, "{it:?}");
                    assert!(it.remedy.contains(words) && it.why.contains("debug information"), "{it:?}");
                }
            }
            let all = Shown { information: Information::Types, unread, tasks: 5, ..Shown::default() };
            assert_eq!(
                about(&coverage(&all), "await trees").seen,
                Seen::YES,
                "nobody needs what is not read"
            );
        }
    }

    #[test]
    fn what_is_missing_names_the_line_that_would_show_it() {
        let all = Shown { information: Information::Types, tasks: 5, spawned_at: 5, ..Shown::default() };
        let told = coverage(&all);
        assert_eq!(about(&told, "await trees").seen, Seen::YES);
        assert_eq!(about(&told, "names").seen, Seen::YES);
        assert_eq!(about(&told, "spawn locations").seen, Seen::YES);

        let lines = Shown { information: Information::Functions, tasks: 5, inferred: 5, ..Shown::default() };
        let told = coverage(&lines);
        assert_eq!(about(&told, "await trees").seen, Seen::NO);
        assert!(about(&told, "await trees").remedy.starts_with("debug = 2"));
        assert_eq!(about(&told, "names").seen, Seen::PARTLY);

        let stripped = Shown { tasks: 5, nameless: 5, ..Shown::default() };
        let told = coverage(&stripped);
        assert_eq!(about(&told, "names").seen, Seen::NO);
        assert!(about(&told, "names").remedy.contains("strip"));
        for it in told.iter().filter(|it| it.seen != Seen::YES) {
            assert!(!it.why.is_empty() && !it.remedy.is_empty(), "{it:?}");
        }
    }
}
