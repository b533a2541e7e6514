//! The programs of `tests/outside`, built once and started.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// As a last resort: a build takes a minute or two, everything else less than a second.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How a program is built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Build {
    pub(crate) package: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) rustflags: &'static str,
    pub(crate) features: &'static [&'static str],
    /// Another version of tokio than the lock file's.
    pub(crate) tokio: Option<&'static str>,
}

impl Build {
    /// Release with all debug information.
    pub(crate) const BASE: Self =
        Self { package: "plain", profile: "release", rustflags: "", features: &["ids"], tokio: None };

    /// The executable.
    pub(crate) fn program(&self) -> PathBuf {
        static BUILT: Mutex<BTreeMap<Build, PathBuf>> = Mutex::new(BTreeMap::new());
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        built.entry(self.clone()).or_insert_with(|| self.build()).clone()
    }

    fn build(&self) -> PathBuf {
        let (source, target) = self.folders();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The settings of .cargo/config.toml hold below the folder in which cargo is started.
        cargo.current_dir(&source).env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", self.rustflags);
        cargo
            .args(["build", "--package", self.package, "--profile", self.profile, "--target-dir"])
            .arg(&target);
        if self.package == "plain" {
            cargo.args(["--no-default-features", "--features", &self.features.join(",")]);
        }
        let output = cargo.output().expect("cargo can be started");
        assert!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
        let folder = if self.profile == "dev" { "debug" } else { self.profile };
        target.join(folder).join(self.package)
    }

    /// The sources, and where to build. Flags and versions have folders of their own, so that one build does not
    /// undo another's.
    fn folders(&self) -> (PathBuf, PathBuf) {
        let targets = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../outside");
        let flags: String = self.rustflags.chars().filter(|c| c.is_alphanumeric()).collect();
        let target = match (self.tokio, &*flags) {
            (None, "") => targets,
            (None, flags) => targets.join("with").join(flags),
            (Some(version), _) => targets.join("with").join(version),
        };
        let Some(version) = self.tokio else { return (source(), target) };
        let copy = target.join("source");
        std::fs::create_dir_all(&copy).expect("the target folder can be written");
        let copied = Command::new("cp").arg("-r").arg(source().join(".")).arg(&copy).status();
        assert!(copied.is_ok_and(|status| status.success()));
        // The others of the workspace want a newer tokio than some.
        let manifest = copy.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("it was copied");
        let alone =
            text.replace(r#"members = ["plain", "plain_axum"]"#, &format!("members = [{:?}]", self.package));
        std::fs::write(&manifest, alone).expect("the target folder can be written");
        let mut cargo = Command::new("cargo");
        let updated =
            cargo.current_dir(&copy).args(["update", "--quiet", "tokio", "--precise", version]).status();
        assert!(updated.is_ok_and(|status| status.success()), "tokio {version}");
        (copy, target)
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&self.program(), arguments)
    }
}

/// The folder of the sources.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/outside")
}

/// A program that runs; it is killed at the end.
pub(crate) struct Running {
    child: Child,
    told: Receiver<String>,
    lines: Vec<String>,
}

impl Running {
    /// Starts an executable, and waits until it is ready.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program);
        let mut child = child.args(arguments).stdout(Stdio::piped()).spawn().expect("it can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut running = Self { child, told, lines: Vec::new() };
        running.wait_for(|lines| lines.iter().any(|line| line == "ready"));
        running
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until what it has printed is enough.
    pub(crate) fn wait_for(&mut self, enough: impl Fn(&[String]) -> bool) {
        while !enough(&self.lines) {
            self.lines.push(self.told.recv_timeout(DEADLINE).expect("it prints what is waited for"));
        }
    }

    /// What stands behind a word at the beginning of each line.
    pub(crate) fn said(&self, word: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
