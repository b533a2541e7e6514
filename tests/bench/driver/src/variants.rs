//! The variants, in the order of the report. The first is what the others are compared with.

/// One way to run the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// As `--variants` and the report name it.
    pub name: &'static str,
    /// The package's name after `taskscope-bench-`.
    pub package: &'static str,
    /// Built with `--cfg tokio_unstable`.
    pub unstable: bool,
    /// Further arguments.
    pub arguments: &'static [&'static str],
    /// A client is attached to the agent while it is measured.
    pub attached: bool,
    /// A bound rests on it: measured in every round, not only in the first ones.
    pub often: bool,
    /// Takes tens of kilobytes a task: gets a tenth of the tasks where their number may differ.
    pub heavy: bool,
}

const PEER: Variant = Variant {
    name: "",
    package: "",
    unstable: true,
    arguments: &[],
    attached: false,
    often: false,
    heavy: false,
};

const OURS: Variant = Variant { package: "agent", often: true, ..PEER };

/// What the others are compared with.
pub const BARE: &str = "bare";

const ALL: &[Variant] = &[
    Variant { name: BARE, package: "bare", often: true, ..PEER },
    Variant { name: "off", arguments: &["level=off"], ..OURS },
    Variant { name: "hooks", arguments: &["level=hooks"], ..OURS },
    Variant { name: "attached", arguments: &["level=hooks"], attached: true, ..OURS },
    Variant { name: "wrapped", arguments: &["level=hooks", "spawn=wrapped"], ..OURS },
    Variant { name: "wrapped, debug", arguments: &["level=debug", "spawn=wrapped"], often: false, ..OURS },
    Variant { name: "observed", arguments: &["level=hooks", "spawn=observed"], ..OURS },
    Variant { name: "bare, no cfg", package: "bare", unstable: false, ..PEER },
    Variant { name: "empty hooks", package: "bare", arguments: &["hooks=empty"], ..PEER },
    Variant { name: "hooks that read the TSC", package: "bare", arguments: &["hooks=tsc"], ..PEER },
    Variant { name: "console-subscriber", package: "console", heavy: true, ..PEER },
    Variant { name: "dial9, tokio::spawn", package: "dial9", arguments: &["spawn=tokio"], ..PEER },
    Variant { name: "dial9, dial9::spawn", package: "dial9", arguments: &["spawn=dial9"], ..PEER },
    Variant { name: "TaskMonitor", package: "task-monitor", ..PEER },
    Variant { name: "async-backtrace", package: "async-backtrace", ..PEER },
    Variant { name: "await-tree", package: "await-tree", ..PEER },
];

/// The variants whose names begin with one of a list; the bare one always.
pub fn chosen(names: Option<&str>) -> Vec<Variant> {
    let wanted = |variant: &Variant| {
        let named = |names: &str| names.split(',').any(|name| variant.name.starts_with(name));
        variant.name == BARE || names.is_none_or(named)
    };
    ALL.iter().copied().filter(wanted).collect()
}
