//! A place where a test's programs and monitors are among themselves.

use crate::process::{Process, Ran};
use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The user whom systems keep for those who are nobody, and its group.
const NOBODY: u32 = 65534;

/// A private runtime folder and a private temp folder. What is started in it must be started by its commands.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// An empty one, gone when this is dropped.
    ///
    /// # Panics
    /// The temp folder of the system cannot be written to.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder can be made");
        let place = Self { folder };
        for inner in [place.runtime_folder(), place.temp_folder()] {
            std::fs::create_dir(&inner).expect("an empty folder takes a new one");
            std::fs::set_permissions(&inner, Permissions::from_mode(0o700)).expect("the folder is ours");
        }
        place
    }

    /// What `XDG_RUNTIME_DIR` is here.
    pub fn runtime_folder(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// What `TMPDIR` is here.
    pub fn temp_folder(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// The folder around both.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The socket of the agent in that process.
    pub fn socket(&self, pid: u32) -> PathBuf {
        self.runtime_folder().join("taskscope").join(format!("{pid}.sock"))
    }

    /// A command that sees only this place's sockets, and none of the settings of whoever runs the tests.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let ours = |name: &str| name.starts_with("TASKSCOPE") || name == "COLUMNS" || name == "NO_COLOR";
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(ours) {
                command.env_remove(name);
            }
        }
        command.env("XDG_RUNTIME_DIR", self.runtime_folder()).env("TMPDIR", self.temp_folder());
        // A panic that prints its backtrace reads debug information for so long that its poll is rightly found slow.
        command.env("RUST_BACKTRACE", "0");
        // Port 1 is nobody's: no program of somebody else's that runs console-subscriber is seen.
        command.env("TOKIO_CONSOLE_BIND", "127.0.0.1:1");
        // Nor are the programs of other tests, which can all be seen from outside.
        command.env("TASKSCOPE_OUTSIDE", "off");
        // Nor what this user wants of the terminal interface.
        command.env("TASKSCOPE_CONFIG", "");
        command.current_dir(self.path());
        command
    }

    /// A copy of a program under another name, and so another program.
    ///
    /// # Panics
    /// It cannot be copied.
    pub fn copy(&self, program: &Path, name: &str) -> PathBuf {
        let copy = self.path().join(name);
        std::fs::hard_link(program, &copy)
            .or_else(|_| std::fs::copy(program, &copy).map(drop))
            .expect("the program can be copied");
        copy
    }

    /// Starts a program that says `ready`.
    #[track_caller]
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Process {
        Process::ready(self.command(program).args(arguments))
    }

    /// Runs the monitor to its end.
    #[track_caller]
    pub fn taskscope(&self, arguments: &[&str]) -> Ran {
        Process::begin(self.command(crate::built::taskscope()).args(arguments)).wait()
    }
}

/// Whether the tests run as root, who alone can be other users too.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Has a command run as nobody.
pub fn nobody(command: &mut Command) -> &mut Command {
    command.uid(NOBODY).gid(NOBODY)
}

/// A loopback address that nobody listens on now.
///
/// # Panics
/// All ports are taken.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.local_addr().expect("it has an address")
}
