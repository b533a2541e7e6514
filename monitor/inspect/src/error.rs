//! Why a program cannot be read. Each message is one line that says what to do.

use std::path::PathBuf;

/// Why a program cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel refuses: not our user, or Yama.
    #[error(
        "not permitted to read the memory of process {pid}: use sudo, start it with `taskscope run`, set \
         kernel.yama.ptrace_scope to 0, or put #[taskscope_agent::main] on its main function: then the agent's \
         memory right is enough"
    )]
    NotPermitted {
        /// The process.
        pid: u32,
    },
    /// There is no such process, or it ended while it was read.
    #[error("process {pid} is gone: list the live ones with `taskscope ls`")]
    Gone {
        /// The process.
        pid: u32,
    },
    /// Nothing in it looks like a tokio task's vtable.
    #[error("{program} has no tokio tasks in it: only programs that use tokio can be read")]
    NotTokio {
        /// Name of its executable.
        program: String,
    },
    /// It has tokio's functions, but the tables that lead to its tasks look different from all that is known.
    #[error(
        "{program} uses tokio, but lays out its tasks in a way this version does not know: update taskscope, \
         or report the version of tokio"
    )]
    UnknownLayout {
        /// Name of its executable.
        program: String,
    },
    /// A 32-bit program.
    #[error("{program} is a 32-bit program: only 64-bit ones can be read; give it the agent instead")]
    ThirtyTwoBit {
        /// Name of its executable.
        program: String,
    },
    /// A program for another processor.
    #[error("{program} is built for another processor: read it on a machine of its own kind")]
    ForeignArchitecture {
        /// Name of its executable.
        program: String,
    },
    /// The file is no ELF core dump of a program that can be read.
    #[error("{} is not a core dump that can be read: {why}", path.display())]
    NotACore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something that the kernel or a file did not give.
    #[error("cannot read {what}: {source}")]
    Io {
        /// What was to be read.
        what: String,
        /// Why it could not be.
        source: std::io::Error,
    },
}
