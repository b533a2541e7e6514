//! Commands about recordings: making one, and going about in one.

use crate::replay::{Order, Speed, Way};
use crate::tui::action::Effect;
use crate::tui::nearest::words_near as wrong;
use crate::tui::ui::{Link, Ui};
use crate::tui::update;
use std::path::PathBuf;
use taskscope_model::{Nanos, World};

type Done = Result<Effect, String>;

/// What stands behind `record` to end one.
const STOP: &str = "stop";

pub(super) fn play(ui: &mut Ui, _: &World, _: &str) -> Done {
    update::replay(ui, Order::Play(true))
}

pub(super) fn pause(ui: &mut Ui, _: &World, _: &str) -> Done {
    update::replay(ui, Order::Play(false))
}

pub(super) fn speed(ui: &mut Ui, _: &World, text: &str) -> Done {
    let speed = Speed::parse(text).map_err(|error| error.to_string())?;
    update::replay(ui, Order::Speed(speed))
}

/// `1m30s` from the start, `+10s`, `-10s`, `start`, `end`.
pub(super) fn seek(ui: &mut Ui, _: &World, text: &str) -> Done {
    let span = |text: &str| Nanos::parse(text.trim()).map_err(|error| error.to_string());
    let order = match text.split_at_checked(1) {
        _ if text == "start" => Order::Bound(Way::Back),
        _ if text == "end" => Order::Bound(Way::On),
        Some(("+", more)) => Order::Skip(Way::On, span(more)?),
        Some(("-", less)) => Order::Skip(Way::Back, span(less)?),
        _ => Order::Seek(span(text)?),
    };
    update::replay(ui, order)
}

pub(super) fn finding(ui: &mut Ui, _: &World, text: &str) -> Done {
    let way = match text {
        "" | "next" => Way::On,
        "previous" => Way::Back,
        other => return Err(wrong(other, &["next", "previous"])),
    };
    update::replay(ui, Order::Finding(way))
}

pub(super) fn record(ui: &mut Ui, _: &World, text: &str) -> Done {
    match (text, &ui.link, &ui.recording) {
        (STOP, _, None) => Err("nothing is being recorded".to_owned()),
        (STOP, ..) => Ok(Effect::Record(None)),
        (_, _, Some(recording)) => {
            Err(format!("{} is being recorded; `record {STOP}` ends it", recording.path.display()))
        }
        (_, Link::Played, _) => Err("this is a recording".to_owned()),
        (_, Link::Up, _) if text.is_empty() => Err("to which file?".to_owned()),
        (file, Link::Up, _) => Ok(Effect::Record(Some(PathBuf::from(file)))),
        _ => Err("the program is not there".to_owned()),
    }
}

pub(super) fn seeks(_: &Ui, _: &World) -> Vec<String> {
    ["start", "end", "+10s", "-10s"].map(str::to_owned).into()
}

pub(super) fn speeds(_: &Ui, _: &World) -> Vec<String> {
    let faster = |speed: &Speed| Some(speed.faster()).filter(|faster| faster != speed);
    let slowest = std::iter::successors(Some(Speed::default()), |speed| {
        Some(speed.slower()).filter(|slower| slower != speed)
    });
    let slowest = slowest.last().unwrap_or_default();
    std::iter::successors(Some(slowest), faster).map(|speed| speed.to_string().replace('×', "")).collect()
}

pub(super) fn ways(_: &Ui, _: &World) -> Vec<String> {
    ["next", "previous"].map(str::to_owned).into()
}

pub(super) fn stop(ui: &Ui, _: &World) -> Vec<String> {
    ui.recording.iter().map(|_| STOP.to_owned()).collect()
}
