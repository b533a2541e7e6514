//! Which colours and signs may be used.

/// Colours and signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// Colours.
    pub(super) palette: Palette,
    /// Whether there are no signs but ASCII's.
    pub(super) ascii: bool,
}

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Palette {
    /// None (`NO_COLOR`).
    #[default]
    None,
    /// The terminal's own 16.
    Ansi,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
}

impl Palette {
    /// Every one, by its name.
    pub(super) const ALL: [(&str, Palette); 4] =
        [("dark", Palette::Dark), ("light", Palette::Light), ("16", Palette::Ansi), ("none", Palette::None)];

    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, palette)| *palette)
    }
}

impl Looks {
    /// What the environment allows. `variable` reads it.
    pub(super) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        // See <https://no-color.org>.
        let palette = match () {
            () if set("NO_COLOR").is_some() => Palette::None,
            () if set("TERM").is_some_and(|term| term == "dumb") => Palette::None,
            // Background last, as rxvt, Konsole and others tell: 7 and 9 to 15 are light.
            () if set("COLORFGBG").is_some_and(|it| is_light(&it)) => Palette::Light,
            () if set("COLORTERM").is_some() => Palette::Dark,
            () if set("TERM").is_some_and(|term| term.contains("256color")) => Palette::Dark,
            () => Palette::Ansi,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
        let ascii = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !(locale.contains("utf-8") || locale.contains("utf8"))
        });
        Self { palette, ascii: ascii || set("TERM").is_some_and(|term| term == "linux") }
    }
}

fn is_light(colours: &str) -> bool {
    let background = colours.rsplit(';').next().and_then(|it| it.parse().ok());
    background.is_some_and(|it: u8| it == 7 || (9..=15).contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Looks {
        Looks::of_environment(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_says_what_a_terminal_can_show() {
        let utf8 = ("LANG", "en_GB.UTF-8");
        assert_eq!(of(&[]), Looks { palette: Palette::Ansi, ascii: false }, "nothing says it cannot");
        assert_eq!(of(&[("TERM", "xterm-256color"), utf8]).palette, Palette::Dark);
        assert_eq!(of(&[("COLORFGBG", "0;15"), utf8]).palette, Palette::Light);
        assert_eq!(of(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]).palette, Palette::None);
        assert!(of(&[("LC_ALL", "C"), utf8]).ascii && !of(&[utf8]).ascii);
    }
}
