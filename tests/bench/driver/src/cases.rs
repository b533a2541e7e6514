//! What is measured.

/// One workload with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// As `--only` and the report name it.
    pub name: &'static str,
    /// What one operation is.
    pub operation: &'static str,
    /// For the variant's program.
    pub arguments: &'static [&'static str],
    /// How it is driven, and what its figure is.
    pub kind: Kind,
    /// Rounds in a quick run: of those measured often, and of the others. A long run does four times as many.
    pub rounds: (usize, usize),
    /// Takes too much memory for a heavy variant.
    pub large: bool,
}

/// How a workload is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes on for a time; the figure is CPU time an operation.
    Timed,
    /// A server under load on this path; the figure is CPU time a request.
    Server(&'static str),
    /// Tells bytes; the figure is bytes a task of the number in this argument.
    Memory(&'static str, u64),
}

const POLL: Case =
    Case { name: "", operation: "poll", arguments: &[], kind: Kind::Timed, rounds: (12, 3), large: false };

const SPAWN: Case = Case { operation: "spawn + join", ..POLL };
const SERVER: Case = Case { operation: "request", rounds: (19, 2), ..POLL };
const MEMORY: Case = Case { operation: "task", rounds: (5, 2), ..POLL };

/// Every case, in the order of the report.
pub fn all() -> Vec<Case> {
    vec![
        Case {
            name: "poll, 64 live, 1 worker",
            arguments: &["workload=poll", "live=64", "workers=1"],
            ..POLL
        },
        Case {
            name: "poll, 64 live, 2 workers",
            arguments: &["workload=poll", "live=64", "workers=2"],
            ..POLL
        },
        Case {
            name: "poll, 10k live, 1 worker",
            arguments: &["workload=poll", "live=10000", "workers=1"],
            ..POLL
        },
        Case {
            name: "poll, 10k live, 2 workers",
            arguments: &["workload=poll", "live=10000", "workers=2"],
            rounds: (9, 3),
            ..POLL
        },
        Case {
            name: "poll, 10k live, 1 worker, cache-cold",
            arguments: &["workload=poll", "live=10000", "workers=1", "cold=32"],
            rounds: (9, 3),
            ..POLL
        },
        Case {
            name: "poll, 1M live, 1 worker",
            arguments: &["workload=poll", "live=1000000", "workers=1"],
            rounds: (4, 1),
            large: true,
            ..POLL
        },
        Case {
            name: "spawn + join, from a task",
            arguments: &["workload=spawn", "from=task", "workers=1"],
            ..SPAWN
        },
        Case {
            name: "spawn + join, from another thread",
            arguments: &["workload=spawn", "from=thread", "workers=1"],
            ..SPAWN
        },
        Case {
            name: "mpsc ping-pong",
            operation: "round trip",
            arguments: &["workload=ping_pong", "workers=1"],
            rounds: (9, 3),
            ..POLL
        },
        Case {
            name: "memory, live tasks",
            arguments: &["workload=live", "workers=1"],
            kind: Kind::Memory("live", 200_000),
            ..MEMORY
        },
        Case {
            name: "memory, ended tasks",
            arguments: &["workload=ended", "workers=1"],
            kind: Kind::Memory("count", 200_000),
            ..MEMORY
        },
        Case {
            name: "axum, /",
            rounds: (7, 2),
            arguments: &["workload=server", "workers=1", "processor=0"],
            kind: Kind::Server("/"),
            ..SERVER
        },
        Case {
            name: "axum, /spawn",
            arguments: &["workload=server", "workers=1", "processor=0"],
            kind: Kind::Server("/spawn"),
            ..SERVER
        },
    ]
}
