//! The config file: what a person wants at every start. One table holds each key, its values and what it does; a
//! key or value that is not in it is an error that says where, and what may have been meant.

use super::looks::{Looks, Palette};
use super::nearest::words_near;
use super::screen::Screen;
use super::ui::Ui;
use directories::ProjectDirs;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Names another file, or with nothing in it none.
const VARIABLE: &str = "TASKSCOPE_CONFIG";

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    /// It is there and cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It says something that it cannot say.
    #[error("{}: {message}", .path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What, and what may have been meant.
        message: String,
    },
}

/// What a person wants at every start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// The colours; `None`: what the environment says.
    theme: Option<Palette>,
    /// Nothing but ASCII; `None`: what the environment says.
    ascii: Option<bool>,
    /// Whether the mouse is ours. With Shift it is the terminal's in any case.
    pub(super) mouse: bool,
    /// The screen at the start.
    screen: Screen,
    /// The order of the tasks.
    sort: Option<String>,
    /// Whether it is turned round.
    reverse: bool,
    /// The filter at the start.
    filter: String,
    /// Ended tasks in the table too.
    ended: bool,
    /// The editor, with its arguments.
    pub(super) editor: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: None,
            ascii: None,
            mouse: true,
            screen: Screen::Tasks,
            sort: None,
            reverse: false,
            filter: String::new(),
            ended: false,
            editor: None,
        }
    }
}

/// One key.
pub(super) struct Setting {
    /// Its name.
    pub(super) key: &'static str,
    /// Its values, as a person reads them.
    pub(super) values: &'static str,
    /// What it does.
    pub(super) help: &'static str,
    set: fn(&mut Config, &toml::Value) -> Result<(), String>,
}

/// Every key.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "theme",
        values: "\"dark\", \"light\", \"16\" or \"none\"",
        help: "colours; else NO_COLOR, COLORFGBG, COLORTERM and TERM decide",
        set: |config, value| {
            let names: Vec<_> = Palette::ALL.iter().map(|(name, _)| *name).collect();
            let name = text(value)?;
            config.theme = Some(Palette::named(name).ok_or_else(|| words_near(name, &names))?);
            Ok(())
        },
    },
    Setting {
        key: "ascii",
        values: "true or false",
        help: "no signs but ASCII's; else LC_ALL, LC_CTYPE and LANG decide",
        set: |config, value| flag(value).map(|is| config.ascii = Some(is)),
    },
    Setting {
        key: "mouse",
        values: "true or false",
        help: "clicks and the wheel; with Shift they are the terminal's in any case",
        set: |config, value| flag(value).map(|is| config.mouse = is),
    },
    Setting {
        key: "screen",
        values: "\"overview\", \"tasks\", \"findings\" ...",
        help: "the screen at the start",
        set: |config, value| {
            let names: Vec<String> = Screen::ALL.iter().map(|screen| screen.title().to_lowercase()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let name = text(value)?;
            config.screen = Screen::named(name).ok_or_else(|| words_near(name, &names))?;
            Ok(())
        },
    },
    Setting {
        key: "sort",
        values: "a key of the filters",
        help: "the order of the tasks at the start",
        set: |config, value| {
            let name = text(value)?;
            taskscope_model::Order::parse(name, false).map_err(|error| error.to_string())?;
            config.sort = Some(name.to_owned());
            Ok(())
        },
    },
    Setting {
        key: "reverse",
        values: "true or false",
        help: "that order turned round",
        set: |config, value| flag(value).map(|is| config.reverse = is),
    },
    Setting {
        key: "filter",
        values: "a filter",
        help: "the filter of the tasks at the start",
        set: |config, value| {
            taskscope_model::Query::parse(text(value)?).map_err(|error| error.to_string())?;
            config.filter = text(value)?.to_owned();
            Ok(())
        },
    },
    Setting {
        key: "ended",
        values: "true or false",
        help: "ended tasks in the table too",
        set: |config, value| flag(value).map(|is| config.ended = is),
    },
    Setting {
        key: "editor",
        values: "a program with its arguments",
        help: "what opens a line of the source; else $VISUAL and $EDITOR decide",
        set: |config, value| text(value).map(|name| config.editor = Some(name.to_owned())),
    },
];

fn text(value: &toml::Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("a text in quotes is wanted, not {value}"))
}

fn flag(value: &toml::Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("true or false is wanted, not {value}"))
}

impl Config {
    /// Reads the person's file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or says something that it cannot say.
    pub(super) fn read() -> Result<Self, ConfigError> {
        let path = match env::var_os(VARIABLE) {
            Some(path) if path.is_empty() => return Ok(Self::default()),
            Some(path) => Some(PathBuf::from(path)),
            None => ProjectDirs::from("", "", "taskscope").map(|dirs| dirs.config_dir().join("config.toml")),
        };
        path.map_or_else(|| Ok(Self::default()), |path| Self::of_file(&path))
    }

    fn of_file(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                Self::parse(&text).map_err(|message| ConfigError::Wrong { path: path.to_owned(), message })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::Unreadable { path: path.to_owned(), error }),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
            format!("line {}: {}", line.unwrap_or(1), error.message())
        })?;
        let mut config = Self::default();
        for (key, value) in &table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
                let keys: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
                return Err(words_near(key, &keys));
            };
            (setting.set)(&mut config, value).map_err(|why| format!("{key}: {why}"))?;
        }
        Ok(config)
    }

    /// The looks, where the person has chosen none those that the environment allows.
    pub(super) fn looks(&self, otherwise: Looks) -> Looks {
        Looks {
            palette: self.theme.unwrap_or(otherwise.palette),
            ascii: self.ascii.unwrap_or(otherwise.ascii),
        }
    }

    /// Sets up what is shown first.
    pub(super) fn set_up(&self, ui: &mut Ui) {
        ui.screen = self.screen;
        let wanted = &mut ui.tasks.wanted;
        if let Some(key) = &self.sort {
            wanted.sort(key, self.reverse);
        } else if self.reverse {
            wanted.sort(wanted.order_key(), true);
        }
        wanted.ended = self.ended;
        // It was parsed when it was read.
        let _ = wanted.filter(&self.filter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set() {
        let text = "theme = \"light\"\nascii = true\nmouse = false\nscreen = \"overview\"\nsort = \"polls\"\n\
                    reverse = true\nfilter = \"busy>5ms\"\nended = true\neditor = \"vim -p\"\n";
        assert_eq!(text.lines().count(), SETTINGS.len());
        let config = Config::parse(text).unwrap();
        let looks = config.looks(Looks::default());
        assert_eq!(looks, Looks { palette: Palette::Light, ascii: true });
        let mut ui = Ui::new((80, 24).into(), looks);
        config.set_up(&mut ui);
        assert_eq!((ui.screen, ui.tasks.wanted.order_key()), (Screen::Overview, "polls"));
        assert!(
            ui.tasks.wanted.order.reverse() && ui.tasks.wanted.ended && ui.tasks.wanted.text == "busy>5ms"
        );
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_may_have_been_meant() {
        for (text, said) in [
            ("tehme = \"dark\"", "there is no `tehme`; `theme` is near"),
            ("theme = \"drak\"", "theme: there is no `drak`; `dark` is near"),
            ("mouse = \"yes\"", "mouse: true or false is wanted, not \"yes\""),
            ("mouse = true\nascii =", "line 2: "),
            ("filter = \"buzy>5ms\"", "filter: wrong query at column 1"),
            ("sort = \"buzy\"", "sort: `buzy` is no sort key"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.starts_with(said), "{text}: {error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        assert_eq!(Config::of_file(&path).unwrap(), Config::default(), "there is none");
        fs::write(&path, "x = 1").unwrap();
        assert!(Config::of_file(&path).unwrap_err().to_string().contains("config.toml: one of theme, "));
        assert!(Config::of_file(folder.path()).unwrap_err().to_string().starts_with("cannot read"));
    }
}
