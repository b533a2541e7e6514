//! The TUI on fixed Worlds: whole screens, what keys do, and that nothing makes it panic.

mod app;
mod diagnosis;
mod documents;
mod frames;
mod keys;
mod panels;
mod prompt;
mod random;
mod replay;
mod resources;
mod screens;
mod world;

use super::action::{Action, Effect};
use super::draw::draw;
use super::events::Entry;
use super::looks::Looks;
use super::ui::{Link, Ui};
use super::update::update;
use crate::rows::findings::FindingRow;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use taskscope_model::World;

/// A TUI with its World, without a loop around it.
struct Screen {
    ui: Ui,
    world: World,
    /// What is told to be wrong.
    findings: Vec<FindingRow>,
    /// What has happened.
    events: Vec<Entry>,
}

impl Screen {
    /// Attached to the program of that World, all of it told.
    fn of(world: World, width: u16, height: u16) -> Self {
        let (ui, findings) = (Ui::new(Size { width, height }, Looks::default()), Vec::new());
        let mut screen = Self { ui, world, findings, events: Vec::new() };
        screen.act(Action::Attached(Box::new(world::hello(4711))));
        screen.refresh();
        screen
    }

    fn act(&mut self, action: Action) -> Effect {
        update(&mut self.ui, &self.world, action)
    }

    fn refresh(&mut self) {
        let complete = self.ui.link == Link::Up;
        let (findings, events) = (self.findings.clone(), std::mem::take(&mut self.events));
        self.act(Action::Refresh { complete, findings, events });
        self.act(Action::Fit);
    }

    /// Presses keys: letters as they are, others by their names in angle brackets.
    fn press(&mut self, keys: &str) -> Effect {
        let mut effect = Effect::None;
        for key in parse(keys) {
            if let Some(command) = super::keys::command(self.ui.place(), &key) {
                effect = self.act(Action::Do(command));
            }
        }
        effect
    }

    fn draw(&mut self) -> TestBackend {
        self.act(Action::Fit);
        let size = self.ui.size;
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        terminal.draw(|frame| draw(frame, &self.ui, &self.world)).unwrap();
        terminal.backend().clone()
    }

    fn text(&mut self) -> String {
        let text = self.draw().to_string();
        let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn parse(mut keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    while let Some(c) = keys.chars().next() {
        let named =
            keys.strip_prefix('<').and_then(|rest| rest.split_once('>')).filter(|(name, _)| !name.is_empty());
        let code = match named.map(|(name, _)| name) {
            Some("Enter") => Some(KeyCode::Enter),
            Some("Esc") => Some(KeyCode::Esc),
            Some("Down") => Some(KeyCode::Down),
            Some("Up") => Some(KeyCode::Up),
            Some("Left") => Some(KeyCode::Left),
            Some("PgDn") => Some(KeyCode::PageDown),
            Some("End") => Some(KeyCode::End),
            Some("Back") => Some(KeyCode::Backspace),
            Some("Tab") => Some(KeyCode::Tab),
            Some("PgUp") => Some(KeyCode::PageUp),
            Some("Right") => Some(KeyCode::Right),
            Some("Home") => Some(KeyCode::Home),
            _ => None,
        };
        let control = named.and_then(|(name, rest)| Some((name.strip_prefix("Ctrl-")?, rest)));
        if let Some((name, rest)) = control {
            let letter = name.to_lowercase().chars().next().unwrap_or_default();
            events.push(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
            keys = rest;
            continue;
        }
        match (code, named) {
            (Some(code), Some((_, rest))) => {
                events.push(KeyEvent::new(code, KeyModifiers::NONE));
                keys = rest;
            }
            _ => {
                events.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
                keys = &keys[c.len_utf8()..];
            }
        }
    }
    events
}
