//! Whose a function is: the program's own, a dependency's, tokio's, the standard library's.

use taskscope_model::codes::Origin;

/// Folders in which cargo keeps what a program depends on.
const DEPENDENCIES: &[&str] = &["/registry/src/", "/git/checkouts/", "/vendor/"];
/// Crates that are tokio, by the beginning of their folder's name.
const TOKIO: &[&str] = &["tokio-1.", "tokio-util-", "tokio-macros-", "tokio-stream-", "mio-1.", "mio-0."];

/// Tells origins by paths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// What is the program's own, if its owner says so: beginnings or parts of paths.
    user_paths: Vec<String>,
}

impl Origins {
    /// Reads a list of paths with colons between them; what lies in none of them is not the program's own. An
    /// empty list leaves it to the rules.
    pub(crate) fn new(user_paths: &str) -> Self {
        let paths = user_paths.split(':').filter(|path| !path.is_empty());
        Self { user_paths: paths.map(str::to_owned).collect() }
    }

    /// Whose a function is.
    pub(super) fn of(&self, file: &str, function: &str, is_executable: bool) -> Origin {
        if file.is_empty() {
            return by_name(function, is_executable);
        }
        let chosen = self.user_paths.iter().any(|path| file.contains(path.as_str()));
        let by_path = by_path(file);
        match by_path {
            _ if chosen => Origin::USER,
            // In the tree of taskscope itself, and nowhere else, the agent lies beside the program.
            Origin::USER if is_agent(function) || !self.user_paths.is_empty() => Origin::DEPENDENCY,
            _ => by_path,
        }
    }
}

fn by_path(file: &str) -> Origin {
    if file.starts_with("/rustc/") || file.contains("/rustlib/src/rust/") {
        return Origin::STD;
    }
    let Some((_, within)) = DEPENDENCIES.iter().find_map(|folder| file.split_once(folder)) else {
        return Origin::USER;
    };
    let tokio =
        within.split('/').any(|part| TOKIO.iter().any(|name| part.starts_with(name)) || part == "tokio");
    if tokio { Origin::TOKIO } else { Origin::DEPENDENCY }
}

/// Without debug information only the name is left, and a crate of the program's looks like any other.
fn by_name(function: &str, is_executable: bool) -> Origin {
    let function = function.trim_start_matches(['<', '&', '(']);
    let of = |crates: &[&str]| {
        crates.iter().any(|name| function.strip_prefix(name).is_some_and(|rest| rest.starts_with("::")))
    };
    if of(&["std", "core", "alloc"]) {
        Origin::STD
    } else if of(&["tokio", "mio", "tokio_util"]) {
        Origin::TOKIO
    } else if !is_executable {
        Origin::SYSTEM
    } else {
        Origin::default()
    }
}

fn is_agent(function: &str) -> bool {
    function.trim_start_matches(['<', '&']).starts_with("taskscope_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell() {
        let cases = [
            ("/rustc/abc123/library/std/src/thread/mod.rs", Origin::STD),
            ("/home/u/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/ptr.rs", Origin::STD),
            (
                "/home/u/.cargo/registry/src/index-1949cf8c6b5b557f/tokio-1.47.0/src/task/mod.rs",
                Origin::TOKIO,
            ),
            ("/home/u/.cargo/registry/src/index-1949cf8c6b5b557f/hyper-1.4.0/src/lib.rs", Origin::DEPENDENCY),
            (
                "/home/u/.cargo/registry/src/index-1949cf8c6b5b557f/tokio-postgres-0.7.0/src/lib.rs",
                Origin::DEPENDENCY,
            ),
            ("/home/u/.cargo/git/checkouts/thing-0123/abc/src/lib.rs", Origin::DEPENDENCY),
            ("/home/u/shop/vendor/tokio/src/lib.rs", Origin::TOKIO),
            ("/home/u/shop/src/main.rs", Origin::USER),
        ];
        for (file, origin) in cases {
            assert_eq!(Origins::default().of(file, "f", true), origin, "{file}");
        }
    }

    #[test]
    fn the_owner_knows_better() {
        let origins = Origins::new("/shop/:hyper-1");
        let of = |file| origins.of(file, "f", true);
        assert_eq!(of("/home/u/shop/src/main.rs"), Origin::USER);
        assert_eq!(of("/home/u/.cargo/registry/src/x/hyper-1.4.0/src/lib.rs"), Origin::USER);
        assert_eq!(of("/home/u/framework/src/lib.rs"), Origin::DEPENDENCY);
        assert_eq!(of("/rustc/abc/library/std/src/fs.rs"), Origin::STD);
    }

    #[test]
    fn names_tell_where_there_are_no_paths() {
        let of = |function, executable| Origins::default().of("", function, executable);
        assert_eq!(of("<std::sync::Mutex<T>>::lock", true), Origin::STD);
        assert_eq!(of("tokio::runtime::park", true), Origin::TOKIO);
        assert_eq!(of("clock_nanosleep", false), Origin::SYSTEM);
        assert_eq!(of("shop::pay", true), Origin::default());
    }
}
