//! How tokio was built.

/// Whether tokio was built with its task hooks.
pub(crate) const HOOKS: bool = cfg!(tokio_unstable);

/// The build setting without which tokio tells nothing of its tasks.
pub(crate) const CFG_REMEDY: &str = "in .cargo/config.toml: [build] rustflags = [\"--cfg\", \"tokio_unstable\"] \
     (a RUSTFLAGS in the environment overrides that silently)";
