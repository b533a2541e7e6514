//! The line behind `:`: what is done with what is typed there.

use crate::source::one_line;
use crate::tui::action::Effect;
use crate::tui::commands::{self, COMMANDS, Entry, calls};
use crate::tui::nearest::nearest;
use crate::tui::typing::{TextLine, Typing};
use crate::tui::ui::Ui;
use taskscope_model::World;
use taskscope_model::codes::OfferKind;

/// Commands that are remembered.
const MOST_TYPED: usize = 200;
/// Candidates that are named.
const MOST_NAMED: usize = 12;

/// Does the command. What is wrong with it is said below the line, which stays.
pub(super) fn enter(ui: &mut Ui, world: &World) -> Effect {
    let Some(Typing::Command(mut prompt)) = ui.typing.take() else { return Effect::None };
    let text = prompt.line.text().trim().to_owned();
    if text.is_empty() {
        return Effect::None;
    }
    match execute(ui, world, &text) {
        Ok(effect) => {
            ui.typed.retain(|typed| *typed != text);
            ui.typed.push(text);
            if ui.typed.len() > MOST_TYPED {
                ui.typed.remove(0);
            }
            effect
        }
        Err(why) => {
            prompt.error = Some(why);
            ui.typing = Some(Typing::Command(prompt));
            Effect::None
        }
    }
}

fn execute(ui: &mut Ui, world: &World, text: &str) -> Result<Effect, String> {
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if commands::named(name).is_none() && calls::commands(ui, world).iter().any(|offer| offer == name) {
        return calls::call(ui, world, text);
    }
    let entry = commands::named(name).ok_or_else(|| {
        let names = COMMANDS.iter().map(|entry| entry.name);
        match nearest(name, names) {
            Some(near) => format!("there is no command `{name}`; `{near}` is near"),
            None => format!("there is no command `{name}`; Tab lists those there are"),
        }
    })?;
    (entry.run)(ui, world, arguments.trim())
}

/// The word before the cursor, where it begins, and what could stand in its place.
fn candidates(ui: &Ui, world: &World, before: &str) -> (String, usize, Vec<String>) {
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let (head, word) = before.split_at(start);
    let all: Vec<String> = match head.split_whitespace().next() {
        None => {
            let own = calls::commands(ui, world).into_iter().filter(|name| commands::named(name).is_none());
            COMMANDS.iter().map(|entry| entry.name.to_owned()).chain(own).collect()
        }
        Some(name) => commands::named(name).map(|entry| (entry.complete)(ui, world)).unwrap_or_default(),
    };
    let matching = all.into_iter().filter(|it| it.starts_with(word)).collect();
    (word.to_owned(), start, matching)
}

/// Completes the word before the cursor as far as that is clear.
pub(super) fn complete(ui: &mut Ui, world: &World) {
    let Some(Typing::Command(prompt)) = &ui.typing else { return };
    let (text, before) = (prompt.line.text(), prompt.line.before_cursor());
    let (word, start, matching) = candidates(ui, world, &before);
    let Some(common) = common_start(&matching).filter(|common| common.len() >= word.len()) else { return };
    let gap = if matching.len() == 1 { " " } else { "" };
    let done = format!("{}{common}{gap}", &before[..start]);
    let rest: String = text.chars().skip(before.chars().count()).collect();
    let line = TextLine::with_cursor(&done, rest.trim_start());
    if let Some(Typing::Command(prompt)) = &mut ui.typing {
        prompt.line = line;
        prompt.error = None;
    }
}

fn common_start(words: &[String]) -> Option<String> {
    let (first, others) = words.split_first()?;
    let mut common = first.as_str();
    for word in others {
        let same = common.char_indices().zip(word.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(common.len().min(word.len()), |((at, _), _)| at);
        common = common.get(..end).unwrap_or_default();
    }
    Some(common.to_owned())
}

/// What stands below the line: what is wrong with it, else what the command does and what could be typed next.
pub(in crate::tui) fn help(ui: &Ui, world: &World) -> Option<(bool, String)> {
    let Some(Typing::Command(prompt)) = &ui.typing else { return None };
    if let Some(error) = &prompt.error {
        return Some((true, error.clone()));
    }
    let before = prompt.line.before_cursor();
    let (_, _, matching) = candidates(ui, world, &before);
    let name = before.split_whitespace().next().unwrap_or_default();
    let entry = commands::named(name).filter(|_| before.contains(char::is_whitespace));
    let listed = matching.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join("  ");
    let more = if matching.len() > MOST_NAMED { "  ..." } else { "" };
    let says = |entry: &Entry| format!("{}: {}", entry.usage(), entry.help);
    Some((
        false,
        match (entry, &matching[..]) {
            (Some(entry), []) => says(entry),
            (Some(entry), _) => format!("{}   {listed}{more}", says(entry)),
            (None, [only]) => match commands::named(only) {
                Some(entry) => says(entry),
                None => format!("{only}: {}", of_the_program(world, only)),
            },
            (None, _) => format!("{listed}{more}"),
        },
    ))
}

/// What the program says of a command that it offers.
fn of_the_program(world: &World, name: &str) -> String {
    let mut offers = world.offers().filter(|offer| offer.kind == OfferKind::COMMAND);
    let help = offers.find(|offer| offer.name == name).map(|offer| one_line(&offer.help));
    help.filter(|help| !help.is_empty()).unwrap_or_else(|| "a command of the program's".to_owned())
}
