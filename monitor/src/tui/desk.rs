//! The clipboard, the editor, files, the shell: what a person does beside looking.

use super::outside::Desk;
use super::terminal;
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;
use std::env;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest text for a clipboard, bytes: terminals take no more.
const MOST_COPIED: usize = 74_994;
/// Names that are tried for a file.
const MOST_NAMES: u32 = 1_000;
/// Editors that take the line as `+N` in front of the file; others take `file:N`, or nothing at all.
const WITH_PLUS: &[&str] =
    &["vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "kak", "joe", "micro", "ne"];
const WITH_COLON: &[&str] = &["hx", "helix", "subl", "zed"];

/// The real ones.
pub(super) struct Here {
    /// The editor with its arguments, if the person has chosen one here.
    editor: Option<String>,
}

impl Here {
    /// With the editor of the environment, unless another one is chosen.
    pub(super) fn new(editor: Option<String>) -> Self {
        Self { editor }
    }
}

impl Desk for Here {
    /// By OSC 52, which goes through ssh and tmux to the terminal that the person sits at.
    fn copy(&mut self, text: &str) -> Result<(), String> {
        let mut end = text.len().min(MOST_COPIED);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let sequence = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
        terminal::send(sequence.as_bytes()).map_err(|error| format!("cannot copy: {error}"))
    }

    fn edit(&mut self, file: &str, line: u32) -> Result<String, String> {
        let path = find(Path::new(file))
            .ok_or_else(|| format!("{file} is not below this folder: start taskscope where the source is"))?;
        let chosen = self.editor.clone().or_else(|| variable("VISUAL")).or_else(|| variable("EDITOR"));
        let editor = chosen.unwrap_or_else(|| "vi".to_owned());
        let mut command = command(&editor, &path, line)?;
        let ended =
            terminal::lend(|| command.status()).map_err(|error| format!("the terminal is gone: {error}"))?;
        match ended {
            Ok(status) if status.success() => Ok(String::new()),
            Ok(status) => Err(format!("{editor} ended with {status}")),
            Err(error) => Err(format!("cannot start {editor}: {error}; $VISUAL or $EDITOR names another")),
        }
    }

    fn save(&mut self, path: &Path, text: &str) -> Result<String, String> {
        for number in 1..=MOST_NAMES {
            let path = numbered(path, number);
            match File::create_new(&path) {
                Ok(mut file) => {
                    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
                    return match written {
                        Ok(()) => Ok(format!("written to {}", path.display())),
                        Err(error) => Err(format!("cannot write {}: {error}", path.display())),
                    };
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
            }
        }
        Err(format!("cannot write {}: it is there already", path.display()))
    }

    fn suspend(&mut self) -> Result<(), String> {
        let stopped = terminal::lend(|| emulate_default_handler(SIGTSTP));
        match stopped {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) | Err(error) => Err(format!("cannot stop: {error}")),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The file where the compiler found it, or below this folder or one above it: a program's paths are those of its
/// workspace.
fn find(file: &Path) -> Option<PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    here.ancestors().map(|folder| folder.join(file)).find(|path| path.is_file())
}

fn command(editor: &str, path: &Path, line: u32) -> Result<Command, String> {
    let mut words = editor.split_whitespace();
    let program = words.next().ok_or("$EDITOR is empty")?;
    let mut command = Command::new(program);
    command.args(words);
    let name = Path::new(program).file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        name if WITH_PLUS.contains(&name) => command.arg(format!("+{line}")).arg(path),
        name if WITH_COLON.contains(&name) => command.arg(format!("{}:{line}", path.display())),
        "code" | "codium" => command.arg("--goto").arg(format!("{}:{line}", path.display())),
        _ => command.arg(path),
    };
    Ok(command)
}

/// `rows.json`, `rows-2.json`, ...
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("rows");
    let name = match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) => format!("{stem}-{number}.{extension}"),
        None => format!("{stem}-{number}"),
    };
    path.with_file_name(name)
}

/// As RFC 4648 writes it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n <= chunk.len() { letter.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_a_terminal_wants_them() {
        for (text, written) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), written);
        }
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_way() {
        let words = |editor: &str| {
            let command = command(editor, Path::new("src/a.rs"), 7).unwrap();
            let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("/usr/bin/vim -p"), "-p +7 src/a.rs");
        assert_eq!((words("hx").as_str(), words("code -w").as_str()), ("src/a.rs:7", "-w --goto src/a.rs:7"));
        assert_eq!(words("true"), "src/a.rs");
    }

    #[test]
    fn no_file_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.json");
        let mut here = Here::new(None);
        here.save(&path, "1").unwrap();
        let said = here.save(&path, "2").unwrap();
        assert!(said.ends_with("rows-2.json"), "{said}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "1");
        assert!(here.save(&folder.path().join("no/rows.json"), "").unwrap_err().contains("cannot write"));
    }
}
